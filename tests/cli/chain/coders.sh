# SPDX-License-Identifier: MIT
# --coder: each word allows itself and those before it, so files get no larger; best is the smallest
# but for rans; and all of them are the same network to every command.
. "$CLI/lib.sh"
cat > arch.json <<'END'
{"name": "small", "input": {"shape": [1, 28, 28]}, "layers": [
 {"name": "conv", "op": "conv", "n_outputs": 8, "kernel": 5},
 {"name": "pool", "op": "max_pool", "kernel": 2, "stride": 2},
 {"name": "fc1", "op": "linear", "n_outputs": 40}, {"name": "relu1", "op": "relu"},
 {"name": "fc2", "op": "linear", "n_outputs": 10}]}
END
dcomp train arch.json --data digits:300 --epochs 1 -o dense.dcm -q > /dev/null
dcomp prune dense.dcm --density 0.1 -o pruned.dcm -q > /dev/null
dcomp quantize pruned.dcm --bits 4 -o shared.dcm -q > /dev/null
dcomp decode shared.dcm -o all.dense.dcm -q > /dev/null
last=
for coder in raw huffman rans lite mix best; do
    dcomp encode shared.dcm -o $coder.dcm --coder $coder -q > /dev/null
    dcomp verify $coder.dcm
    dcomp inspect --json $coder.dcm > $coder.json
    grep -o '"format_version":.".*"' $coder.json
    grep -o '"\(encoding\|book\|weight_coder\)":.\("values"\|"lite"\|"mix"\)' $coder.json | sort -u
    dcomp decode $coder.dcm -o $coder.dense.dcm -q > /dev/null
    cmp all.dense.dcm $coder.dense.dcm
    dcomp eval $coder.dcm --data digits:100 --json | grep -v -e second -e model > $coder.eval
    dcomp simulate $coder.dcm --data digits:1 --pes 4 --json | grep -v -e second -e model \
        > $coder.sim
    cmp raw.eval $coder.eval
    cmp raw.sim $coder.sim
    [ -z "$last" ] || [ "$coder" = best ] ||
        [ "$(wc -c < $coder.dcm)" -le "$(wc -c < $last.dcm)" ] || echo "$coder is larger than $last"
    last=$coder
done
[ "$(wc -c < best.dcm)" -le "$(wc -c < lite.dcm)" ] || echo "best is not the smallest"
[ "$(wc -c < mix.dcm)" -lt "$(wc -c < huffman.dcm)" ] || echo "mix is not smaller"
# A model that is decoded within a second is not touched by the speed; nor do jobs matter.
dcomp encode shared.dcm -o fast.dcm --decode-speed 1000 -q -j1 > /dev/null
cmp best.dcm fast.dcm
dcomp encode shared.dcm -o free.dcm --decode-speed 0 -q -j4 > /dev/null
cmp best.dcm free.dcm
# What is written anew is the same; the way there and back loses nothing.
dcomp encode best.dcm -o again.dcm -q > /dev/null
cmp best.dcm again.dcm
# compress and a recipe's encode do the same.
dcomp compress dense.dcm -o small.dcm -q > /dev/null
dcomp inspect small.dcm --json | grep format_version
# A byte that is changed is found, whichever it is of.
python3 - <<'END'
with open("best.dcm", "rb") as file:
    data = bytearray(file.read())
for at in (5, 9, 12, 40, len(data) // 2, len(data) - 1):
    data[at] ^= 4
    with open("damaged%d.dcm" % at, "wb") as file:
        file.write(data)
    data[at] ^= 4
END
for f in damaged*.dcm; do
    says 3 "checksum of the file is wrong" dcomp eval $f --data digits:10
done
head -c 200 best.dcm > cut.dcm
says 3 "checksum of the file is wrong" dcomp eval cut.dcm --data digits:10
code 1 dcomp verify cut.dcm
