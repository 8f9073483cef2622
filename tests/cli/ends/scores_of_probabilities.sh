# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
# A softmax or sigmoid behind what leaves probabilities as they are is trained and judged as one
# that is last. Sums and products of probabilities are scores, and a warning says so.
net() {
    cat <<JSON
{"name": "net", "input": {"shape": [1, 28, 28], "scale": 0.00390625},
 "layers": [
  {"name": "pool1", "op": "average_pool", "kernel": 4},
  {"name": "fc", "op": "linear", "n_outputs": 10}$1]}
JSON
}
for op in softmax sigmoid; do
    p=", {\"name\": \"p\", \"op\": \"$op\"}"
    net "$p" > last.json
    net "$p"', {"name": "c", "op": "clip", "min": 1e-7, "max": 0.9999999}' > clip.json
    net "$p"', {"name": "f", "op": "flatten"}, {"name": "r", "op": "relu"}' > relu.json
    for end in last clip relu; do
        dcomp train $end.json -o $end.dcm -f --data digits:300 --epochs 2 --lr 0.05 --batch 16 \
            -j1 --progress never > train.out 2> train.err
        test ! -s train.err
        dcomp eval $end.dcm --data digits:300 -q -j1 --json | grep -E '"(loss|top1)"' > $end.out
    done
    same last.out clip.out
    same last.out relu.out
    for last in '{"name": "k", "op": "constant", "dims": [10]},
                 {"name": "m", "op": "mul", "inputs": ["p", "k"]}' \
        '{"name": "k", "op": "constant", "dims": [10]},
                 {"name": "m", "op": "sub", "inputs": ["k", "p"]}' \
        '{"name": "m", "op": "add", "inputs": ["p", "fc"]}, {"name": "t", "op": "tanh"}'; do
        net "$p, $last" > scores.json
        dcomp train scores.json -o scores.dcm -f --data digits:60 --epochs 1 -j1 \
            --progress never > train.out 2> train.err
        test "$(wc -l < train.err)" = 1
        grep -q "behind 'p' ($op): probabilities are taken as scores" train.err
    done
done
