# SPDX-License-Identifier: MIT
# decode(encode(x)) is x, bit by bit, for a model of every stage and every coder.
for name in dense pruned shared; do
    for coder in best raw huffman; do
        dcomp encode "$FIX/$name.dcm" -o e.dcm -f --coder $coder > log
        dcomp decode e.dcm -o d.dcm -f > log
        dcomp diff "$FIX/$name.dcm" d.dcm --json > out
        dcomp diff "$FIX/$name.dcm" e.dcm --json >> out
        [ "$(grep -c '"max_difference"' out)" = "$(grep -c '"max_difference":	0,' out)" ] || cat out
    done
done
dcomp encode "$FIX/shared.dcm" -o a.dcm > log
dcomp decode a.dcm -o b.dcm > log
dcomp encode b.dcm -o c.dcm > log
dcomp decode c.dcm -o d.dcm -f > log
cmp b.dcm d.dcm
