# SPDX-License-Identifier: MIT
# What pruning by magnitude is compared with: similar neurons merged, without data; weights drawn by
# a seed; weights that an L1 penalty made 0.
. "$CLI/lib.sh"
m=$FIX/dense.dcm
dcomp prune "$m" --merge fc1=0.75 -o s.dcm -q > talk
dcomp inspect s.dcm --json -q > out
python3 -c "
import json
have = [(l['name'], l['weights'], l['density']) for l in json.load(open('out'))['layers']]
assert have == [('conv1', 100, 1), ('fc1', 18 * 144, 1), ('fc2', 180, 1)], have"
dcomp prune "$m" --merge conv1=0.5 --density fc1=0.5 -o t.dcm -q > talk
dcomp inspect t.dcm --json -q > out
python3 -c "
import json
have = [(l['name'], l['weights']) for l in json.load(open('out'))['layers']]
assert have[0] == ('conv1', 50) and have[1] == ('fc1', 24 * 72), have"
dcomp eval t.dcm --data digits:60 -q > talk
says 2 "no layer has neurons that can be merged" dcomp prune "$m" --merge "*2=0.5" -o x.dcm
says 2 "neurons of 'fc2' cannot be merged" dcomp prune "$m" --merge fc1=0.5,fc2=0.5 -o x.dcm
says 2 "no layer matches 'fc7'" dcomp prune "$m" --merge fc7=0.5 -o x.dcm
for seed in 1 1 2; do
    dcomp prune "$m" --density 0.3 --saliency random --saliency-seed $seed -o r.dcm -f -q > talk
    mv r.dcm r$seed.dcm
done
not cmp -s r1.dcm r2.dcm
dcomp gradual "$m" --data digits:120 --density 0.3 --saliency random --steps 2 --epochs 1 \
    -o g.dcm -j1 -q > talk
D="--data digits:600 -j1 --epochs 4 --lr 0.02 --batch 16 -q"
dcomp retrain "$m" $D --l1 0.1 --last -o l.dcm > talk
dcomp inspect l.dcm --json -q > out
python3 -c "
import json
have = [l['density'] for l in json.load(open('out'))['layers']]
assert min(have) < 0.9, have"
dcomp prune l.dcm --sensitivity 0.05 -o p.dcm -q > talk
says 2 "'--l1' must be" dcomp retrain "$m" $D --l1 -1 -o x.dcm
