# SPDX-License-Identifier: MIT
# A layer over time from the architecture to the small file: samples of other lengths are looked at
# as far as they go, by all that runs or trains a network, and ONNX gives it back.
. "$CLI/lib.sh"
python3 - <<'END'
import random
import struct
random.seed(7)
N, T = 900, 8

def npy(path, kind, shape, values):
    head = f"{{'descr': '<{kind}4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode())
        file.write(struct.pack(f"<{len(values)}{kind}", *values))

# The class is the sign of the number that is marked; what is behind the length says otherwise.
x, y, lengths = [], [], []
for _ in range(N):
    n = random.randint(3, T)
    steps = [[random.gauss(0, 1), 0.0] for _ in range(n)] + \
        [[random.gauss(0, 5), 1.0] for _ in range(T - n)]
    marked = random.choice(steps[:n])
    marked[1] = 1.0
    x += [value for step in steps for value in step]
    y.append(int(marked[0] > 0))
    lengths.append(n)
npy("x.npy", "f", (N, T, 2), x)
npy("y.npy", "i", (N,), y)
npy("l.npy", "i", (N,), lengths)
END
D=npy:x.npy,y.npy,l.npy
cat > lstm.json <<'END'
{"name": "recall", "input": {"shape": [8, 2]}, "layers": [
 {"name": "gates", "op": "linear", "n_outputs": 64, "axis": 1},
 {"name": "lstm", "op": "lstm", "forget_bias": 1},
 {"name": "last", "op": "last"},
 {"name": "fc", "op": "linear", "n_outputs": 2}]}
END
# at_least MODEL PERCENT OPTION...: top-1 of all samples
at_least() {
    model=$1 least=$2
    shift 2
    dcomp eval "$model" --data $D --json -q "$@" > out
    python3 -c "import json; r = json.load(open('out')); assert r['top1'] >= $least, r['top1']"
}
dcomp train lstm.json --data $D -o m.bin --epochs 60 --lr 0.1 --batch 16 -j1 -q > talk
at_least m.bin 95
at_least m.bin 95 --backend ref
dcomp eval m.bin --data npy:x.npy,y.npy --json -q > out # padding counts: it is wrong
python3 -c "import json; assert json.load(open('out'))['top1'] < 90"
dcomp prune m.bin --density 0.4 -o p.dcm -q > talk
dcomp retrain p.dcm --data $D --epochs 15 --lr 0.05 -j1 -o r.dcm -q > talk
dcomp quantize r.dcm --bits 4 -o q.dcm -q > talk
dcomp verify q.dcm > talk
at_least q.dcm 90
at_least q.dcm 90 --engine fixed16
dcomp simulate q.dcm --data $D --limit 50 --json -q > out
python3 -c "
import json
r = json.load(open('out'))
assert r['outputs_match'] and r['top1'] >= 90, r"
dcomp simulate q.dcm --machine ese --data $D --limit 50 --json -q > out
python3 -c "
import json
r = json.load(open('out'))
names = [layer['name'] for layer in r['layers']]
assert names == ['lstm.W_' + x for x in 'ix fx gx ox ir fr gr or'.split()] + ['fc'], names
assert r['outputs_match'] and r['top1'] >= 90 and r['host_ops'] == 'last (last)', r"
dcomp compress m.bin -o c.dcm -q > talk 2> err
at_least c.dcm 90
dcomp compress m.bin --data $D --max-bytes 900 --effort 0.02 -j1 -o s.dcm --json -q > out || true
[ "$(wc -c < s.dcm)" -le 900 ]
# ONNX has the weights of inputs and gates in one op; they come apart again.
dcomp export m.bin -o m.onnx -q > talk
dcomp import m.onnx -o back.bin -q > talk
at_least back.bin 95
dcomp diff m.bin back.bin --json > out
grep -q '"lstm.weight"' out
echo '{"name": "n", "input": {"shape": [8, 6]}, "layers": [{"name": "a", "op": "lstm"}]}' > bad.json
says 2 "6 values a step are not those of 4 gates" dcomp train bad.json --data $D -o b.bin
echo '{"name": "n", "input": {"shape": [8, 8]}, "layers": [
 {"name": "a", "op": "lstm", "gate_curve": 1}]}' > bad.json
says 2 "'gate_curve' is 1, which is the number of no curve" dcomp train bad.json --data $D -o b.bin
