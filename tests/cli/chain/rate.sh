# SPDX-License-Identifier: MIT
# dcomp rate: what is asked for is met, about; zeros stay where asked; few levels where asked.
. "$CLI/lib.sh"
data="--data digits:600 -j1 --batch 16"
says 2 "nothing says how many bytes the file is to have (--bytes)" \
    dcomp rate "$FIX/dense.dcm" $data -o r.dcm
says 2 "'rate' needs data" dcomp rate "$FIX/dense.dcm" --bytes 3000 -o r.dcm
dcomp rate "$FIX/dense.dcm" $data --epochs 30 --bytes 3000 -o r.dcm --levels 15 > out 2> err
grep -q 'validation: top-1' out
dcomp inspect --json r.dcm > r.json
dcomp rate "$FIX/dense.dcm" $data --epochs 60 --bytes 1500 -o s.dcm -q > talk
dcomp encode s.dcm --strip -o e.dcm -q > talk
[ "$(wc -c < e.dcm)" -le 1700 ]
[ "$(wc -c < e.dcm)" -ge 1000 ]
dcomp prune "$FIX/dense.dcm" --density 0.3 --no-remove-dead -o p.dcm -q > talk
dcomp rate p.dcm $data --epochs 3 --part slope --bytes 100000 --keep-zeros -o k.dcm -q > talk
dcomp inspect --json p.dcm > p.json
dcomp inspect --json k.dcm > k.json
python3 - <<'END'
import json
r, p, k = (json.load(open(name + ".json"))["layers"] for name in "rpk")
assert all(x["weight_bits"] <= 4 for x in r), r
assert sum(x["nonzero"] for x in r) < 5000, r
for x, y in zip(p, k):
    assert y["nonzero"] <= x["nonzero"], (x, y)
END
