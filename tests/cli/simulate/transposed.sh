# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
# A transposed convolution and norms of groups are trained, pruned, shared, coded; the accelerator
# leaves them to the host, which reads the coded weights.
cat > up.json <<'END'
{"name": "up", "input": {"shape": [1, 28, 28]}, "layers": [
  {"name": "c1", "op": "conv", "n_outputs": 4, "kernel": 3, "stride": 4},
  {"name": "up", "op": "conv_transpose", "n_outputs": 6, "kernel": 2, "stride": 2, "groups": 2},
  {"name": "gn", "op": "group_norm", "groups": 3},
  {"name": "act", "op": "mish"},
  {"name": "pool", "op": "max_pool", "kernel": 4},
  {"name": "fc", "op": "linear", "n_outputs": 10}]}
END
dcomp train up.json --data digits:100 --epochs 1 -j1 -q -o t.dcm >/dev/null
dcomp prune t.dcm --density 0.5 -q -o p.dcm >/dev/null
dcomp quantize p.dcm --bits 3 -q -o q.dcm >/dev/null
dcomp encode q.dcm -q -o e.dcm >/dev/null
dcomp inspect e.dcm | grep '^up  *4x3x2x2' | awk '{ print $1, $2, $3, $7 }'
dcomp simulate e.dcm --data digits:2 --pes 4 -q | grep -e '^on the host' -e '^outputs' |
    sed 's/, [0-9]* products//'
dcomp export e.dcm -q -o e.onnx >/dev/null
dcomp import e.onnx -q -o back.dcm >/dev/null
mkdir again
dcomp export back.dcm -q -o again/e.onnx >/dev/null
dcomp import again/e.onnx -q -o again.dcm >/dev/null
dcomp export again.dcm -q -o last.onnx >/dev/null
cmp again/e.onnx last.onnx && echo comes back
