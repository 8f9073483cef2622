# SPDX-License-Identifier: MIT
# A recipe or an architecture with the mark that some editors write first.
. "$CLI/lib.sh"
printf '\357\273\277' > a.json
cp a.json r.json
cat "$FIX/tiny.json" >> a.json
echo '{"stages": [{"stage": "prune", "density": 0.5}]}' >> r.json
code 0 dcomp train a.json --data digits:60 --epochs 0 -o t.dcm -q
code 0 dcomp compress t.dcm --recipe r.json -o c.dcm -q
