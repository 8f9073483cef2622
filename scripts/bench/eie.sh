#!/bin/sh
# SPDX-License-Identifier: MIT
# How fast the accelerator is simulated: eie.sh [REPEATS]
#
#   1. PE-cycles per second of processor time on one thread, the paper's nine layers, medians
#   2. one layer like AlexNet's FC6 from nothing to the report: weights, layout, run, reference
#   3. the peer: the same machine in SystemVerilog (tests/rtl) under Verilator, the same layer like
#      AlexNet's FC7, run alone without loading; skipped where Verilator is missing
#   4. LeNet-300-100 over the MNIST test set, when DCOMP_DATA has it
#
# Builds in $DCOMP_BUILD, or in build/ of the tree.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
repeats=${1:-9}
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >&2
cmake --build "$build" --target bench_eie dcomp >&2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
dcomp=$build/dcomp

# The median of some numbers, one a line.
median() {
    sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# Seconds of a command, the median of $repeats.
seconds() {
    for _ in $(seq "$repeats"); do
        start=$(date +%s.%N)
        "$@" > "$work/log"
        echo "$(date +%s.%N) $start" | awk '{ print $1 - $2 }'
    done | median
}

model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
echo "machine          ${model:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores, $(uname -sr)"
"$build/tests/bench/bench_eie" "$repeats" | tee "$work/speeds"

alex6="--layer 4096x9216 --density 0.09 --act-density 0.351"
# shellcheck disable=SC2086
echo "Alex-6 in all    $(seconds "$dcomp" simulate $alex6 -j1) s, one thread"

if command -v verilator > /dev/null && command -v g++ > /dev/null; then
    alex7="--layer 4096x4096 --density 0.09 --act-density 0.353"
    for _ in $(seq "$repeats"); do
        # shellcheck disable=SC2086
        DCOMP_RTL_OPT=-O3 python3 "$root/tests/rtl/run_rtl.py" "$work/machines" "$work/layers" \
            "$dcomp" simulate $alex7 --emit-sram "$work/layers" |
            sed -n 's/.*ok (\([0-9.]*\) ms)/\1/p'
    done | median > "$work/peer"
    awk -v peer="$(cat "$work/peer")" '$1 == "Alex-7" {
        printf "Alex-7 run       %.2f ms; Verilator %.2f ms, %.1fx\n", $2, peer, peer / $2
    }' "$work/speeds"
fi

if [ -d "${DCOMP_DATA:-/nonexistent}/mnist" ]; then
    echo "MNIST test set   $(repeats=1 seconds "$dcomp" simulate "$root/models/lenet-300-100.dcm" \
        --data "idx:$DCOMP_DATA/mnist" -q) s through LeNet-300-100 on 64 PEs, all cores"
fi
