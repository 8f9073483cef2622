# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
run="dcomp gradual $FIX/dense.dcm --data digits:600 --density 0.1 --steps 12 --epochs_per_step 2
    --epochs 6 --batch 16 -j1 --checkpoint-seconds 0"
run=$(echo $run | sed 's/epochs_per_step/epochs-per-step/')
$run -o whole.dcm -q > /dev/null
got=0
stop KILL 'err:epoch 1' $run -o o.dcm -v 2> err || got=$?
[ $got = 137 ] || { echo "exit $got"; cat err; }
$run -o o.dcm --resume > out 2> err
grep -q 'goes on after epoch' err || cat err
rm out err
same o.dcm whole.dcm
only o.dcm whole.dcm
