# SPDX-License-Identifier: MIT
# Pruning by the Fisher information: data is needed, densities are met, a killed run goes on.
. "$CLI/lib.sh"
data="--data digits:600 -j1"
says 2 "saliency 'fisher' is made of gradients: it needs labelled data (--data)" \
    dcomp prune "$FIX/dense.dcm" --density 0.2 --saliency fisher -o p.dcm
says 2 "no saliency is called 'fischer': magnitude or fisher" \
    dcomp prune "$FIX/dense.dcm" --density 0.2 --saliency fischer $data -o p.dcm
for by in magnitude fisher; do
    dcomp prune "$FIX/dense.dcm" --density 0.2 --no-remove-dead --saliency $by $data -q -o $by.dcm \
        > talk
    dcomp inspect --json $by.dcm > $by
done
! cmp -s magnitude.dcm fisher.dcm || { echo "no difference"; exit 1; }
python3 - <<'END'
import json
a, b = (json.load(open(name))["layers"] for name in ("magnitude", "fisher"))
assert [x["nonzero"] for x in a] == [x["nonzero"] for x in b], (a, b)
END
run="dcomp gradual $FIX/dense.dcm --density 0.1 --saliency fisher --steps 3 --epochs-per-step 2
    --epochs 12 --checkpoint-seconds 0 $data"
$run -q -o whole.dcm > talk
stop KILL file:o.dcm.work/epoch.ckpt $run -o o.dcm 2> err || true
$run -o o.dcm --resume > out 2> err
same o.dcm whole.dcm
