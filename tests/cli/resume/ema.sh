# SPDX-License-Identifier: MIT
# The average of the weights goes on where it was, beside pruned and shared ones.
. "$CLI/lib.sh"
data="--data digits:600 -j1"
dcomp prune "$FIX/dense.dcm" --density 0.3 -o p.dcm -q > talk
dcomp quantize p.dcm --bits 3 -o q.dcm -q > talk
for input in p q; do
    run="dcomp retrain $input.dcm $data --lr 0.01 --batch 16 --epochs 30 --ema 0.99 --last
        --checkpoint-seconds 0"
    $run -o whole.dcm -q > talk
    dcomp retrain $input.dcm $data --lr 0.01 --batch 16 --epochs 30 --last -o plain.dcm -q > talk
    not cmp -s whole.dcm plain.dcm
    stop KILL file:o.dcm.work/epoch.ckpt $run -o o.dcm 2> err || true
    $run -o o.dcm --resume > out 2> err
    same o.dcm whole.dcm
    dcomp inspect --json whole.dcm > a
    dcomp inspect --json $input.dcm > b
    python3 - <<'END'
import json
a, b = (json.load(open(name))["layers"] for name in "ab")
for x, y in zip(a, b):
    assert x["nonzero"] <= y["nonzero"], (x, y)
    assert x["weight_bits"] <= y["weight_bits"], (x, y)
END
    rm o.dcm whole.dcm plain.dcm
done
says 2 "'--ema' must be 0 to" dcomp retrain p.dcm $data --ema 1 -o o.dcm
