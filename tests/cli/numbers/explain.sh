# SPDX-License-Identifier: MIT
# --explain: which layers are multiplied sparse, and why; only of engines that choose.
. "$CLI/lib.sh"
dcomp eval "$FIX/small.dcm" --data digits:60 --engine packed > out 2> err || {
    grep -q "no sparse products" err && cat "$SRC/tests/cli/numbers/explain.out" && exit 0
}
for options in "packed" "auto" "auto --backend ref" "auto --format csv"; do
    dcomp eval "$SRC/models/lenet-5.dcm" --data digits:60 --engine $options --explain -j1
done | sed -E 's/^top-1 .*/RESULT/; s/^[0-9]*,0,0,.*/RESULT/; s/(,[0-9.e-]+){3},/,N,/'
says 2 "'--explain' needs '--engine packed or auto': 'float' has nothing to choose" \
    dcomp eval "$FIX/small.dcm" --data digits:60 --explain
says 2 "'fixed16' has nothing to choose" \
    dcomp run "$FIX/small.dcm" x.npy --engine fixed16 --explain
dcomp eval "$FIX/small.dcm" --data digits:60 --engine auto --explain --json -q > e.json
has e.json choices.batch choices.together choices.jobs choices.layers[].name \
    choices.layers[].chosen choices.layers[].reason
