# SPDX-License-Identifier: MIT
# Trained ternary weights: two values and zero in each layer but the first and the last, or in those
# that rules name; coded below 1.6 bits a weight; eval and simulate take the file; a killed run goes
# on to the same bytes.
. "$CLI/lib.sh"
D="--data digits:600 -j1 --backend ref"
m=$FIX/dense.dcm
layers() {
    dcomp export "$1" -o t.safetensors -f -q > talk
    python3 - <<'END'
import json, struct
data = open("t.safetensors", "rb").read()
start = 8 + struct.unpack("<Q", data[:8])[0]
for name, tensor in sorted(json.loads(data[8:start]).items()):
    if name != "__metadata__" and len(tensor["shape"]) > 1:
        first, end = tensor["data_offsets"]
        values = struct.iter_unpack("<f", data[start + first:start + end])
        n = len({v[0] for v in values})
        print(name, "%d values" % n if n <= 3 else "many values")
END
}
run="dcomp ternary $m $D --epochs 3 --batch 16"
$run -q -o a.dcm > talk
layers a.dcm
$run --sparsity "*=0.6" -q -o b.dcm > talk
layers b.dcm
dcomp encode b.dcm -q -o small.dcm > talk
dcomp inspect small.dcm --json -q > out
python3 -c "
import json
d = json.load(open('out'))
for l in d['layers']:
    print('%.2f' % l['density'])
assert 8 * d['layers'][1]['bytes'] < 1.6 * d['layers'][1]['weights']"
dcomp eval small.dcm $D --json -q > out
python3 -c "
import json
assert json.load(open('out'))['top1'] > 60, json.load(open('out'))['top1']"
dcomp simulate small.dcm --pes 4 --data digits:4 -q > out
stop KILL file:d.dcm.work/epoch.ckpt $run --checkpoint-seconds 0 -o d.dcm 2> err || true
$run -o d.dcm --resume > out 2> err
same d.dcm a.dcm
# With a batch norm behind each: killed after the first epoch too, it goes on to the same bytes.
$run --norms -o n.dcm > talk 2>&1
grep norms talk
layers n.dcm
dcomp eval n.dcm $D --json -q > out
python3 -c "
import json
assert json.load(open('out'))['top1'] > 60, json.load(open('out'))['top1']"
stop KILL file:r.dcm.work/epoch.ckpt $run --norms --checkpoint-seconds 0 -o r.dcm 2> err || true
$run --norms -o r.dcm --resume > out 2> err
same r.dcm n.dcm
says 2 "both threshold and sparsity" dcomp ternary "$m" $D --threshold 0.1 --sparsity 0.5 -o x.bin
says 2 "leaves nothing" dcomp ternary "$m" $D --sparsity fc1=1 -o x.bin
says 2 "a threshold of 1 leaves nothing" dcomp ternary "$m" $D --threshold fc1=1 -o x.bin
says 2 "'ema' is not for ternary" dcomp ternary "$m" $D --ema 0.9 -o x.bin
says 2 "'epochs' is 0" dcomp ternary "$m" $D --epochs 0 -o x.bin
# Of a network that is shared, with weights of equal size, and whose first epoch is the best.
dcomp quantize "$m" --bits 2 -q -o q.dcm > talk
dcomp ternary q.dcm $D --epochs 1 --sparsity "*=0.6" -q -o qt.dcm > talk
dcomp inspect qt.dcm --json -q > out
python3 -c "
import json
print('shared before:', *('%.2f' % l['density'] for l in json.load(open('out'))['layers']))"
says 2 "none" dcomp ternary "$m" $D --threshold none=0.1 -o x.bin
says 2 "needs data" dcomp ternary "$m" -o x.bin
