# SPDX-License-Identifier: MIT
# Pruning by the Fisher information: data is needed, densities are met, a teacher that is the model
# itself is no lack of gradients, a killed run goes on.
. "$CLI/lib.sh"
data="--data digits:600 -j1"
says 2 "saliency 'fisher' is made of gradients: it needs labelled data (--data)" \
    dcomp prune "$FIX/dense.dcm" --density 0.2 --saliency fisher -o p.dcm
says 2 "'--saliency' is one of magnitude|fisher|random|obs, not 'fischer'" \
    dcomp prune "$FIX/dense.dcm" --density 0.2 --saliency fischer $data -o p.dcm
# prune_by SALIENCY NAME OPTION...: NAME.dcm, and NAME.bare without its history
prune_by() {
    by=$1 name=$2
    shift 2
    dcomp prune "$FIX/dense.dcm" --density 0.2 --no-remove-dead --saliency $by $data -q \
        -o $name.dcm "$@" > talk
    dcomp encode $name.dcm --strip -q -o $name.bare > talk
    dcomp inspect --json $name.dcm > $name
}
prune_by magnitude magnitude
prune_by fisher fisher
prune_by fisher taught --teacher self
for name in fisher taught; do
    ! cmp -s magnitude.bare $name.bare || { echo "$name: no difference"; exit 1; }
done
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
