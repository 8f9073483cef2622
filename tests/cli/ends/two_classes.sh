# SPDX-License-Identifier: MIT
# One sigmoid output decides between class 0 and class 1, from training to the CSV of predictions;
# one output of another kind cannot be trained by classes.
. "$CLI/lib.sh"
net() {
    cat <<END
{"name": "net", "input": {"shape": [4]},
 "layers": [
  {"name": "fc1", "op": "linear", "n_outputs": 8}, {"name": "tanh1", "op": "tanh"},
  {"name": "fc2", "op": "linear", "n_outputs": 1}$1]}
END
}
net ', {"name": "s", "op": "sigmoid"}' > net.json
net '' > plain.json
python3 - <<'END'
import random, struct
def write(path, descr, shape, data):
    text = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (descr, shape)
    text += " " * (-(len(text) + 11) % 64) + "\n"
    head = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text))
    open(path, "wb").write(head + text.encode() + data)
draw = random.Random(1)
x = [[draw.random() for _ in range(4)] for _ in range(240)]
y = [int(a + b > c + d) for a, b, c, d in x]
write("x.npy", "<f4", (240, 4), struct.pack("<960f", *sum(x, [])))
write("y.npy", "|u1", (240,), bytes(y))
write("z.npy", "|u1", (240,), bytes([2] * 240))
END
T="--epochs 30 --lr 0.1 --batch 16 -q -j1"
dcomp train net.json -o net.dcm --data npy:x.npy,y.npy $T > train.out
dcomp eval net.dcm --data npy:x.npy,y.npy --min-top1 95 --per-class --predictions p.csv \
    --dump-output y_out.npy -q -j1 --json > eval.out
has eval.out per_class[].n_samples
python3 - <<'END'
import csv, json, math, struct
rows = list(csv.DictReader(open("p.csv")))
p = struct.unpack("<240f", open("y_out.npy", "rb").read()[-960:])
result = json.load(open("eval.out"))
loss = n_right = 0
for row, one in zip(rows, p):
    label = int(row["label"])
    assert int(row["class1"]) == (one > 0.5) and int(row["class2"]) == (one <= 0.5), row
    assert abs(float(row["probability1"]) - max(one, 1 - one)) < 1e-5, row
    loss -= math.log(one if label else 1 - one) / 240
    n_right += label == (one > 0.5)
assert abs(loss - result["loss"]) < 1e-5 and abs(n_right / 2.4 - result["top1"]) < 1e-9
assert result["top5"] == 100 and len(result["per_class"]) == 2
END
dcomp retrain net.dcm -o again.dcm --data npy:x.npy --teacher self $T > train.out
dcomp eval again.dcm --data npy:x.npy,y.npy --min-top1 95 -q -j1 > eval.out
dcomp inspect net.dcm --json > inspect.out
grep -q '"n_classes": 2' inspect.out || grep -q '"n_classes":	2' inspect.out
says 2 "class 2" dcomp eval net.dcm --data npy:x.npy,z.npy -q
says 6 "'fc2' (linear)" dcomp train plain.json -o plain.dcm --data npy:x.npy,y.npy -q
