#!/bin/sh
# SPDX-License-Identifier: MIT
# From photographs to inputs against Pillow; and what reading them costs an evaluation:
#
#   pictures.sh FOLDER [MODEL.dcm [N [ROUNDS]]]
#
# FOLDER is a data set of full-size JPEGs (images:FOLDER), MODEL a network that takes 3 x 227 x 227.
# Builds in $DCOMP_BUILD, or in build/ of the tree; $PYTHON names an interpreter with Pillow.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >&2
cmake --build "$build" --target bench_pictures dcomp >&2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
echo "machine          ${model:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores, $(uname -sr)"
exec "${PYTHON:-/usr/bin/python3}" "$root/scripts/bench/pictures_peers.py" \
    "$build/tests/bench/bench_pictures" "$build/dcomp" "$work" "$@"
