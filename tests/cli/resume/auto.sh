# SPDX-License-Identifier: MIT
# Without a recipe: between turns of the training, and while the curve is walked.
. "$CLI/lib.sh"
run="dcomp compress $FIX/dense.dcm --data digits:600 --effort 0.01 --max-bytes 2500 \
    -j1 --checkpoint-seconds 0"
$run -o whole.dcm -q --curve whole > /dev/null || [ $? = 1 ]
got=0
stop KILL 'err:turn 2/3' $run -o o.dcm -v --curve states 2> err || got=$?
[ $got = 137 ] || { echo "exit $got"; cat err; }
$run -o o.dcm --resume --curve states > out 2> err || [ $? = 1 ]
for state in whole/*.dcm; do
    same "$state" "states/$(basename "$state")"
done
[ "$(ls states | wc -l)" -eq "$(ls whole | wc -l)" ] || echo "the curve has other states"
rm -r states whole
grep -q 'taken from the checkpoint' err || cat err
rm out err
same o.dcm whole.dcm
only o.dcm whole.dcm

run="dcomp compress $FIX/dense.dcm --data digits:600 --effort 0.01 --max-drop 30 -j1
    --checkpoint-seconds 0"
rm o.dcm whole.dcm
$run -o whole.dcm -q > /dev/null || [ $? = 1 ]
got=0
stop KILL 'err:slope: ' $run -o o.dcm -v 2> err || got=$?
[ $got = 137 ] || { echo "exit $got"; cat err; }
$run -o o.dcm --resume > out 2> err || [ $? = 1 ]
same o.dcm whole.dcm
