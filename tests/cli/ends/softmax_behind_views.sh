# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
# The same network with its softmax last, behind views and behind dropout: the same accuracy and
# loss, on both backends, trained and retrained from a teacher. Sigmoids learn as well.
net() {
    cat <<END
{"name": "net", "input": {"shape": [1, 28, 28], "scale": 0.00390625},
 "layers": [
  {"name": "pool1", "op": "average_pool", "kernel": 2},
  {"name": "fc1", "op": "linear", "n_outputs": 30}, {"name": "relu1", "op": "relu"},
  {"name": "fc2", "op": "linear", "n_outputs": 10}$1]}
END
}
soft=', {"name": "s", "op": "softmax"}'
net "$soft" > last.json
net "$soft"', {"name": "f", "op": "flatten"}' > flat.json
net "$soft"', {"name": "d", "op": "dropout"}, {"name": "r", "op": "reshape", "dims": [10, 1, 1]},
    {"name": "t", "op": "transpose", "dims": [3, 1, 2]}' > turned.json
net ', {"name": "s", "op": "sigmoid"}, {"name": "f", "op": "flatten"}' > sigmoid.json
T="--data digits:900 --epochs 6 --lr 0.05 --batch 16 -q -j1"
for backend in ref auto; do
    for net in last flat turned sigmoid; do
        dcomp train $net.json -o $net.dcm $T -f --backend $backend > train.out
        dcomp eval $net.dcm --data digits:900 -q -j1 --backend $backend --json > $net.out
        dcomp retrain $net.dcm -o again.dcm -f --data digits:300 --epochs 1 --teacher self \
            --teacher-weight 1 -q -j1 --backend $backend > train.out
        dcomp eval again.dcm --data digits:900 -q -j1 --backend $backend --json >> $net.out
        grep -E '"(loss|top1)"' $net.out > $net.$backend
    done
    same last.$backend flat.$backend
    same last.$backend turned.$backend
    python3 - last.out sigmoid.out <<'END'
import json, sys
first = [json.JSONDecoder().raw_decode(open(f).read())[0] for f in sys.argv[1:]]
assert first[0]["top1"] > 80 and first[1]["top1"] > first[0]["top1"] - 4, first
assert first[0]["loss"] < 0.8 and first[1]["loss"] < 1.6, first
END
done
