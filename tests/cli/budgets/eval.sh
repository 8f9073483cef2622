# SPDX-License-Identifier: MIT
# Weights that were drawn and never trained miss anything.
dcomp train "$FIX/tiny.json" --data digits:60 -o m.dcm --epochs 0 -q -j1 > out
M="m.dcm --data digits:600 -j1 -q"
got=0
dcomp eval $M --min-top1 100 > out || got=$?
echo $got
[ -s out ]
got=0
dcomp eval $M --min-top5 100 --min-top1 99.5 --json > out || got=$?
echo $got
python3 -m json.tool out > /dev/null
dcomp eval $M --min-top1 0 --min-top5 1 > out
