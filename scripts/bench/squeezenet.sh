#!/bin/sh
# SPDX-License-Identifier: MIT
# The published SqueezeNet, made smaller still: each recipe models/recipes/squeezenet-1.0-*.json,
# taught by the published network itself on one half of the photographs, judged on the other.
# squeezenet.sh [OUT]: a table, and the chart OUT (default squeezenet-curve.png). Needs $DCOMP_DATA.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
data=${DCOMP_DATA:?where squeezenet/ and imagenet-sample/ are}
chart=${1:-squeezenet-curve.png}
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >&2
cmake --build "$build" --target dcomp bench_chart >&2
work=$(mktemp -d "${TMPDIR:-/tmp}/dcomp-squeezenet.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

"$build/dcomp" import "$data/squeezenet/compressed_SqueezeNet.net" \
    --arch "$root/models/squeezenet-1.0.json" -o "$work/published.dcm" -q
echo "recipe                  bytes   top-1   top-5    loss  (held half; published first)"
row() { # NAME JSON KEY BYTES
    python3 - "$@" <<'END'
import json, sys
name, path, key, n_bytes = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    out = json.load(file)
n_bytes, r = n_bytes or out["file_bytes"], out[key]
print(f"{name:20} {int(n_bytes):8,} {r['top1']:7.2f} {r['top5']:7.2f} {r['loss']:7.4f}")
for what, series in ("top1", "top-1"), ("top5", "top-5"):
    with open(path.rsplit("/", 1)[0] + "/" + series, "a", encoding="utf-8") as file:
        file.write(f"{series},{int(n_bytes) / 1000},{r[what]}\n")
END
}
first=yes
for recipe in "$root"/models/recipes/squeezenet-1.0-*.json; do
    name=$(basename "$recipe" .json)
    "$build/dcomp" compress "$work/published.dcm" --recipe "$recipe" --teacher self \
        --data "images:$data/imagenet-sample" --test 250 --holdout 10 --strip -j1 \
        -o "$work/$name.dcm" --json -q >"$work/$name.out"
    [ -z "$first" ] || row published "$work/$name.out" before "$(wc -c <"$work/published.dcm")"
    first=
    row "${name#squeezenet-1.0-}" "$work/$name.out" after ""
done
for series in top-1 top-5; do sort -t, -k2 -n "$work/$series"; done |
    "$build/tests/bench/bench_chart" "SqueezeNet 1.0 on 250 held photographs" \
        "file [kB]" "right [%]" "$chart"
