# SPDX-License-Identifier: MIT
# Weights on grids: both methods, bits in parts, what contradicts or is missing, the same file for
# any number of jobs, and gradients that need no labels.
. "$CLI/lib.sh"
says 2 "'fisher' shares out the bits of grids (--method grid or trellis)" \
    dcomp quantize "$FIX/dense.dcm" -o q.dcm --bits 5 --fisher --data digits:100
says 2 "'fisher' is made of gradients: it needs data (--data)" \
    dcomp quantize "$FIX/dense.dcm" -o q.dcm --bits 5 --method grid --fisher
says 2 "4.5 bits for 'conv1' are not a whole number in 1..8" \
    dcomp quantize "$FIX/dense.dcm" -o q.dcm --bits 4.5
says 2 "'--method' is one of kmeans|grid|trellis, not 'gird'" \
    dcomp quantize "$FIX/dense.dcm" -o q.dcm --bits 4 --method gird
for method in grid trellis; do
    dcomp quantize "$FIX/dense.dcm" -o $method.dcm --bits 4.5 --method $method -j1 -q > talk
    dcomp quantize "$FIX/dense.dcm" -o many.dcm -f --bits 4.5 --method $method -j4 -q > talk
    same $method.dcm many.dcm
    dcomp verify $method.dcm > talk
    dcomp quantize "$FIX/dense.dcm" -o less.dcm -f --bits 4.5 --method $method --lambda 1 -q > talk
    dcomp inspect --json $method.dcm > before
    dcomp inspect --json less.dcm > after
    python3 - <<'END'
import json
a, b = (sum(x["nonzero"] for x in json.load(open(n))["layers"]) for n in ("before", "after"))
assert b < 0.9 * a, (a, b)
END
done
dcomp quantize "$FIX/dense.dcm" -o fisher.dcm --bits 4.5 --method grid --fisher --data digits:300 \
    --teacher self -j1 -q > talk
! cmp -s grid.dcm fisher.dcm
