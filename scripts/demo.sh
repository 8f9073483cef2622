#!/bin/sh
# SPDX-License-Identifier: MIT
# The whole story in a few minutes: set up, build, train LeNet-5, compress it, measure both files,
# draw pictures. Uses MNIST when $DCOMP_DATA/mnist is there, else digits that the program draws
# itself. Results: demo-output/.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
./scripts/setup.sh
build=${DCOMP_BUILD:-$root/build}
[ -f "$build/CMakeCache.txt" ] || generator="-G Ninja"
# shellcheck disable=SC2086
cmake -S "$root" -B "$build" ${generator:-} -DCMAKE_BUILD_TYPE=Release >/dev/null
if ! cmake --build "$build" --target dcomp -j "$(getconf _NPROCESSORS_ONLN)" >"$build/demo.log" 2>&1
then
    tail -n 40 "$build/demo.log" >&2
    exit 1
fi
PATH=$build:$PATH

out=$root/demo-output
rm -rf "$out"
mkdir -p "$out"
if [ -n "${DCOMP_DATA:-}" ] && [ -d "$DCOMP_DATA/mnist" ]; then
    data=idx:$DCOMP_DATA/mnist
else
    data=digits:30000
fi
say() { printf '\n== %s\n' "$*"; }

say "dcomp train: LeNet-5 on $data"
dcomp train models/lenet-5.json --data "$data" -o "$out/lenet-5.bin" --epochs 3 --lr 0.02
say "dcomp compress: prune, share, retrain, encode, certify"
dcomp compress "$out/lenet-5.bin" -o "$out/lenet-5.dcm" --data "$data" \
    --recipe models/recipes/demo.json
say "dcomp eval: the dense file and the compressed file, on the test split"
dcomp eval "$out/lenet-5.bin" --data "$data" -q
dcomp eval "$out/lenet-5.dcm" --data "$data" -q
say "dcomp verify"
dcomp verify "$out/lenet-5.dcm"
say "dcomp inspect --plots"
dcomp inspect "$out/lenet-5.dcm" --plots "$out/plots" --before "$out/lenet-5.bin" >/dev/null
ls -l "$out"/lenet-5.* "$out"/plots
printf '\nlook at %s/plots/*.png\n' "$out"
