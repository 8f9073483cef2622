# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
# One weight in a hundred left and nothing retrained: the accuracy falls.
D="--data digits:2000 -q -j1"
dcomp train "$FIX/tiny.json" $D -o m.dcm --epochs 6 --lr 0.02 --batch 16 > out
echo '{"stages": [{"stage": "prune", "density": 0.01, "remove_dead": false}]}' > r.json
got=0
dcomp compress m.dcm $D -o a.dcm --recipe r.json --max-drop 1 > out 2> err || got=$?
echo $got
cat err
dcomp verify a.dcm
got=0
dcomp compress m.dcm $D -o b.dcm --recipe r.json --max-drop 100 --json > out || got=$?
echo $got
grep is_within_drop out
only m.dcm a.dcm b.dcm r.json out err
