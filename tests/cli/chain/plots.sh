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
