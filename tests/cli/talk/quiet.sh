# SPDX-License-Identifier: MIT
# -q: nothing on standard error while all goes well; one line of a model that was written, also with
# -v; what a command is there to print is printed all the same.
D="--data digits:600 -j1 -q"
dcomp train "$FIX/tiny.json" $D -o t.dcm --epochs 1
dcomp prune t.dcm -q -o p.dcm --density 0.5 -v
dcomp quantize p.dcm -q -o q.dcm
dcomp retrain q.dcm $D --epochs 1 -o r.dcm --progress always
dcomp gradual t.dcm $D --epochs 1 --steps 1 -o g.dcm --density 0.5
dcomp encode r.dcm -q -v -o e.dcm
dcomp decode e.dcm -q -o d.dcm
dcomp export d.dcm -q -o d.onnx
dcomp import d.onnx -q -v
dcomp compress "$FIX/dense.dcm" -q -o c.dcm
dcomp compress t.dcm $D -o k.dcm --effort 0.01 --max-drop 100 -v
dcomp compress t.dcm -q -o j.dcm --json | grep schema
echo results
dcomp eval r.dcm $D --progress always
dcomp verify e.dcm -q
dcomp diff e.dcm d.dcm -q | tail -n 1
dcomp inspect e.dcm -q | tail -n 1
