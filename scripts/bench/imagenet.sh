#!/bin/sh
# SPDX-License-Identifier: MIT
# AlexNet and VGG-16 at full size with seeded synthetic weights: ONNX in, then the densities and
# bits of Deep Compression's tables 4 and 5 (no data: nothing is trained), and the file's size
# beside the paper's. Seconds and peak memory of each step. imagenet.sh [NAME...]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >&2
cmake --build "$build" --target dcomp bench_make_model >&2
work=$(mktemp -d "${TMPDIR:-/tmp}/dcomp-imagenet.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
echo "machine   ${model:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores, $(uname -sr)"
[ $# -gt 0 ] || set -- alexnet vgg-16
for name in "$@"; do
    "$build/tests/bench/bench_make_model" "$root/models/$name.json" "$work/dense.bin"
    "$build/dcomp" export "$work/dense.bin" -o "$work/$name.onnx" -f -q >/dev/null
    rm "$work/dense.bin"
    python3 "$root/scripts/bench/imagenet_sizes.py" "$build/dcomp" "$work" "$name" \
        "$root/models/recipes/$name-2016.json"
    rm -f "$work"/*
done
