# SPDX-License-Identifier: MIT
# Killed for good in the middle of training, then resumed: the bytes of the run that was not killed.
. "$CLI/lib.sh"
run="dcomp train $FIX/tiny.json --data digits:600 --epochs 40 --lr 0.05 --batch 16 \
    -j1 --checkpoint-seconds 0"
$run -o whole.dcm -q > /dev/null
got=0
stop KILL file:o.dcm.work/epoch.ckpt $run -o o.dcm 2> err || got=$?
[ $got = 137 ] || { echo "exit $got"; cat err; }
[ ! -e o.dcm ]
$run -o o.dcm --resume > out 2> err
grep -q 'goes on after epoch' err || cat err
rm out err
same o.dcm whole.dcm
only o.dcm whole.dcm
