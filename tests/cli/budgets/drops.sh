# SPDX-License-Identifier: MIT
# A drop of 0 is a question, too: what costs nothing? So is a gain.
. "$CLI/lib.sh"
M=$FIX/dense.dcm D="--data digits:240 -j1"
scan="dcomp sensitivity $M $D --densities 0.9,1 -q"
for drop in 0 -0.5 3; do
    $scan --max-drop $drop > out
    grep -c "^at most $drop points each:  " out
    $scan --max-drop $drop --json > out
    python3 -c 'import json; print(sorted(json.load(open("out"))["density"]))'
done
$scan --max-drop -100 | grep '^at most'
dcomp sensitivity $M $D --densities 1 --max-drop 0 -q | grep '^at most'
$scan > out
grep -c '^at most' out || true
dcomp prune "$M" $D --scan-drop 0 -o a.dcm -q > out
dcomp prune "$M" $D --scan-drop=-100 -o b.dcm -q > out
dcomp eval a.dcm $D --limit 20 --min-top1 0 -q > out
