# SPDX-License-Identifier: MIT
# Without a recipe.
. "$CLI/lib.sh"
run="dcomp compress $FIX/dense.dcm --data digits:600 --effort 0.01 --max-bytes 2500 \
    -j1 --checkpoint-seconds 0"
$run -o whole.dcm -q > /dev/null || [ $? = 1 ]
got=0
stop KILL 'err:quantize done' $run -o o.dcm -v 2> err || got=$?
[ $got = 137 ] || { echo "exit $got"; cat err; }
$run -o o.dcm --resume > out 2> err || [ $? = 1 ]
grep -q 'taken from the checkpoint' err || cat err
rm out err
same o.dcm whole.dcm
only o.dcm whole.dcm
