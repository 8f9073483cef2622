# SPDX-License-Identifier: MIT
# A network that says the same of every picture is right about none, whoever judges.
. "$CLI/lib.sh"
cat > a.json <<'END'
{"name": "flat", "input": {"shape": [1, 28, 28]},
 "layers": [{"name": "fc", "op": "linear", "n_outputs": 10}]}
END
python3 - <<'END'
import json
import struct
shapes = {"fc.weight": [10, 784], "fc.bias": [10]}
at, header = 0, {}
for name, shape in shapes.items():
    n = 4 * shape[0] * (shape + [1])[1]
    header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [at, at + n]}
    at += n
text = json.dumps(header).encode()
with open("w.safetensors", "wb") as file:
    file.write(struct.pack("<Q", len(text)) + text + bytes(at))
END
dcomp import w.safetensors --arch a.json -o flat.dcm -q > out
D="--data digits:120 -j1"
for engine in float fixed16; do
    dcomp eval flat.dcm $D --engine $engine --per-class --predictions p.csv -f --json > out
    python3 - <<'END'
import csv
import json
result = json.load(open("out"))
assert result["top1"] == 0 and result["top5"] == 0, result
assert all(row["top1"] == 0 and row["top5"] == 0 for row in result["per_class"]), result
for row in csv.DictReader(open("p.csv")):
    assert row["label"] not in [row["class%d" % i] for i in range(1, 6)], row
END
done
dcomp retrain flat.dcm $D -o r.dcm --epochs 0 | grep -o 'top-1 0.00 %'
dcomp sensitivity flat.dcm $D --densities 1 --json -q > out
grep '"top1_error"' out
echo '{"stages": [{"stage": "quantize"}]}' > r.json
for teacher in '' '--teacher self'; do
    dcomp compress flat.dcm $D -o c.dcm -f --recipe r.json --json -q $teacher > out
    python3 - <<'END'
import json
result = json.load(open("out"))
print(result["before"]["top1"], result["after"]["top1"])
END
done
