#!/bin/sh
# SPDX-License-Identifier: MIT
# Decoding of layers of levels on one core: levels.sh [REPEATS]
# Builds in $DCOMP_BUILD, or in build/ of the tree.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >&2
cmake --build "$build" --target bench_levels >&2

model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
echo "machine          ${model:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores, $(uname -sr)"
exec "$build/tests/bench/bench_levels" "$@"
