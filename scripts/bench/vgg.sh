#!/bin/sh
# SPDX-License-Identifier: MIT
# Compressing a VGG-16-shaped model (138 million seeded Laplacian weights) without data, and
# decoding it: seconds and peak memory of the program itself. vgg.sh [REPEATS]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
repeats=${1:-3}
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >&2
cmake --build "$build" --target dcomp bench_make_model >&2
work=$(mktemp -d "${TMPDIR:-/tmp}/dcomp-vgg.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
echo "machine          ${model:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores, $(uname -sr)"
"$build/tests/bench/bench_make_model" "$root/models/vgg-16.json" "$work/vgg.bin"
echo "dense file       $(wc -c <"$work/vgg.bin") bytes"

# seconds and peak resident MiB of a command, by the shell's own means
run() {
    python3 - "$@" <<'PY'
import resource, subprocess, sys, time
start = time.monotonic()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
seconds = time.monotonic() - start
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(f"{seconds:.2f} {peak:.0f}")
sys.exit(code)
PY
}
median() { sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }

i=0
while [ "$i" -lt "$repeats" ]; do
    run "$build/dcomp" compress "$work/vgg.bin" -o "$work/vgg.dcm" -f -q >>"$work/compress"
    run "$build/dcomp" decode "$work/vgg.dcm" -o "$work/back.bin" -f -q >>"$work/decode"
    i=$((i + 1))
done
echo "compressed file  $(wc -c <"$work/vgg.dcm") bytes"
echo "compress         $(cut -d' ' -f1 "$work/compress" | median) s median of $repeats," \
    "peak $(cut -d' ' -f2 "$work/compress" | median) MiB (wanted: 40 s, 2560 MiB)"
echo "decode           $(cut -d' ' -f1 "$work/decode" | median) s median of $repeats," \
    "peak $(cut -d' ' -f2 "$work/decode" | median) MiB (wanted: 5 s)"
