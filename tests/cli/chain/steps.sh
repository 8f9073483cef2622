# SPDX-License-Identifier: MIT
# A label at each step of a sample: trained, pruned, shared, judged; what is after a sample's length
# changes nothing.
. "$CLI/lib.sh"
python3 - <<'END'
import random, struct
random.seed(2)
N, T, F = 600, 6, 4

def put(name, kind, shape, rows):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    header += " " * (63 - (10 + len(header)) % 64) + "\n"
    with open(name, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + rows)

x, y, spoilt, lengths = bytearray(), bytearray(), bytearray(), bytearray()
for i in range(N):
    length = 1 + i % T
    lengths.append(length)
    for t in range(T):
        label = random.randrange(3)
        y.append(label)
        spoilt.append(label if t < length else (label + 1) % 3)
        x += struct.pack("<4f", *(random.random() - 0.5 + (k == label) for k in range(F)))
put("x.npy", "<f4", (N, T, F), x)
put("y.npy", "|u1", (N, T), y)
put("spoilt.npy", "|u1", (N, T), spoilt)
put("l.npy", "|u1", (N,), lengths)
put("one.npy", "|u1", (N,), y[::T])
put("five.npy", "|u1", (N, 5), y[:5 * N])
END
cat > net.json <<'END'
{"name": "tagger", "input": {"shape": [1, 6, 4]}, "layers": [
 {"name": "sequence", "op": "reshape", "dims": [6, 4]},
 {"name": "fc1", "op": "linear", "n_outputs": 16, "axis": 1},
 {"name": "relu1", "op": "relu"},
 {"name": "fc2", "op": "linear", "n_outputs": 3, "axis": 1}]}
END
data=npy:x.npy,y.npy,l.npy
dcomp train net.json --data $data --epochs 8 --lr 0.1 -j1 -q -o m.dcm > talk
dcomp train net.json --data npy:x.npy,spoilt.npy,l.npy --epochs 8 --lr 0.1 -j1 -q -o n.dcm > talk
dcomp eval m.dcm --data $data --json -q > a
dcomp eval n.dcm --data $data --json -q > b
dcomp prune m.dcm --density 0.6 -q -o p.dcm > talk
dcomp quantize p.dcm --bits 4 -q -o q.dcm > talk
dcomp retrain q.dcm --data $data --epochs 2 -j1 -q -o r.dcm > talk
dcomp eval r.dcm --data $data --min-top1 90 --json -q > c
python3 - <<'END'
import json
a, b, c = (json.load(open(name)) for name in "abc")
assert a["n_samples"] == 600 and a["top1"] > 93, a
assert b["top1"] == a["top1"] and b["loss"] == a["loss"], (a, b)
assert c["top1"] > 90, c
END
says 6 "predictions are a line a sample, but samples have 6 labels each" \
    dcomp eval m.dcm --data $data --predictions p.csv
sed 's/"axis": 1}\]/"axis": 0}]/' net.json > flat.json
says 2 "but 'fc2' has no steps: labels must be (N), or its outputs (6, classes)" \
    dcomp train flat.json --data $data -o f.dcm
says 2 "samples have 5 labels each, but 'fc2' has 6 steps: labels must be (N,6)" \
    dcomp train net.json --data npy:x.npy,five.npy -o f.dcm

# One label a sample: steps are no classes, which is said where it can be seen.
dcomp train net.json --data npy:x.npy,one.npy --epochs 1 -o all.dcm > talk 2> warned
grep -qF "a sample has one label: the 6 x 3 outputs of 'fc2' are 18 classes" warned
sed 's/"axis": 1}\]/"axis": 1},{"name": "p", "op": "softmax", "axis": 1}]/' net.json > soft.json
says 6 "a sample has no one class there (with labels (N,6) each step has one)" \
    dcomp train soft.json --data npy:x.npy,one.npy -o f.dcm
says 2 "lengths in 'l.npy' for samples of one step (they are of samples (N,T,C), or of labels" \
    dcomp train net.json --data npy:x.npy,one.npy,l.npy -o f.dcm

# Commas are between names.
says 2 "'npy:x.npy,' has no name for the file of labels" \
    dcomp train net.json --data npy:x.npy, -o f.dcm
says 2 "'npy:x.npy,,l.npy' has no name for the file of labels" \
    dcomp train net.json --data npy:x.npy,,l.npy -o f.dcm
says 2 "'npy:x.npy,y.npy,l.npy,' has commas for more than three files" \
    dcomp eval m.dcm --data $data,
says 2 "'npy:,y.npy' has no name for the file of samples" dcomp eval m.dcm --data npy:,y.npy
