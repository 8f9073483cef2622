# SPDX-License-Identifier: MIT
# Pictures without labels: outputs and predictions in byte order of the names, and no accuracy.
. "$CLI/lib.sh"
P=$SRC/tests/pictures/fixtures
M=$FIX/colour.dcm
mkdir -p set/images
cp "$P/rgb.png" set/images/b.png
cp "$P/grey.png" set/images/a,1.png
cp "$P/palette.png" set/images/B.png
echo 'no picture' > set/images/notes.txt
dcomp eval "$M" --data images:set --predictions p.csv --dump-output y.npy -q
grep -cE ",[0-9],0?\.[0-9]+,[0-9],0" p.csv
cut -d, -f1-2 p.csv
[ "$(wc -c < y.npy)" = $((128 + 3 * 10 * 4)) ]
says 2 "'p.csv' exists" dcomp eval "$M" --data images:set --predictions p.csv
says 2 "without labels" dcomp eval "$M" --data images:set --min-top1 1
says 2 "without labels" dcomp eval "$M" --data images:set --per-class
says 2 "is the input itself" dcomp eval "$M" --data images:set --predictions "$M" -f
