# SPDX-License-Identifier: MIT
# One of the ranks is killed: the other ends with one line, and what it has written down goes on to
# what a run without that has; not with another number of ranks.
. "$CLI/lib.sh"
has_ranks || exit 0
run="dcomp train $FIX/tiny.json --data digits:300 -j1 --batch 50 --lr 0.02 --epochs 60 --ema 0.9
    --exchange dgc --sparsity 0.9 --sparsity-warmup 2 --checkpoint-seconds 0 -q"
ranks 2 $run -o whole.dcm > talk
ranks 2 $run -o o.dcm > out 2> err &
while [ ! -e o.dcm.work/epoch.ckpt ]; do sleep 0.01; done
children=$(cat /proc/$!/task/*/children)
for child in $children $(cat $(printf "/proc/%s/task/*/children " $children) /dev/null); do
    last=$child
done
kill -KILL "$last"
got=0
wait $! || got=$?
[ $got != 0 ] || [ -e o.dcm ]
if [ "$(grep -c '^dcomp: ' err)" != 1 ]; then cat err; fi
grep -q "^dcomp: interrupted.*; checkpoints are in 'o.dcm.work', --resume goes on" err
got=0
ranks 3 $run -o o.dcm --resume > out 2> err || got=$?
[ $got = 2 ]
grep -q "'ranks' was 2, now 3" err
ranks 2 $run -o o.dcm --resume > out 2> err
same o.dcm whole.dcm
rm -f err out
only o.dcm talk whole.dcm
