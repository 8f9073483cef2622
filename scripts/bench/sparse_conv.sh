#!/bin/sh
# SPDX-License-Identifier: MIT
# Convolutions of 3x3 at several densities beside oneDNN's dense ones: ResNet-18 with seeded
# weights, pruned and shared, a picture at a time. sparse_conv.sh CHART.png [REPEATS]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
chart=${1:?usage: sparse_conv.sh CHART.png [REPEATS]}
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >&2
cmake --build "$build" --target dcomp bench_make_model bench_chart >&2
work=$(mktemp -d "${TMPDIR:-/tmp}/dcomp-conv.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
"$build/tests/bench/bench_make_model" "$root/models/resnet-18.json" "$work/dense.bin" >&2
for density in 0.1 0.2 0.33 0.5; do
    "$build/dcomp" prune "$work/dense.bin" --density $density --no-remove-dead -o "$work/p.bin" \
        -q -f > /dev/null
    "$build/dcomp" quantize "$work/p.bin" --bits 5 -o "$work/q.bin" -q -f > /dev/null
    for jobs in 1 2; do
        "$build/dcomp" bench "$work/q.bin" -j$jobs --repeats "${2:-11}" --json -q \
            > "$work/$density-$jobs.json"
    done
done
python3 - "$work" > "$work/points" <<'END'
import json
import statistics
import sys
SHAPES = [("64x64, 56x56", "layer1", 4), ("128x128, 28x28", "layer2", 3),
          ("256x256, 14x14", "layer3", 3), ("512x512, 7x7", "layer4", 3)]
print("| threads | density |" + "".join(f" {s[0]} |" for s in SHAPES) + " whole, auto |",
      file=sys.stderr)
for jobs in 1, 2:
    lines = {s[0]: [] for s in SHAPES}
    for density in "0.1", "0.2", "0.33", "0.5":
        bench = json.load(open(f"{sys.argv[1]}/{density}-{jobs}.json"))
        row = f"| {jobs} | {float(density):.0%} |"
        for shape, stage, n in SHAPES:
            same = [b for b in bench["layers"] if b["name"].startswith(stage) and
                    b["op"] == "conv" and "downsample" not in b["name"]][-n:]
            times = [statistics.median(b[k + "_seconds"] for b in same)
                     for k in ("float", "packed")]
            lines[shape].append((density, times[0] / times[1]))
            row += f" {times[0] / times[1]:.2f}x |"
        auto = [e["ratio"] for e in bench["engines"] if e["name"] == "auto"][0]
        print(row + f" {auto:.2f}x |", file=sys.stderr)
    for shape, points in lines.items():
        for density, ratio in points:
            print(f"{shape.replace(',', '')} -j{jobs},{density},{ratio:.3f}")
END
"$build/tests/bench/bench_chart" --log-x "3x3 convolutions, sparse beside dense" \
    "density of the weights" "times as fast as oneDNN" "$chart" < "$work/points"
