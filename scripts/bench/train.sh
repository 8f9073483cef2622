#!/bin/sh
# SPDX-License-Identifier: MIT
# Training throughput against PyTorch, in turns: train.sh [BATCH [N_SAMPLES [REPEATS]]]
# Builds in $DCOMP_BUILD, or in build/ of the tree. The peer is the torch of $PYTHON, else of
# /usr/bin/python3; without one our side runs alone.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
python=${PYTHON:-/usr/bin/python3}
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >&2
cmake --build "$build" --target bench_train >&2

model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
echo "machine   ${model:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores, $(uname -sr)"
# Debian's OpenBLAS does not know newer CPUs and falls back to a slow kernel; its best one is named.
if grep -q avx512f /proc/cpuinfo 2>/dev/null; then
    export OPENBLAS_CORETYPE="${OPENBLAS_CORETYPE:-SkylakeX}"
fi
exec "$python" "$root/scripts/bench/train_torch.py" "$build/tests/bench/bench_train" \
    "$root/models" "$@"
