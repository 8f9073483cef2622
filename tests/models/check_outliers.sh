#!/bin/sh
# SPDX-License-Identifier: MIT
# check_outliers.sh DCOMP MODELS: the defaults of quantize on LeNet-300-100 with weights that the
# dense network does not feel. Pixel 0 of MNIST is always black, so what is in its column of fc1
# changes no output; and weights of 1e-7 with inputs of 1e7 are the same network. Both must be as
# accurate as before, within 0.3 points.
set -eu
dcomp=$1
models=$2
here=$(cd "$(dirname "$0")" && pwd)
if [ -z "${DCOMP_DATA:-}" ] || [ ! -d "$DCOMP_DATA/mnist" ]; then
    echo "skipped: DCOMP_DATA with mnist/ is not set"
    exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
cd "$scratch"
least=98.28 # 98.58 % less 0.3 points
"$dcomp" export "$models/lenet-300-100.bin" -o dense.safetensors -q >log

# check BITS ARCH: quantizes altered.safetensors and evaluates it.
check() {
    "$dcomp" import altered.safetensors --arch "$2" -o dense.bin -f -q >log
    "$dcomp" quantize dense.bin -o shared.bin -f --bits "$1" -q >log
    "$dcomp" eval shared.bin --data "idx:$DCOMP_DATA/mnist" -q --min-top1 "$least"
}

for values in 0=3 0=10 0=100 0=1e4 0=1e30 '0=-100' '0=100 784=-100' '0=1e30 784=-1e30 1568=10'; do
    # shellcheck disable=SC2086
    python3 "$here/alter_tensor.py" dense.safetensors altered.safetensors fc1.weight $values
    echo "fc1.weight $values"
    check 4 "$models/lenet-300-100.json"
done

for power in 3 5 7 9; do
    python3 "$here/alter_tensor.py" dense.safetensors altered.safetensors fc1.weight x "1e-$power"
    sed "s/\"scale\": *\([0-9.e+-]*\)/\"scale\": \1e$power/" "$models/lenet-300-100.json" >arch.json
    echo "fc1.weight x 1e-$power"
    check 6 arch.json
done
