# SPDX-License-Identifier: MIT
# A round without hope is given up, and a run that is killed inside it gives up at the same place.
. "$CLI/lib.sh"
run="dcomp compress $FIX/dense.dcm --data digits:600 --effort 0.02 --max-drop 10 -j1"
$run -o whole.dcm > out 2> err
grep -q '^round 1: [0-9,]* bytes' err
given='given up, validation top-1 [0-9.]* % (at least'
round=$(sed -n "s/^round \([2-9]\): $given.*/\1/p" err | head -n 1)
[ -n "$round" ] || cat err
got=0
stop KILL "err:round $((round - 1)): " $run -o o.dcm 2> err || got=$?
[ $got = 137 ] || { echo "exit $got"; cat err; }
$run -o o.dcm --resume > out 2> err
grep -q "^round $round: given up" err || cat err
rm out err
same o.dcm whole.dcm
only o.dcm whole.dcm
