# SPDX-License-Identifier: MIT
# inspect --before finds the layers that diff finds: those of a stripped file by order, none of
# another network.
. "$CLI/lib.sh"
dcomp encode "$FIX/shared.dcm" -o stripped.dcm --strip -q > out
dcomp inspect stripped.dcm --plots by_order --before "$FIX/dense.dcm" -q > out
dcomp inspect stripped.dcm --plots alone -q > out
for layer in conv1 linear1 linear2; do
    got=0
    cmp -s by_order/$layer-weights.png alone/$layer-weights.png || got=$?
    echo $got
done
says 2 "'before' is of another network" \
    dcomp inspect "$FIX/dense.dcm" --plots none --before "$SRC/models/lenet-300-100.bin"
[ ! -e none ]
sed 's/"fc2", "op": "linear", "n_outputs": 10/"head", "op": "linear", "n_outputs": 12/' \
    "$FIX/tiny.json" > head.json
dcomp train head.json -o head.dcm --data digits:60 --epochs 0 -q > out
dcomp inspect "$FIX/dense.dcm" --plots trunk --before head.dcm > out 2> err
cat err
