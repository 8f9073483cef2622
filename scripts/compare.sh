#!/bin/sh
# SPDX-License-Identifier: MIT
# Size against error of LeNet-300-100 on MNIST, by the methods that pruning is compared with
# [NIPS15]: compare.sh OUT [CHART.png]
#
# Each network is pruned or made narrow, trained on for $EPOCHS at the better of two rates (but for
# "similar neurons", which use no data), its weights shared (5 bits), coded, and the coded file
# judged on the test part.
# "compress" is the program's own chain by bytes. No figure is taken from a paper.
#
#   SEEDS="1 2 3"     dense networks, and all that follows from each; default 1. Means and standard
#                     errors are over them
#   METHODS="svd l1"  some of: similar svd l1 greedy naive random once gradual compress
#   SIZES="6000 4000" in the place of a method's own (below)
#   EPOCHS=6          of training after the cut
#   EFFORT=0.3        of compress
#
# OUT keeps a line for each network in OUT/rows: what is there is not made again, so that the whole
# can be run in pieces, and methods side by side once OUT has the dense networks. Prints a table of
# Markdown. Wants DCOMP_DATA/mnist. Builds in $DCOMP_BUILD, or in build/ of the tree.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
build=${DCOMP_BUILD:-$root/build}
out=${1:?usage: compare.sh OUT [CHART.png]}
chart=${2:-}
data=idx:${DCOMP_DATA:?a folder with mnist/}/mnist
epochs=${EPOCHS:-6}
methods=${METHODS:-similar svd l1 greedy naive random once gradual compress}
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >&2
cmake --build "$build" --target dcomp bench_chart >&2
mkdir -p "$out/rows"
out=$(cd "$out" && pwd)
arch=$root/models/lenet-300-100.json

dcomp() { "$build/dcomp" "$@" -j1 -q -f > "$w/log"; }
trained() { dcomp "$@" --data "$data" --seed "$seed"; } # STAGE MODEL -o OUT ...

# recover CUT OUT: trained on at two rates, because what is left of one network stands a high one
# and what is left of another wants a low one, or its loss would not stay finite (exit code 5); the
# better on the validation part is taken.
recover() {
    best=0
    rm -f "$2"
    for rate in 0.02 0.1; do
        "$build/dcomp" retrain "$1" -o "$w/rate.dcm" --data "$data" --seed "$seed" \
            --epochs "$epochs" --lr $rate -j1 -f --json > "$w/retrain.json" 2> "$w/log" ||
            [ $? -eq 5 ] || exit 1
        top1=$(sed -n 's/.*"top1":[[:space:]]*\([0-9.]*\).*/\1/p' "$w/retrain.json")
        if echo "${top1:-0} $best" | awk '{ exit !($1 > $2) }'; then
            best=$top1
            mv "$w/rate.dcm" "$2"
        fi
    done
    [ -e "$2" ] || cp "$1" "$2" # at neither rate did the loss stay finite
}

# The sizes of each method, from large to small.
sizes() {
    case ${SIZES:+given}$1 in
    given*) echo "$SIZES" ;;
    similar) echo 0.9 0.7 0.5 0.3 ;;       # share of the neurons
    svd) echo 320K 160K 80K 40K ;;         # bytes of all weights as float32
    l1) echo 1e-4 3e-4 1e-3 3e-3 ;;        # strength of the penalty
    greedy) echo 0.2 0.8 3.2 12.8 ;;       # points that each layer may cost
    naive) echo 0.4 0.2 0.1 0.05 ;;        # share of the hidden neurons
    random | once | gradual) echo 0.2 0.08 0.03 0.015 ;; # share of the weights
    compress) echo 12000 6000 4000 2500 ;; # bytes
    *) echo "compare: no method is called $1" >&2 && exit 2 ;;
    esac
}

# Each makes w/net.dcm of the dense network, whose weights are to be coded.
make_similar() { dcomp prune "$dense" -o "$w/net.dcm" --merge "fc1=$1,fc2=$1"; }
make_svd() {
    dcomp factor "$dense" -o "$w/cut.dcm" --bytes "$1"
    recover "$w/cut.dcm" "$w/net.dcm"
}
make_l1() {
    trained retrain "$dense" -o "$w/l1.dcm" --epochs "$epochs" --lr 0.05 --l1 "$1" --last
    dcomp prune "$w/l1.dcm" -o "$w/cut.dcm" --sensitivity 0.05
    recover "$w/cut.dcm" "$w/net.dcm"
}
make_greedy() {
    cp "$dense" "$w/cut.dcm"
    for layer in fc1 fc2 fc3; do
        dcomp sensitivity "$w/cut.dcm" --data "$data" --layers $layer --max-drop "$1"
        rule=$(sed -n 's/.*--density \([^ ]*\).*/\1/p' "$w/log")
        [ -n "$rule" ] || continue
        dcomp prune "$w/cut.dcm" -o "$w/next.dcm" --density "$rule" --no-remove-dead
        mv "$w/next.dcm" "$w/cut.dcm"
    done
    recover "$w/cut.dcm" "$w/net.dcm"
}
make_naive() {
    python3 - "$arch" "$1" > "$w/arch.json" <<'END'
import json
import sys
arch = json.load(open(sys.argv[1]))
for layer in arch["layers"]:
    if layer["name"] in ("fc1", "fc2"):
        layer["n_outputs"] = round(layer["n_outputs"] * float(sys.argv[2]))
print(json.dumps(arch))
END
    trained train "$w/arch.json" -o "$w/cut.dcm" --epochs 12 --lr 0.1
    recover "$w/cut.dcm" "$w/net.dcm"
}
make_random() {
    dcomp prune "$dense" -o "$w/cut.dcm" --density "$1" --saliency random \
        --saliency-seed "$seed"
    recover "$w/cut.dcm" "$w/net.dcm"
}
make_once() {
    dcomp prune "$dense" -o "$w/cut.dcm" --global-density "$1"
    recover "$w/cut.dcm" "$w/net.dcm"
}
make_gradual() {
    trained gradual "$dense" -o "$w/net.dcm" --global-density "$1" --steps 6 \
        --epochs-per-step 1 --epochs "$epochs" --lr 0.02
}

# Shared weights, trained on where the method has data, and the file.
code() {
    dcomp quantize "$w/net.dcm" -o "$w/shared.dcm" --bits 5
    if [ "$1" != similar ]; then
        trained retrain "$w/shared.dcm" -o "$w/settled.dcm" --epochs 2 --lr 0.0005
        mv "$w/settled.dcm" "$w/shared.dcm"
    fi
    dcomp encode "$w/shared.dcm" -o "$w/coded.dcm" --strip
}

# Weights that are not zero, bytes, test error.
measure() { # FILE ROW
    "$build/dcomp" inspect "$1" --json > "$w/inspect.json"
    "$build/dcomp" eval "$1" --data "$data" -j1 --json > "$w/eval.json" 2> "$w/log"
    python3 - "$w/inspect.json" "$w/eval.json" "$2" > "$out/row.part" <<'END'
import json
import sys
inspected, judged = (json.load(open(path)) for path in sys.argv[1:3])
n = sum(layer["nonzero"] for layer in inspected["layers"])
print(sys.argv[3], n, inspected["file_bytes"], round(100 - judged["top1"], 4))
END
    mv "$out/row.part" "$out/rows/$2"
    cat "$out/rows/$2" >&2
}

for method in $methods; do
    sizes "$method" > /dev/null || exit 2
done
for seed in ${SEEDS:-1}; do
    dense=$out/dense$seed.dcm
    w=$out/dense$seed.work
    mkdir -p "$w"
    if [ ! -f "$out/rows/$seed.dense.1" ]; then
        trained train "$arch" -o "$w/new.dcm" --epochs 15 --lr 0.1
        mv "$w/new.dcm" "$dense"
        measure "$dense" "$seed.dense.1"
    fi
    for method in $methods; do
        w=$out/$method$seed.work
        mkdir -p "$w"
        for size in $(sizes "$method"); do
            [ ! -f "$out/rows/$seed.$method.$size" ] || continue
            if [ "$method" = compress ]; then
                set -- "$w/$size.dcm" # of its own, so that one that was stopped goes on
                dcomp compress "$dense" -o "$1" --data "$data" --strip --resume \
                    --max-bytes "$size" --effort "${EFFORT:-0.3}" --seed "$seed" || [ $? -eq 1 ]
                mv "$1" "$w/coded.dcm"
            else
                "make_$method" "$size"
                code "$method"
            fi
            measure "$w/coded.dcm" "$seed.$method.$size"
        done
    done
done

cat "$out"/rows/*.*.* > "$out/all"
python3 "$root/scripts/bench/compare_table.py" "$out/all" "$out/points"
if [ -n "$chart" ]; then
    "$build/tests/bench/bench_chart" --log-x --log-y "LeNet-300-100 on MNIST" \
        "coded file [bytes]" "test error [%]" "$chart" < "$out/points"
fi
