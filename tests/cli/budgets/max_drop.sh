# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
# One weight in a hundred left and nothing retrained: the accuracy falls.
dcomp train "$FIX/tiny.json" --data digits:3000 -o m.dcm --epochs 12 --lr 0.1 --batch 16 -q > out
echo '{"stages": [{"stage": "prune", "density": 0.01, "remove_dead": false}]}' > r.json
got=0
dcomp compress m.dcm --data digits:3000 -o a.dcm --recipe r.json --max-drop 1 -q > out 2> err || got=$?
echo $got
cat err
dcomp verify a.dcm
got=0
dcomp compress m.dcm --data digits:3000 -o b.dcm --recipe r.json --max-drop 100 -q --json > out || got=$?
echo $got
grep is_within_drop out
only m.dcm a.dcm b.dcm r.json out err
