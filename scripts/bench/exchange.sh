#!/bin/sh
# SPDX-License-Identifier: MIT
# Tables of training on several ranks: bytes and accuracy of dgc beside dense exchange, speed of two
# ranks beside two threads, and, with a program that gives each rank a link of its own, times of a
# step by the link's speed.
#
#   exchange.sh DCOMP MNIST_FOLDER bytes|seeds|ranks
#   exchange.sh DCOMP MNIST_FOLDER links NETNS     NETNS RATE N PROGRAM...: runs N ranks so
#
# Environment: MPIRUN (mpirun --oversubscribe). Of seeds: SEEDS (1 2 3), EPOCHS (5), WARMUP (2),
# SAMPLES (60000); for another net than LeNet-5 a MODEL to retrain on TRAIN with OPTIONS, judged by
# TEST. Of links: RATES (100mbit 1gbit), N (2) ranks, SAMPLES (6000), SPARSITY (one more row).
set -eu
dcomp=$1 data=idx:$2 what=$3
root=$(cd "$(dirname "$0")/../.." && pwd)
net=$root/models/lenet-5.json
mpirun=${MPIRUN:-mpirun --oversubscribe}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
export OMP_WAIT_POLICY=passive
common="--data $data -j1 --batch 128 --lr 0.05 -q --json"
seeds_command="train $net $common"
[ -z "${MODEL:-}" ] || seeds_command="retrain $MODEL --data $TRAIN -j1 -q --json $OPTIONS"

# of FILE KEY...: values out of a result; of "exchange", unless there is a dot before.
of() {
    python3 - "$@" <<'END'
import json, sys
record = json.load(open(sys.argv[1]))
for key in sys.argv[2:]:
    value = record
    for part in [key[1:]] if key[0] == "." else ["exchange", key]:
        value = value[part]
    print("-" if value is None else f"{value:.6g}", end=" ")
END
}

# Percent of the test samples that a model has right.
top1() {
    "$dcomp" eval "$1" --data "${TEST:-$data}" -j1 -q --json > "$scratch/eval.json"
    of "$scratch/eval.json" .top1
}

case $what in
bytes)
    echo "wire  bytes sent a step, dense, ratio, gradient ratio"
    for wire in f32 f16 coded; do
        # shellcheck disable=SC2086
        $mpirun -n 4 "$dcomp" train "$net" $common -o "$scratch/o.bin" -f --exchange dgc \
            --sparsity-warmup 0 --epochs 1 --limit 20000 --wire $wire > "$scratch/r.json"
        echo "$wire  $(of "$scratch/r.json" step_bytes_sent step_bytes_dense ratio gradient_ratio)"
    done
    ;;
seeds)
    echo "seed  top-1 of dense, of dgc coded; dgc's ratio of all steps, after the warm-up"
    for seed in ${SEEDS:-1 2 3}; do
        line=$seed ratios=
        for exchange in dense "dgc --wire coded --sparsity-warmup ${WARMUP:-2}"; do
            # shellcheck disable=SC2086
            $mpirun -n 4 "$dcomp" $seeds_command -o "$scratch/o.bin" -f --seed "$seed" \
                --epochs "${EPOCHS:-5}" --limit "${SAMPLES:-60000}" --exchange $exchange \
                > "$scratch/r.json"
            line="$line  $(top1 "$scratch/o.bin")"
            [ "$exchange" = dense ] || ratios=$(of "$scratch/r.json" ratio_of_all ratio)
        done
        echo "$line $ratios"
    done
    ;;
ranks)
    echo "samples/s of 1 rank with 2 threads, of 2 ranks with 1"
    for turn in 1 2 3; do
        # shellcheck disable=SC2086
        "$dcomp" train "$net" --data "$data" -j2 --batch 128 --epochs 2 -v -f \
            -o "$scratch/o.bin" --holdout 1 > /dev/null 2> "$scratch/one"
        # shellcheck disable=SC2086
        $mpirun -n 2 "$dcomp" train "$net" --data "$data" -j1 --batch 128 --epochs 2 -v -f \
            -o "$scratch/o.bin" --holdout 1 --exchange dense > /dev/null 2> "$scratch/two"
        sed -n 's|^epoch 2/2.* \([0-9.]*\) samples/s.*|\1|p' "$scratch/one" "$scratch/two" |
            tr '\n' ' '
        echo
    done
    ;;
links)
    echo "link  exchange  step [s]: all, computing, waiting, choosing, moving; break-even [bit/s]"
    for rate in ${RATES:-100mbit 1gbit}; do
        for exchange in dense "dgc --sparsity-warmup 0" \
            ${SPARSITY:+"dgc --sparsity-warmup 0 --sparsity $SPARSITY"}; do
            # shellcheck disable=SC2086
            "$4" "$rate" "${N:-2}" "$dcomp" train "$net" $common -o "$scratch/o.bin" -f \
                --epochs 1 --limit "${SAMPLES:-6000}" --exchange $exchange > "$scratch/r.json"
            echo "$rate  $exchange  $(of "$scratch/r.json" step_seconds compute_seconds \
                wait_seconds work_seconds transfer_seconds break_even)"
        done
    done
    ;;
esac
