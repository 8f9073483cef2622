# SPDX-License-Identifier: MIT
# Second-order pruning: samples are needed, labels are not; densities are met, of all weights or of
# those that are there now; outputs stay nearer to what they were than by magnitude; any number of
# jobs gives the same file.
. "$CLI/lib.sh"
data="--data digits:600"
says 2 "saliency 'obs' is of what layers read: it needs samples (--data)" \
    dcomp prune "$FIX/dense.dcm" --density 0.2 --saliency obs -o p.dcm
says 2 "saliency 'obs' fits what is left and is of 'prune' alone" \
    dcomp gradual "$FIX/dense.dcm" --density 0.2 --saliency obs $data -o p.dcm
# prune NAME MODEL OPTION...: NAME.dcm and what is in its layers
prune() {
    name=$1
    model=$2
    shift 2
    dcomp prune "$model" "$@" --no-remove-dead -q -o $name.dcm > talk
    dcomp inspect --json $name.dcm > $name.layers
}
for by in magnitude obs; do
    prune $by "$FIX/dense.dcm" --density 0.2 --saliency $by $data -j1
    dcomp eval $by.dcm --against "$FIX/dense.dcm" --data digits:900 --data-seed 5 --json \
        > $by.eval
done
prune jobs "$FIX/dense.dcm" --density 0.2 --saliency obs $data -j3
same jobs.dcm obs.dcm
prune half magnitude.dcm --density 0.5 --of-present
prune global magnitude.dcm --global-density 0.5 --of-present --saliency obs $data
python3 - <<'END'
import json
def layers(name):
    return [x["nonzero"] for x in json.load(open(name + ".layers"))["layers"]]
def divergence(name):
    return json.load(open(name + ".eval"))["against"]["divergence"]
a, b, half, both = (layers(name) for name in ("magnitude", "obs", "half", "global"))
assert a == b, (a, b)
assert all(2 * h in (n - 1, n, n + 1) for h, n in zip(half, a)), (half, a)
assert 2 * sum(both) in (sum(a) - 1, sum(a), sum(a) + 1) and both != half, (both, a)
assert divergence("obs") < divergence("magnitude") / 3, (divergence("obs"), divergence("magnitude"))
END
