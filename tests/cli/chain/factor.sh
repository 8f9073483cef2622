# SPDX-License-Identifier: MIT
# Layers become two by their singular values: as a command, as a step of a chain that is killed and
# resumed, through ONNX and back; and what cannot be is refused.
. "$CLI/lib.sh"
m=$FIX/dense.dcm
if dcomp factor "$m" -o f.dcm --rank fc1=4 2>&1 | grep -q 'built without LAPACK'; then
    says 6 "liblapack-dev" dcomp factor "$m" -o f.dcm --rank fc1=4
    exit 0 # as it must be without it
fi
dcomp inspect f.dcm --json -q > out
python3 -c "
import json
have = [(l['name'], l['weights']) for l in json.load(open('out'))['layers']]
assert have == [('conv1', 100), ('fc1_in', 4 * 144), ('fc1', 24 * 4), ('fc2', 240)], have"
# Beside what can: a 5x5 kernel, and a layer that would not get smaller.
dcomp factor "$FIX/pruned.dcm" -o p.dcm --energy fc1=0.5,1 -v > out 2> err
grep -q '^conv1 is left: it has a kernel wider than 1x1$' err
grep -q '^fc2 is left: it has no fewer weights with rank 10$' err
grep -q '^fc1: rank [0-9]* of [0-9]*, .* it was pruned, its factors are dense$' err
# A size of all weights is met.
dcomp factor "$m" -o b.dcm --bytes 4000 -q > talk
dcomp inspect b.dcm --json -q > out
python3 -c "
import json
l = json.load(open('out'))['layers']
n = 4 * (sum(x['weights'] for x in l) + 4 + 24 + 10)
assert 3600 < n <= 4000, n"
# The result is a network as any: it is pruned, trained, coded, exported.
D="--data digits:600 -j1"
cat > r.json <<'END'
{"stages": [
  {"stage": "factor", "rank": {"fc1": 4, "fc2": 6}},
  {"stage": "retrain", "epochs": 12, "batch": 16, "lr": 0.01},
  {"stage": "prune", "density": {"fc*": 0.5}},
  {"stage": "quantize", "bits": 4}]}
END
run="dcomp compress $m $D --recipe r.json --checkpoint-seconds 0"
$run -o whole.dcm -q > talk
stop KILL file:o.dcm.work/epoch.ckpt $run -o o.dcm 2> err || true
$run -o o.dcm --resume > out 2> err
grep -q 'step 1/4: factor taken from the checkpoint' err || cat err
same o.dcm whole.dcm
dcomp export f.dcm -o f.onnx -q > talk
dcomp import f.onnx -o i.dcm -q > talk
dcomp diff f.dcm i.dcm > talk
says 2 "nothing says what to factor" dcomp factor "$m" -o x.dcm
says 2 "rank 12 of layer 'fc2', a matrix of 10 x 24, is over 10" \
    dcomp factor "$m" -o x.dcm --rank fc1=3,fc2=12
says 2 "no layer matches 'fc7'" dcomp factor "$m" -o x.dcm --rank fc7=3
says 2 "both rank and energy for layer 'fc1'" dcomp factor "$m" -o x.dcm --rank fc1=3 --energy 0.9
says 2 "two numbers for all layers" dcomp factor "$m" -o x.dcm --rank 3,4
says 2 "'rank' contradicts it" dcomp factor "$m" -o x.dcm --rank 3 --bytes 2000
says 2 "nothing to factor: 'fc2' has no fewer weights with rank 8" \
    dcomp factor "$m" -o x.dcm --rank fc2=8
says 2 "bytes are too few" dcomp factor "$m" -o x.dcm --bytes 100
says 2 "as it is" dcomp factor "$m" -o x.dcm --bytes 1M
says 2 "exists" dcomp factor "$m" -o f.dcm --rank fc1=4
