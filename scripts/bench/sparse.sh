#!/bin/sh
# SPDX-License-Identifier: MIT
# Sparse products beside OpenBLAS and SciPy, one thread, in turns: sparse.sh [TURNS [REPEATS]].
# Needs libopenblas-dev and python3-scipy ($PYTHON names the interpreter). Prints all turns, then
# medians over them as ratios.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
turns=${1:-3} repeats=${2:-15}
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >&2
cmake --build "$build" --target bench_sparse >&2
work=$(mktemp -d "${TMPDIR:-/tmp}/dcomp-sparse.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
echo "machine  ${model:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores, $(uname -sr)"
i=0
while [ "$i" -lt "$turns" ]; do
    "$build/tests/bench/bench_sparse" "$repeats" | tee -a "$work/ours"
    "${PYTHON:-python3}" "$root/scripts/bench/sparse_scipy.py" "$repeats" | tee -a "$work/scipy"
    i=$((i + 1))
done
python3 - "$work/ours" "$work/scipy" <<'END'
import math
import statistics
import sys


def read(path, first):
    rows = {}
    for line in open(path):
        words = line.split()
        if words and words[0] not in ("ms;", "layer", "scipy"):
            rows.setdefault(words[0], []).append([float(w) for w in words[first:]])
    return {k: [statistics.median(c) for c in zip(*v)] for k, v in rows.items()}


ours, scipy = read(sys.argv[1], 2), read(sys.argv[2], 1)
print("\n| layer | sgemv | rows | columns | | CSR | act: sgemv | CSR "
      "| 16: sgemm | CSR | 64: sgemm | CSR |")
ratios = []
for name, (sgemv, rows, columns, act, gemm16, rows16, gemm64, rows64) in ours.items():
    csr, csr_act, csr16, csr64 = scipy[name]
    one, best = min(rows, columns), min(rows, act)
    if len(ratios) < 9:
        ratios.append(sgemv / one)
    print(f"| {name} | {sgemv:.2f} ms | {rows:.2f} ms | {columns:.2f} ms | {sgemv / one:.1f}x | "
          f"{csr / one:.1f}x | {sgemv / best:.1f}x | {csr_act / best:.1f}x | "
          f"{gemm16 / rows16:.1f}x | {csr16 / rows16:.1f}x | "
          f"{gemm64 / rows64:.1f}x | {csr64 / rows64:.1f}x |")
mean = math.exp(statistics.mean(map(math.log, ratios)))
print(f"geometric mean of the nine over sgemv: {mean:.1f}x")
END
