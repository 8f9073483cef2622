# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
cp "$FIX/dense.dcm" m.dcm
ln -s m.dcm link.dcm
ln m.dcm hard.dcm
cp m.dcm before
for name in m.dcm ./m.dcm link.dcm hard.dcm; do
    says 2 "is the input itself" dcomp encode m.dcm -o $name -f
    says 2 "is the input itself" dcomp compress m.dcm -o $name -f
    says 2 "is the input itself" dcomp prune m.dcm -o $name -f --density 0.1
    says 2 "is the input itself" dcomp eval m.dcm --data digits:60 --dump-output $name -f
done
echo '{"stages": [{"stage": "prune", "density": 0.1}]}' > r.json
says 2 "is the input itself" dcomp compress m.dcm --recipe r.json -o r.json -f
same m.dcm before
only m.dcm link.dcm hard.dcm before r.json
