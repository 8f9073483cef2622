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
only err o.dcm out
