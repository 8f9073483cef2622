#!/bin/sh
# SPDX-License-Identifier: MIT
# SqueezeNet 1.0 as float32, without training: whole files of dcomp beside bitstreams of NNCodec
# 0.3.1 (the MPEG standard's open encoder, with its dependent quantization), by how far their
# answers to the photographs are from the dense network's. nncodec.sh [OUT.png]. Needs $DCOMP_DATA,
# and $NNCODEC, a tree of github.com/fraunhoferhhi/nncodec with its extension built
# (python3 setup.py build_ext --inplace); without it our side runs alone.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
data=${DCOMP_DATA:?where squeezenet/ and imagenet-sample/ are}
python=${PYTHON:-/usr/bin/python3}
chart=${1:-nncodec.png}
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >&2
cmake --build "$build" --target dcomp bench_chart >&2
work=$(mktemp -d "${TMPDIR:-/tmp}/dcomp-nncodec.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
dense=$data/squeezenet/squeezenet_v1.0.safetensors

import() { # SAFETENSORS OUT
    "$build/dcomp" import "$1" --arch "$root/models/squeezenet-1.0.json" -o "$2" \
        --keep-shared never -f -q >/dev/null
}
look_at() { # FILE NAME
    "$build/dcomp" eval "$1" --data "images:$data/imagenet-sample" --dump-output "$work/$2.npy" \
        --predictions "$work/$2.csv" -f -q >/dev/null
}
row() { # SERIES POINT BYTES FILE
    look_at "$4" now
    "$python" "$root/scripts/bench/beside.py" "$work/dense.npy" "$work/now.npy" \
        "$work/dense.csv" >"$work/row"
    printf '%-8s %-10s %9d  %s\n' "$1" "$2" "$3" "$(cat "$work/row")"
    echo "$1,$(($3 / 1000)),$(awk '{print $NF}' "$work/row")" >>"$work/$1.points"
}

import "$dense" "$work/dense.bin"
look_at "$work/dense.bin" dense
echo "program  point          bytes  of 500 photographs, the last number is the divergence"
for qp in ${QPS:--38 -36 -34 -32 -30 -28}; do
    [ -n "${NNCODEC:-}" ] || break
    n_bytes=$(PYTHONPATH=$NNCODEC "$python" "$root/scripts/bench/nncodec.py" "$dense" \
        "$work/back.safetensors" "$qp")
    import "$work/back.safetensors" "$work/back.bin"
    row NNCodec "qp $qp" "$n_bytes" "$work/back.bin"
done
for n in ${BYTES:-default 450000 400000 380000 350000 320000 290000}; do
    set -- --max-bytes "$n"
    [ "$n" != default ] || set --
    "$build/dcomp" compress "$work/dense.bin" -o "$work/small.dcm" --strip "$@" -f -q >/dev/null
    row dcomp "$n" "$(wc -c <"$work/small.dcm")" "$work/small.dcm"
done
for series in NNCodec dcomp; do
    [ ! -f "$work/$series.points" ] || sort -t, -k2 -n "$work/$series.points"
done | "$build/tests/bench/bench_chart" "SqueezeNet 1.0 without training, 500 photographs" \
    "file [kB]" "divergence [nats]" "$chart"
