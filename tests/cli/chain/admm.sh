# SPDX-License-Identifier: MIT
# Pruning by alternating directions: densities are met, rounds reach the same, a killed run goes on
# to the same bytes, and the pull helps: the cut takes less than without.
. "$CLI/lib.sh"
# Fewer values than are shared anyhow: said, since nothing else would show it.
cat > few.json <<'END'
{"name": "few", "input": {"shape": [2]}, "layers": [
 {"name": "fc1", "op": "linear", "n_outputs": 1}, {"name": "fc2", "op": "linear", "n_outputs": 40}]}
END
python3 "$CLI/run/make_input.py" npy x.npy '<f4' 24x2 0.5 1
python3 "$CLI/run/make_input.py" npy y.npy '<i8' 24 0 1
dcomp train few.json --data npy:x.npy,y.npy --epochs 0 -o few.dcm -q > talk
dcomp admm few.dcm --data npy:x.npy,y.npy --bits 3 --admm-epochs 1 --epochs 1 -o few.bin \
    --test 4 --holdout 4 -j1 2>&1 > talk | grep 'changes nothing'
rm few.json x.npy y.npy few.dcm few.bin talk
D="--data digits:600 -j1 --backend ref"
m=$FIX/dense.dcm
run="dcomp admm $m $D --density conv1=0.5,*=0.1
    --admm-epochs 12 --every 2 --epochs 2 --batch 16 --lr 0.002"
gap() {
    sed -n 's/.*moved the weights by \([0-9.e-]*\) %.*/\1/p' "$1" | tail -1
}
$run --rho 0.1 -v -o a.dcm > talk 2> pulled
$run --rho 0 -v -o b.dcm > talk 2> free
python3 -c "
import sys
assert float(sys.argv[1]) < 0.5 * float(sys.argv[2]), sys.argv" "$(gap pulled)" "$(gap free)"
$run --rho 0.1 --rounds 2 -q -o c.dcm > talk
for model in a c; do
    dcomp inspect $model.dcm --json -q > out
    python3 -c "
import json
print(*['%.1f' % l['density'] for l in json.load(open('out'))['layers']][:1])"
done
stop KILL file:d.dcm.work/epoch.ckpt $run --rho 0.1 --checkpoint-seconds 0 -o d.dcm 2> err || true
$run --rho 0.1 -o d.dcm --resume > out 2> err
same d.dcm a.dcm
# Few values: the pull makes sharing cost less, too, and zeros stay.
few="dcomp admm a.dcm $D --bits conv1=4,*=2 --admm-epochs 6 --epochs 2 --batch 16 --lr 0.002"
$few --rho 0.1 --every 1 -v -o e.dcm > talk 2> pulled
$few --rho 0 --every 1 -v -o f.dcm > talk 2> free
python3 -c "
import sys
assert float(sys.argv[1]) < 0.7 * float(sys.argv[2]), sys.argv" "$(gap pulled)" "$(gap free)"
dcomp inspect e.dcm --json -q > out
python3 -c "
import json
print(*['%.1f' % l['density'] for l in json.load(open('out'))['layers']][:1])"
stop KILL file:g.dcm.work/epoch.ckpt $few --rho 0.1 --every 1 --checkpoint-seconds 0 -o g.dcm \
    2> err || true
$few --rho 0.1 --every 1 -o g.dcm --resume > out 2> err
same g.dcm e.dcm
says 2 "nothing says what to prune" dcomp admm "$m" $D -o x.bin
says 2 "needs data" dcomp admm "$m" --density 0.1 -o x.bin
