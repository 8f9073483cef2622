# SPDX-License-Identifier: MIT
# A recipe's stages and the commands of the same names make the same weights.
. "$CLI/lib.sh"
cat > r.json <<'END'
{"name": "as by hand", "stages": [
  {"stage": "prune", "density": {"conv1": 0.6, "*": 0.2}, "comment": "words"},
  {"stage": "retrain", "epochs": 2},
  {"stage": "quantize", "bits": {"conv1": 5, "*": 4}, "init": "optimal"},
  {"stage": "encode", "coder": "huffman"}]}
END
D="--data digits:600 -j1 -q"
dcomp compress "$FIX/dense.dcm" $D -o a.dcm --recipe r.json > log
dcomp prune "$FIX/dense.dcm" -o p.dcm --density 'conv1=0.6,*=0.2' -q > log
dcomp retrain p.dcm $D -o r.dcm --epochs 2 > log
dcomp quantize r.dcm -o q.dcm --bits 'conv1=5,*=4' --init optimal -q > log
dcomp encode q.dcm -o b.dcm --coder huffman > log
dcomp diff a.dcm b.dcm --json > out
grep '"max_difference"' out | sort -u
dcomp encode a.dcm -o as.dcm --strip > log
dcomp encode b.dcm -o bs.dcm --strip > log
same as.dcm bs.dcm
