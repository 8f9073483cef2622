#!/bin/sh
# SPDX-License-Identifier: MIT
# AlexNet and VGG-16 with seeded synthetic weights at the densities of Deep Compression's tables 4
# and 5, every layer with the distortion of k-means of so many bits: whole files by k-means and on
# grids of the trellis, and their noise over signal. Nothing says how accurate such a network would
# be. synthetic.sh [NAME...]; BITS="5 3" by default. 3 GiB in $TMPDIR, a quarter of an hour.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >&2
cmake --build "$build" --target dcomp bench_make_model >&2
work=$(mktemp -d "${TMPDIR:-/tmp}/dcomp-synthetic.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

[ $# -gt 0 ] || set -- alexnet vgg-16
for name in "$@"; do
    "$build/tests/bench/bench_make_model" "$root/models/$name.json" "$work/dense.bin"
    "${PYTHON:-/usr/bin/python3}" "$root/scripts/bench/synthetic.py" "$build/dcomp" "$work" \
        "$name" "$root/models/recipes/$name-2016.json" ${BITS:-5 3}
    rm -f "$work"/*
done
