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
says 2 "comes too late" dcomp prune "$M" -o o.dcm --density '0.5,fc1=0.1'
only
