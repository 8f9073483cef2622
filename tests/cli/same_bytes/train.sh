# SPDX-License-Identifier: MIT
# Training repeats for the same seed and jobs, and another seed gives another model.
. "$CLI/lib.sh"
run="dcomp train $FIX/tiny.json --data digits:600 --epochs 3 -q -j1 --shift 1 --rotate 5"
$run -o a.dcm > /dev/null
$run -o b.dcm > /dev/null
same a.dcm b.dcm
$run -o c.dcm --seed 2 > /dev/null
not cmp -s a.dcm c.dcm
