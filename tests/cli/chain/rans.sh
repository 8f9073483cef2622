# SPDX-License-Identifier: MIT
# --coder rans: no larger than huffman, the same network to every command, and named where it is
# shown.
. "$CLI/lib.sh"
# A layer of 30,000 weights, most of one value: codes of whole bits lose there.
cat > arch.json <<'END'
{"name": "wide", "input": {"shape": [1, 28, 28]}, "layers": [
 {"name": "fc1", "op": "linear", "n_outputs": 60}, {"name": "relu1", "op": "relu"},
 {"name": "fc2", "op": "linear", "n_outputs": 10}]}
END
dcomp train arch.json --data digits:200 --epochs 1 -o dense.dcm -q > /dev/null
dcomp prune dense.dcm --density 0.6 -o pruned.dcm -q > /dev/null
dcomp quantize pruned.dcm --bits 2 -o shared.dcm -q > /dev/null
for coder in huffman rans; do
    dcomp encode shared.dcm -o $coder.dcm --coder $coder -q > /dev/null
    dcomp decode $coder.dcm -o $coder.dense.dcm -q > /dev/null
done
cmp huffman.dense.dcm rans.dense.dcm
[ "$(wc -c < rans.dcm)" -lt "$(wc -c < huffman.dcm)" ] || echo "not smaller"
dcomp verify rans.dcm > /dev/null
for f in huffman rans; do
    dcomp inspect $f.dcm > $f.text
    dcomp inspect --json $f.dcm > $f.json
    grep -c 'huffman  rans' $f.text || true
    grep -c '"rans_bits_per_weight":	[0-9]' $f.json || true
    grep '^fc' $f.text | awk '{ print $1, $NF }'
    sed -n 's/^.*"\([a-z]*_coder\)":[^a-z]*\([a-z]*\).*$/\1 \2/p' $f.json
done
# What has no stream has no coder.
dcomp inspect --json dense.dcm | sed -n 's/^.*"\([a-z]*_coder\)":.\(.*\),$/\1 \2/p' | sort -u
for f in huffman rans; do
    dcomp eval $f.dcm --data digits:100 --engine fixed16 --json | grep -v second > $f.eval
    dcomp simulate $f.dcm --data digits:2 --pes 4 --json | grep -v second > $f.simulate
done
cmp huffman.eval rans.eval
cmp huffman.simulate rans.simulate
# Cut short, it is malformed; the checksum is wrong before that.
head -c 2000 rans.dcm > cut.dcm
says 3 "past the end" dcomp eval cut.dcm --data digits:10
