# SPDX-License-Identifier: MIT
# A recipe's seed, else --seed, is that of its stages.
. "$CLI/lib.sh"
run="dcomp compress $FIX/dense.dcm --data digits:600 -q -j1 --strip"
stages='"stages": [{"stage": "retrain", "epochs": 1, "last": true, "shift": 2},
    {"stage": "quantize"}]'
echo "{$stages}" > none.json
echo "{\"seed\": 3, $stages}" > three.json
$run --recipe none.json -o one.dcm > log
$run --recipe none.json -o also_one.dcm --seed 1 > log
$run --recipe none.json -o three.dcm --seed 3 > log
$run --recipe three.json -o also_three.dcm > log
$run --recipe three.json -o still_three.dcm --seed 4 > log
same one.dcm also_one.dcm
same three.dcm also_three.dcm
same three.dcm still_three.dcm
not cmp -s one.dcm three.dcm
