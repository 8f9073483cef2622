# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
M=$FIX/dense.dcm
says 2 "nothing says what to prune (--density, --sensitivity, --global-density, --merge or, wi" \
    dcomp prune "$M" -o o.dcm
says 2 "nothing says what to prune (--density, --global-density)" \
    dcomp gradual "$M" -o o.dcm --data digits:60
says 2 "both density and sensitivity" dcomp prune "$M" -o o --density fc1=0.1 --sensitivity fc1=1
says 2 "contradict" dcomp prune "$M" -o o.dcm --density 0.1 --scan-drop 1 --data digits:60
says 2 "'global_density' is of layers without a rule" \
    dcomp prune "$M" -o o.dcm --density 0.1 --global-density 0.2
says 2 "'global_density' is of layers without a rule" \
    dcomp prune "$M" -o o.dcm --density conv1=0.1,fc1=0.5 --sensitivity fc2=1 --global-density 0.2
says 2 "'--effort' is of the default chain" \
    dcomp compress "$M" -o o.dcm --recipe r.json --data digits:60 --effort 1
T="--data digits:60 -o o.dcm --teacher-weight 0.5 -j1"
says 2 "train: 'teacher_weight' needs a teacher" dcomp train "$FIX/tiny.json" $T
says 2 "retrain: 'teacher_weight' needs a teacher" dcomp retrain "$M" $T
says 2 "gradual: 'teacher_weight' needs a teacher" dcomp gradual "$M" $T --density 0.5
says 2 "needs labelled data" dcomp prune "$M" -o o.dcm --scan-drop 1
says 2 "'--max-drop' cannot be certified without data" dcomp compress "$M" -o o.dcm --max-drop 1
says 2 "'--before' needs '--plots'" dcomp inspect "$M" --before "$M"
says 2 "'eval' needs data" dcomp eval "$M"
says 2 "'--engine onednn' and '--backend ref' exclude each other" \
    dcomp eval "$M" --data digits:60 --engine onednn --backend ref
for backend in ref auto; do
    dcomp eval "$M" --data digits:60 --engine ref --backend $backend > /dev/null
done
says 2 "'train' needs data" dcomp train "$FIX/tiny.json" -o o.dcm
says 2 "'retrain' needs data" dcomp retrain "$M" -o o.dcm
says 2 "'gradual' needs data" dcomp gradual "$M" -o o.dcm --density 0.1
says 2 "'sensitivity' needs data" dcomp sensitivity "$M"
says 2 "option '--split'" dcomp train "$FIX/tiny.json" --data digits:60 -o o.dcm --split test
only
