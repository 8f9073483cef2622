#!/bin/sh
# SPDX-License-Identifier: MIT
# check_without_data.sh DCOMP MODELS SET: compress without data at its defaults loses at most one
# point of top-1, and files are no larger than they were. SET mnist: the LeNets, relatives trained
# here in a moment, and a LeNet with weights that are huge where real pictures are black. SET
# photographs: MobileNet and SqueezeNet.
set -eu
dcomp=$1
models=$2
set=$3
here=$(cd "$(dirname "$0")" && pwd)
need=mnist
[ "$set" = mnist ] || need=imagenet-sample
if [ -z "${DCOMP_DATA:-}" ] || [ ! -d "$DCOMP_DATA/$need" ]; then
    echo "skipped: DCOMP_DATA with $need/ is not set"
    exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
cd "$scratch"

# top1 FILE DATA
top1() {
    "$dcomp" eval "$1" --data "$2" -q | sed -n 's/^top-1 \([0-9.]*\) .*/\1/p'
}

# check NAME FILE DATA [BYTES]
check() {
    "$dcomp" compress "$2" -o small.dcm -f -q >log
    before=$(top1 "$2" "$3")
    after=$(top1 small.dcm "$3")
    echo "$1: $before % before, $after % after, $(wc -c <"$2") bytes to $(wc -c <small.dcm)"
    awk -v before="$before" -v after="$after" 'BEGIN { exit !(after >= before - 1) }'
    [ "$(wc -c <small.dcm)" -le "${4:-1000000000}" ]
}

if [ "$set" = photographs ]; then
    photographs=images:$DCOMP_DATA/imagenet-sample
    "$dcomp" import "$DCOMP_DATA/mobilenet/mobilenet_v1_0.75_224.onnx" -o mobilenet.bin -q \
        --mean 127.5 --scale 0.00784313725 --channels rgb --resize short_side --resize-size 256 >log
    "$dcomp" import "$DCOMP_DATA/squeezenet/compressed_SqueezeNet.net" -o squeezenet.bin -q \
        --arch "$models/squeezenet-1.0.json" >log
    "$dcomp" import "$DCOMP_DATA/squeezenet/squeezenet_v1.0.onnx" -o dense.bin -q --input caffe \
        --keep-shared never >log
    check MobileNet mobilenet.bin "$photographs" 1750000
    check "SqueezeNet, shared" squeezenet.bin "$photographs" 535000
    check "SqueezeNet, dense" dense.bin "$photographs" 440000
    exit 0
fi

digits=idx:$DCOMP_DATA/mnist
check LeNet-300-100 "$models/lenet-300-100.bin" "$digits"
check LeNet-5 "$models/lenet-5.bin" "$digits"

# The networks of small_networks.py, and models/lenet-300-100.bin altered.
python3 "$here/small_networks.py"
for arch in *.json; do
    name=${arch%.json}
    "$dcomp" train "$arch" --data "$digits" --limit 6000 --epochs 3 --lr 0.05 -o "$name.bin" -q \
        >log
    check "$name" "$name.bin" "$digits"
done

"$dcomp" export "$models/lenet-300-100.bin" -o dense.safetensors -q >log
for values in 0=10 0=1e30 '0=100 784=-100 1568=30'; do
    # shellcheck disable=SC2086
    python3 "$here/alter_tensor.py" dense.safetensors altered.safetensors fc1.weight $values
    "$dcomp" import altered.safetensors --arch "$models/lenet-300-100.json" -o dense.bin -f -q >log
    check "fc1.weight $values" dense.bin "$digits"
done
