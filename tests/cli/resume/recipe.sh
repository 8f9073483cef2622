# SPDX-License-Identifier: MIT
# A chain, killed inside its first step and again inside its last.
. "$CLI/lib.sh"
cat > r.json <<'END'
{"stages": [
  {"stage": "gradual", "density": {"conv1": 0.6, "*": 0.2}, "steps": 4, "epochs": 4, "batch": 16},
  {"stage": "quantize", "bits": {"conv1": 5, "*": 4}},
  {"stage": "retrain", "epochs": 40, "batch": 16, "lr": 0.01}]}
END
run="dcomp compress $FIX/dense.dcm --data digits:600 --recipe r.json -j1 --checkpoint-seconds 0"
$run -o whole.dcm -q > /dev/null
got=0
stop KILL file:o.dcm.work/epoch.ckpt $run -o o.dcm 2> err || got=$?
[ $got = 137 ] || { echo "exit $got"; cat err; }
got=0
stop KILL 'err:quantize done' $run -o o.dcm --resume 2> err || got=$?
[ $got = 137 ] || { echo "exit $got"; cat err; }
$run -o o.dcm --resume > out 2> err
grep -q 'step 2/3: quantize taken from the checkpoint' err || cat err
rm out err
same o.dcm whole.dcm
only o.dcm whole.dcm r.json
