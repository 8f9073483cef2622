#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: fuzz.sh [SECONDS] [TARGET...]
#
# Builds the libFuzzer targets with clang, ASan and UBSan in build-fuzz/ and runs each for so many
# seconds (60) from its corpus in tests/fuzz/corpus. New inputs go to build-fuzz/corpus/<target>,
# findings to build-fuzz/findings. With DCOMP_FUZZ_MERGE=1 inputs that reach something new are then
# added to the tree's corpus.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=${DCOMP_BUILD:-$root/build-fuzz}
seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- model verify simulate idx npy jpeg png recipe huffman safetensors net onnx

"$root/scripts/setup.sh" clang
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DDCOMP_FUZZ=ON -DDCOMP_SANITIZE=ON >/dev/null
mkdir -p "$build/findings"
failed=
for target in "$@"; do
    cmake --build "$build" -j 2 --target "fuzz_$target"
    name=$target
    case $target in verify | simulate) name=model ;; esac
    seeds=$root/tests/fuzz/corpus/$name
    mkdir -p "$build/corpus/$target"
    echo "fuzz $target for $seconds s"
    "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -max_len=8192 -timeout=25 \
        -rss_limit_mb=2500 -print_final_stats=1 -verbosity=0 \
        -artifact_prefix="$build/findings/$target-" "$build/corpus/$target" "$seeds" ||
        failed="$failed $target"
    [ -z "${DCOMP_FUZZ_MERGE:-}" ] ||
        "$build/tests/fuzz/fuzz_$target" -merge=1 -max_len=2048 "$seeds" "$build/corpus/$target"
done
[ -z "$failed" ] || { echo "findings in $build/findings:$failed" >&2; exit 1; }
