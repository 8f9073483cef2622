# SPDX-License-Identifier: MIT
# Parts of the data that do not go up.
. "$CLI/lib.sh"
train="dcomp train $FIX/tiny.json -o o.dcm --data"
says 2 "'holdout' of 600 leaves nothing to train on: there are 600" $train digits:600 --holdout 600
says 2 "leaves nothing to train on" $train digits:600 --holdout 18446744073709551615
says 2 "5 samples are too few: a twelfth of them is held out (--holdout says" \
    $train digits:600 --limit 5
code 0 dcomp train "$FIX/tiny.json" -o o.dcm --data digits:600 --limit 5 --holdout 1 --epochs 1
rm o.dcm
only
dcomp eval "$FIX/dense.dcm" --data digits:60 --limit 1000000 -j1 --json | grep n_samples
