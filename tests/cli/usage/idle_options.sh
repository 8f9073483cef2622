# SPDX-License-Identifier: MIT
# Options that do nothing without data say so, and stop nothing.
. "$CLI/lib.sh"
for option in "--effort 2" --resume "--checkpoint-seconds 5" --keep-checkpoints \
    "--limit 9" --strict "--data-seed 2" "--holdout 9" "--test 9"; do
    dcomp compress "$FIX/dense.dcm" -o o.dcm -f $option > out 2> err
    grep -qF "without --data, ${option%% *} does nothing" err || echo "not noted: $option"
done
dcomp compress "$FIX/dense.dcm" -o o.dcm -f > out 2> err
if grep "does nothing" err; then exit 1; fi
# Of stages: what has no effect beside the others, or on this model.
idle() {
    wanted=$1
    shift
    dcomp "$@" -o o.dcm -f -j1 > out 2> err
    grep -qF "$wanted" err || { echo "not noted: $wanted"; cat err; }
}
D="--data digits:100 --epochs 1"
idle "without --saliency random, --saliency-seed does nothing" \
    prune "$FIX/dense.dcm" --density 0.5 --saliency-seed 3
idle "without --density or --global-density, --of-present does nothing" \
    prune "$FIX/pruned.dcm" --sensitivity 0.1 --of-present
idle "no weight is zero: --of-present does nothing" \
    prune "$FIX/dense.dcm" --density 0.5 --of-present
idle "no layer has shared values: --assign does nothing" retrain "$FIX/dense.dcm" $D --assign 0.1
idle "train shares no values: --assign does nothing" train "$FIX/tiny.json" $D --assign 0.1
for options in "prune $FIX/dense.dcm --density 0.5 --saliency random --saliency-seed 3" \
    "prune $FIX/pruned.dcm --density 0.5 --of-present" "retrain $FIX/shared.dcm $D --assign 0.1" \
    "admm $FIX/dense.dcm $D --admm-epochs 1 --bits 3 --assign 0.1"; do
    dcomp $options -o o.dcm -f -j1 > out 2> err
    if grep "does nothing" err; then exit 1; fi
done
only err o.dcm out
