# SPDX-License-Identifier: MIT
# A layer pattern that matches nothing is an error and names the layers there are.
. "$CLI/lib.sh"
M=$FIX/dense.dcm
says 2 "prune: density: no layer matches 'fc9'; there are: conv1, fc1, fc2" \
    dcomp prune "$M" -o o.dcm --density fc9=0.1
says 2 "no layer matches 'conv?x'" dcomp prune "$M" -o o.dcm --density 'fc*=0.5,conv?x=0.1'
says 2 "sensitivity: no layer matches 'fc9'" dcomp prune "$M" -o o.dcm --sensitivity fc9=0.1
says 2 "quantize: bits: no layer matches 'fc9'" dcomp quantize "$M" -o o.dcm --bits fc9=4
says 2 "retrain: lr_scale: no layer matches 'fc9'" \
    dcomp retrain "$M" --data digits:60 -o o.dcm --lr-scale fc9=0
says 2 "pattern 'fc9' matches no layer" dcomp sensitivity "$M" --data digits:60 --layers fc9
# A rule that decides for no layer is named with the one before it, on the command line and in JSON.
says 2 "rule 'fc1' has no effect: '*' before it matches all its layers" \
    dcomp prune "$M" -o o.dcm --density '0.5,fc1=0.1'
says 2 "quantize: bits: rule 'fc1' has no effect: 'fc*' before it matches all its layers" \
    dcomp quantize "$M" -o o.dcm --bits 'fc*=4,fc1=8,conv1=8'
says 2 "prune: sensitivity: rule '*' has no effect: 'conv1' and other rules before it" \
    dcomp prune "$M" -o o.dcm --sensitivity 'conv1=1,fc?=2,3'
says 2 "retrain: lr_scale: rule 'fc2' has no effect: '*2' before it" \
    dcomp retrain "$M" --data digits:60 -o o.dcm --lr-scale '*2=0,fc2=1'
says 2 "two numbers for all layers, 0 and 5" dcomp prune "$M" -o o.dcm --density 0,5
recipe() {
    printf '{"stages": [{"stage": "prune", "density": 0.5}, %s]}\n' "$1" > r.json
    says 2 "$2" dcomp compress "$M" -o o.dcm --recipe r.json
    rm r.json
}
recipe '{"stage": "quantize", "bits": {"*": 4, "conv1": 8}}' \
    "step 2 (quantize): bits: rule 'conv1' has no effect: '*' before it"
recipe '{"stage": "prune", "density": {"fc*": 0.1, "fc1": 0.9}}' \
    "step 2 (prune): density: rule 'fc1' has no effect: 'fc*' before it"
only
