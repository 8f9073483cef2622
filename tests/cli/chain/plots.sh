# SPDX-License-Identifier: MIT
# Pictures: drawn into a folder that is made, refused when they are there, replaced with -f.
. "$CLI/lib.sh"
dcomp inspect "$FIX/small.dcm" --plots pics --before "$FIX/dense.dcm" > log
n=$(ls pics/*.png | wc -l)
[ "$n" -gt 0 ]
code 2 dcomp inspect "$FIX/small.dcm" --plots pics
dcomp inspect "$FIX/small.dcm" --plots pics --before "$FIX/dense.dcm" -f > log
[ "$n" = "$(ls -A pics | wc -l)" ]
dcomp sensitivity "$FIX/dense.dcm" --data digits:600 -j1 --densities 0.1,0.5,1 --plot s.png \
    --max-drop 20 > out 2> err
grep -- '--density conv1=' out > log
# Markdown shows the pictures; all else is as without them.
dcomp inspect "$FIX/small.dcm" --plots pics -f --format markdown > report.md
sed -n 's/^!\[.*](\(.*\))$/\1/p' report.md | sort > linked
ls pics/*.png > drawn
same linked drawn
for format in text json csv; do
    dcomp inspect "$FIX/small.dcm" --format $format > plain
    dcomp inspect "$FIX/small.dcm" --plots pics -f --format $format > drawing
    same plain drawing
done
dcomp simulate --layer 50x60 --sweep pes=1..4 --plot sweep.png --format markdown > report.md
sed -n 's/^!\[.*](\(.*\))$/\1/p' report.md | sort > linked
ls sweep*.png > drawn
same linked drawn
dcomp simulate "$FIX/small.dcm" --code-bits 5 --plot act.png --format markdown > report.md
grep -qF '](act.png)' report.md
dcomp sensitivity "$FIX/dense.dcm" --data digits:600 -j1 --densities 0.5 --plot s.png -f \
    --format markdown > report.md
grep -qF '](s.png)' report.md
