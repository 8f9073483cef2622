# SPDX-License-Identifier: MIT
# --keep-checkpoints leaves the folder, and a resumed run then has nothing left to do.
. "$CLI/lib.sh"
echo '{"stages": [{"stage": "retrain", "epochs": 2}, {"stage": "quantize"}]}' > r.json
run="dcomp compress $FIX/pruned.dcm --data digits:600 --recipe r.json -j1 --keep-checkpoints"
$run -o o.dcm -q > /dev/null
ls o.dcm.work | sed 's/[0-9a-f]\{16\}/KEY/'
cp o.dcm first.dcm
$run -o o.dcm -f --resume 2> err > /dev/null
cat err
same o.dcm first.dcm
