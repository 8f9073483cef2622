#!/bin/sh
# SPDX-License-Identifier: MIT
# How much longer dcomp takes beside other programs: busy.sh [NEIGHBOURS [REPEATS]]
# Times whole commands alone and beside NEIGHBOURS (4) endless loops, on all cores and with -j1, and
# prints medians of REPEATS (3) runs in seconds. On n cores the fair share of n threads beside m
# neighbours is n / (n + m): the fair factor is (n + m) / n.
# Builds in $DCOMP_BUILD, or in build/ of the tree. Uses $DCOMP_DATA's SqueezeNet when it is there.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
n_neighbours=${1:-4}
n_repeats=${2:-3}
[ -f "$build/CMakeCache.txt" ] || cmake -S "$root" -B "$build" -DCMAKE_BUILD_TYPE=Release >&2
cmake --build "$build" --target dcomp >&2
PATH=$build:$PATH
unset OMP_WAIT_POLICY GOMP_SPINCOUNT KMP_BLOCKTIME OMP_NUM_THREADS
folder=$(mktemp -d)
neighbours=
stop() {
    # shellcheck disable=SC2086
    [ -z "$neighbours" ] || kill $neighbours 2>/dev/null || true
    neighbours=
}
trap 'stop; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM

start() {
    while [ "$(echo "$neighbours" | wc -w)" -lt "$n_neighbours" ]; do
        sh -c 'while :; do :; done' &
        neighbours="$neighbours $!"
    done
}

seconds() { # COMMAND...: of one run
    from=$(date +%s.%N)
    "$@" >"$folder/out" 2>&1 || { cat "$folder/out" >&2; exit 1; }
    echo "$from $(date +%s.%N)" | awk '{ printf "%.3f\n", $2 - $1 }'
}

median() { # COMMAND...
    i=0
    while [ $i -lt "$n_repeats" ]; do
        seconds "$@"
        i=$((i + 1))
    done | sort -n | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'
}

row() { # NAME COMMAND...
    name=$1
    shift
    alone=$(median "$@")
    alone_1=$(median "$@" -j1)
    start
    sleep 1
    beside=$(median "$@")
    beside_1=$(median "$@" -j1)
    stop
    echo "$alone $alone_1 $beside $beside_1" | awk -v name="$name" '{
        printf "%-26s %8.2f %8.2f %8.2f %8.2f", name, $1, $2, $3, $4
        printf " %8.2f %10.2f\n", $3 / $1, $3 / $4 }'
}

model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
n_cores=$(nproc)
echo "machine   ${model:-$(uname -m)}, $n_cores cores, $(uname -sr)"
echo "$n_cores $n_neighbours" |
    awk '{ printf "neighbours %d: the fair factor is %.1f\n\n", $2, ($1 + $2) / $1 }'
printf '%-26s %8s %8s %8s %8s %8s %10s\n' seconds alone -j1 busy "busy -j1" factor "to busy -j1"

cd "$folder"
quiet="-q --seed 1"
# shellcheck disable=SC2086
{
    dcomp train "$root/models/lenet-300-100.json" --data digits:600 -o dense.bin --epochs 3 \
        $quiet >out
    row "train LeNet-300-100" dcomp train "$root/models/lenet-300-100.json" --data digits:12000 \
        --epochs 10 -o t.bin -f $quiet
    row "train LeNet-5" dcomp train "$root/models/lenet-5.json" --data digits:3000 --epochs 3 \
        -o t.bin -f $quiet
    row "compress LeNet-300-100" dcomp compress dense.bin --data digits:1200 --effort 0.05 \
        --max-drop 20 -o c.dcm -f $quiet
}
if [ -n "${DCOMP_DATA:-}" ] && [ -d "$DCOMP_DATA/squeezenet" ]; then
    dcomp import "$DCOMP_DATA/squeezenet/squeezenet_v1.0.onnx" -o s.bin -q >out
    python3 - <<'END'
import array, random
random.seed(1)
shape = (96, 3, 227, 227)
n = shape[0] * shape[1] * shape[2] * shape[3]
block = array.array("f", (random.uniform(-100, 100) for _ in range(n // 96)))
head = "{'descr': '<f4', 'fortran_order': False, 'shape': %s, }" % (shape,)
head += " " * (-(len(head) + 11) % 64) + "\n"
with open("x.npy", "wb") as f:
    f.write(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode())
    for _ in range(96):
        f.write(block.tobytes())
END
    row "eval SqueezeNet" dcomp eval s.bin --data npy:x.npy -q
fi
