# SPDX-License-Identifier: MIT
# A network whose outputs overflow: the samples are counted and never right. Training that diverges
# says so at once.
. "$CLI/lib.sh"
echo '{"name": "net", "input": {"shape": [4]},
 "layers": [{"name": "fc1", "op": "linear", "n_outputs": 3}]}' > net.json
python3 - <<'END'
import json, struct
w, b = [3e38, 0, 0, 0, 1, 1, 1, 1, -1, 0, 0, 0], [0, 0, 0]
head = json.dumps({"fc1.weight": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]},
                   "fc1.bias": {"dtype": "F32", "shape": [3], "data_offsets": [48, 60]}}).encode()
data = struct.pack("<Q", len(head)) + head + struct.pack("<15f", *(w + b))
open("net.safetensors", "wb").write(data)
def write(path, descr, shape, data):
    text = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (descr, shape)
    text += " " * (-(len(text) + 11) % 64) + "\n"
    head = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text))
    open(path, "wb").write(head + text.encode() + data)
x = [[0.5, 0, 0, 0], [2, 0, 0, 0], [-2, 0, 0, 0], [0.25, 0, 0, 0]]
write("x.npy", "<f4", (4, 4), struct.pack("<16f", *sum(x, [])))
write("y.npy", "|u1", (4,), bytes([0, 0, 1, 0]))
END
dcomp import net.safetensors --arch net.json -o net.dcm -q > import.out
for backend in ref auto; do
    dcomp eval net.dcm --data npy:x.npy,y.npy -q --backend $backend > eval.out
    grep -q '^top-1 50.00 %.*, 2 with outputs that are not finite$' eval.out
    dcomp eval net.dcm --data npy:x.npy,y.npy -q --backend $backend --json > eval.out
    grep -q '"n_not_finite":	2' eval.out
    says 3 "the teacher's outputs of sample 1" \
        dcomp retrain net.dcm -o o.dcm --data npy:x.npy --teacher self --holdout 1 --test 1 -q \
        --backend $backend
    says 5 "no longer finite in epoch" dcomp train "$FIX/tiny.json" -o o.dcm --data digits:600 \
        --lr 1000 --lr-scale 1000 --epochs 50 -q --backend $backend
done
# The bounds of a loss are none that it cannot have.
dcomp eval "$FIX/small.dcm" --data digits:40 -q --json -j1 > eval.json
python3 -c "
import json
e = json.load(open('eval.json'))
assert 0 <= e['loss_low'] < e['loss'] < e['loss_high'], e"
# With checkpoints: they would lead to the same end again, so --resume is not offered; memory that
# is out is another thing.
got=0
dcomp train "$FIX/tiny.json" -o o.dcm --data digits:600 --lr 1000 --warmup 3000 --epochs 3000 \
    -j1 --checkpoint-seconds 0 --backend ref 2> err > out || got=$?
[ "$got" = 5 ] && [ -e o.dcm.work/epoch.ckpt ] || cat err
tail -n 1 err
