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
row() { # SERIES POINT BYTES FILE
    "$build/dcomp" eval "$4" --data "images:$data/imagenet-sample" --against "$work/dense.bin" \
        --json -q >"$work/row"
    "$python" - "$work/row" "$1" "$2" "$3" >>"$work/$1.points" <<'END'
import json, sys
path, series, point, n_bytes = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    r = json.load(file)
a = r["against"]
gain, rise, far = a["top1_gain"], a["loss_rise"], a["divergence"]
print(f"{series:8} {point:10} {int(n_bytes):9,}  top-1 {r['top1']:.1f} % "
      f"({gain:+.1f}, {a['top1_gain_low']:+.1f} to {a['top1_gain_high']:+.1f})  "
      f"loss {r['loss']:.4f} "
      f"({rise:+.4f}, {a['loss_rise_low']:+.4f} to {a['loss_rise_high']:+.4f})  "
      f"divergence {far:.4f}",
      file=sys.stderr)
print(f"{series},{int(n_bytes) / 1000},{far}")
END
}

import "$dense" "$work/dense.bin"
echo "program  point          bytes  of the photographs: beyond the dense network, 95 % bounds" >&2
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
