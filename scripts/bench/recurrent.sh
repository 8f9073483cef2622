#!/bin/sh
# SPDX-License-Identifier: MIT
# Layers over time against PyTorch, in turns: recurrent.sh [TURNS [N_SAMPLES]]
# Builds in $DCOMP_BUILD, or in build/ of the tree. The peer is the torch of $PYTHON, else of
# /usr/bin/python3, with the BLAS that the loader finds; without one our side runs alone.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
python=${PYTHON:-/usr/bin/python3}
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >&2
cmake --build "$build" --target bench_train bench_predict -j1 >&2

model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
echo "machine   ${model:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores, $(uname -sr)"
# Debian's OpenBLAS does not know newer CPUs and falls back to a slow kernel; its best one is named.
if grep -q avx512f /proc/cpuinfo 2>/dev/null; then
    export OPENBLAS_CORETYPE="${OPENBLAS_CORETYPE:-SkylakeX}"
fi
exec "$python" "$root/scripts/bench/recurrent_torch.py" "$build/tests/bench" "$@"
