# SPDX-License-Identifier: MIT
# Dense, sparse, dense: all weights are there at the end, those of a network that came pruned are
# not; beside the plain continuation, which is what density 1 trains.
. "$CLI/lib.sh"
D="--data digits:200 -j1"
m=$FIX/dense.dcm
dcomp dsd "$m" $D --sparse-epochs 2 --epochs 1 --lr 0.02 --compare plain.bin -o better.bin > out
grep -q '^test: top-1 ' out
grep -q '^against plain.bin: divergence' out
# A run that is resumed before its plain counterpart began has nothing to be warned of.
dcomp dsd "$m" $D --sparse-epochs 2 --epochs 1 --lr 0.02 --keep-checkpoints -q -o half.bin > talk
dcomp dsd "$m" $D --sparse-epochs 2 --epochs 1 --lr 0.02 --compare half-plain.bin -o half.bin -f \
    --resume 2> err > out
grep "nothing to resume" err && cat err
cmp plain.bin half-plain.bin
dcomp dsd "$m" $D --sparse-epochs 2 --epochs 1 --lr 0.02 --density 1 -q -o same.bin > talk
cmp plain.bin same.bin
not cmp -s plain.bin better.bin
zeros() {
    dcomp inspect "$1" --json -q > out
    python3 -c "
import json
print(*['%.2f' % l['density'] for l in json.load(open('out'))['layers']])"
}
echo "all weights: $(zeros better.bin)"
dcomp prune "$m" --density 0.5 --no-remove-dead -q -o p.dcm > talk
dcomp dsd p.dcm $D --sparse-epochs 1 --epochs 1 --lr 0.02 --density 0.3 -q -o pb.dcm > talk
echo "pruned before: $(zeros pb.dcm)"
says 2 "none" dcomp dsd "$m" $D --density none=0.5 -o x.bin
says 2 "needs data" dcomp dsd "$m" -o x.bin
dcomp quantize "$m" --bits 4 -q -o q.dcm > talk
says 2 "is shared, and weights that leave it would not come back" dcomp dsd q.dcm $D -o x.bin
says 2 "'epochs' is 0" dcomp dsd "$m" $D --epochs 0 -o x.bin
