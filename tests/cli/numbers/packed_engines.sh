# SPDX-License-Identifier: MIT
# Engines that multiply weights as they are kept answer as the dense one does, on files of every
# way to keep them; bench shows what each layer takes.
. "$CLI/lib.sh"
dcomp eval "$FIX/small.dcm" --data digits:60 --engine packed > out 2> err || {
    grep -q "no sparse products" err && rm -f out err && exit 0 # built without oneDNN
}
for file in dense shared small; do
    for engine in float packed auto; do
        dcomp eval "$FIX/$file.dcm" --data digits:200 --engine $engine --json -q -j1 > $engine.json
    done
    python3 - "$file" <<'END'
import json
import sys
a, b, c = (json.load(open(e + ".json")) for e in ("float", "packed", "auto"))
for other in b, c:
    if a["top1"] != other["top1"] or abs(a["loss"] - other["loss"]) > 1e-4:
        print(sys.argv[1], a["top1"], a["loss"], "but", other["engine"], other["top1"],
              other["loss"])
END
done
dcomp prune "$FIX/dense.dcm" --density 0.1 -o p.dcm -q > talk
dcomp bench p.dcm --batch 2 --repeats 3 -j1 --plot bars.png > shown 2> err
grep -q "^2 samples at a time, 1 thread, medians of 3" shown
# A density is a share to programs, as inspect has it, and percent to people.
dcomp inspect p.dcm --json > inspected.json
dcomp bench p.dcm --repeats 1 -j1 --json > bench.json 2> err
python3 -c "
import json
layers = {l['name']: l['density'] for l in json.load(open('inspected.json'))['layers']}
for l in json.load(open('bench.json'))['layers']:
    if l['density'] is not None:
        assert abs(l['density'] - layers[l['name']]) < 1e-6, (l, layers)"
grep -qE '^fc1 +linear +20\.1 ' shown
rm inspected.json
dcomp bench "$SRC/models/lenet-300-100.dcm" --repeats 1 -j1 --json > bench.json 2> err
python3 -c "
import json
b = json.load(open('bench.json'))
assert [e['name'] for e in b['engines']] == ['float', 'packed', 'auto'] and b['jobs'] == 1, b
assert any(l['chosen'] == 'sparse' for l in b['layers']), b['layers']
assert b['engines'][1]['memory_bytes'] > 0, b['engines']"
says 2 "'--repeats' must be" dcomp bench p.dcm --repeats 0
says 2 "exists" dcomp bench p.dcm --plot bars.png
head -c 300 p.dcm > cut.dcm
says 3 "cut.dcm" dcomp bench cut.dcm
says 2 "usage: dcomp bench" dcomp bench
only auto.json bars.png bench.json cut.dcm err float.json out p.dcm packed.json shown talk
