#!/bin/sh
# SPDX-License-Identifier: MIT
# Inference throughput against PyTorch, in turns: predict.sh [BATCH [REPEATS]]
# Builds in $DCOMP_BUILD, or in build/ of the tree. The peer is the torch and torchvision of
# $PYTHON, else of /usr/bin/python3; without them our side runs alone.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
python=${PYTHON:-/usr/bin/python3}
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >&2
cmake --build "$build" --target bench_predict >&2

model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
echo "machine   ${model:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores, $(uname -sr)"
exec "$python" "$root/scripts/bench/predict_torch.py" "$build/tests/bench/bench_predict" \
    "$root/models" "$@"
