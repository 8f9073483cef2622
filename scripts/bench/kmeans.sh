#!/bin/sh
# SPDX-License-Identifier: MIT
# One-dimensional k-means against scikit-learn and NumPy: kmeans.sh [N [K [ROUNDS]]]
# Builds in $DCOMP_BUILD, or in build/ of the tree; $PYTHON names the interpreter with the peers.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >&2
cmake --build "$build" --target bench_kmeans >&2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
echo "machine          ${model:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores, $(uname -sr)"
"$build/tests/bench/bench_kmeans" make "$work/weights.f32" "${1:-4000000}"
"${PYTHON:-python3}" "$root/scripts/bench/kmeans_peers.py" "$build/tests/bench/bench_kmeans" \
    "$work/weights.f32" "${2:-32}" "${3:-3}"
