# SPDX-License-Identifier: MIT
# Progress is that of the whole: stages, epochs of how many, a share that only rises. Epochs are a
# line each with -v alone.
. "$CLI/lib.sh"
cat > r.json <<'END'
{"stages": [
  {"stage": "gradual", "density": 0.3, "steps": 2, "epochs": 2, "epochs_per_step": 1},
  {"stage": "quantize", "bits": 4},
  {"stage": "retrain", "epochs": 3}]}
END
run="dcomp compress $FIX/dense.dcm --data digits:600 -j1 -f -o o.dcm"
$run --recipe r.json --progress always > out 2> err
grep -q '^compress  step 1/3 gradual  turn 1/2 .* [0-9]*%' err
grep -q '^compress  step 1/3 gradual  turn 2/2 ' err
grep -q '^compress  step 2/3 quantize ' err
grep -q '^compress  step 3/3 retrain ' err
grep -q '^compress .* epoch [1-3]/[1-3]  *[0-9]*%' err
grep -v ': ' err | sed -n 's/.* \([0-9][0-9]*\)%.*/\1/p' > shares
sort -n shares | cmp - shares
[ "$(wc -l < err)" -lt 40 ]

$run --recipe r.json > out 2> err
cat err
$run --recipe r.json --progress never > out 2> err
cat err
$run --recipe r.json -v > out 2> err
sed -n 's/\(epoch [0-9]*\/[0-9]*: loss\).*\(, best.*\) [0-9.]* %/\1...\2/p' err

# The default chain: the teacher, then turns.
$run --effort 0.01 --max-bytes 5000 --progress always > out 2> err || [ $? = 1 ]
grep -q '^compress  retrain ' err
grep -q '^compress  rate  turn [1-3]/3 ' err
grep -q '^teacher: validation top-1 ' err
grep -q '^settled: ' err
not grep -q 'epoch.*loss.*images' err

dcomp train "$FIX/tiny.json" --data digits:600 -j1 --epochs 3 -o t.dcm > out 2> err
cat err
dcomp sensitivity "$FIX/dense.dcm" --data digits:600 -j1 --progress always > out 2> err
grep -q '^sensitivity  conv1 ' err
grep -q '^sensitivity  fc2 .* 9[0-9]%' err
