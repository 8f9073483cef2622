# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
D="--data digits:600 -j1 -q --json"
layers="layers[].name layers[].kind layers[].weights layers[].nonzero layers[].density
    layers[].weight_bits layers[].index_bits layers[].bits_per_weight_coded
    layers[].bits_per_gap_coded layers[].bytes"
sizes="reference_bytes file_bytes ratio ledger $layers"

dcomp train "$FIX/tiny.json" $D -o t.dcm --epochs 1 > out
has out $sizes output settings.seed settings.epochs validation.top1
dcomp retrain "$FIX/pruned.dcm" $D -o r.dcm --epochs 1 > out
has out $sizes validation.top1
dcomp gradual "$FIX/dense.dcm" $D -o g.dcm --density 0.3 --epochs 1 --steps 2 > out
has out $sizes validation.top1
dcomp prune "$FIX/dense.dcm" -o p.dcm --density 0.3 --json -q > out
has out $sizes settings.density
dcomp quantize p.dcm -o q.dcm --json -q > out
has out $sizes settings.bits
dcomp encode q.dcm -o e.dcm --json > out
has out $sizes output
dcomp decode e.dcm -o d.dcm --json > out
has out $sizes output
dcomp compress "$FIX/dense.dcm" -o c.dcm --json -q > out
has out $sizes seconds seed output is_within_drop is_within_bytes
echo '{"stages": [{"stage": "gradual", "density": 0.3, "steps": 2, "epochs": 1}]}' > r.json
dcomp compress "$FIX/dense.dcm" $D -o c2.dcm --recipe r.json > out
has out $sizes seconds before.top1 after.top1
dcomp eval e.dcm $D > out
has out n_samples top1 top5 loss images_per_second engine
dcomp inspect e.dcm --json > out
has out format_version $sizes history
dcomp verify e.dcm --json > out
has out is_sound findings
dcomp verify "$FIX/cut.dcm" --json > out || [ $? = 1 ]
has out is_sound findings[].offset findings[].text
dcomp diff e.dcm d.dcm --json > out
has out parameters[].name parameters[].max_difference
dcomp sensitivity e.dcm $D --densities 0.5,1 --max-drop 5 > out
has out top1_error layers[].name layers[].points[].density density
