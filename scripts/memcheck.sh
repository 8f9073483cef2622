#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: memcheck.sh [PATTERN | --configure]
#
# Runs unit tests under valgrind's memcheck, which sees what is read and was never written, in
# libraries too. They are of a Debug build in build-debug/, by clang where it is installed, without
# optimization, which may take such values for what it likes; with --configure that is prepared and
# no more is done. PATTERN (of grep -E) chooses tests by name, as 'nn|quant', or '.' for all, which
# takes an hour; without it a sample runs: the rooms that bytes of strangers come through, but for
# three long tests. DCOMP_VALGRIND has further options; --track-origins=yes says where a value comes
# from. A test that measures its own time or memory may fail here: only what valgrind finds, a
# signal and a wait of ten minutes count.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=${DCOMP_BUILD:-$root/build-debug}
jobs=${DCOMP_JOBS:-2}
sample='^unit_(base|model|entropy|format|interop|data|cli)_'
long='data_digits|data_datasets|model_pack$'

"$root/scripts/setup.sh" valgrind libc6-dbg
if [ ! -f "$build/CMakeCache.txt" ]; then
    CC=${CC:-$(command -v clang || echo cc)} cmake -S "$root" -B "$build" -G Ninja \
        -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG="-O0 -g1 -gdwarf-4" -DDCOMP_WERROR=ON \
        -DDCOMP_TESTS=ON >/dev/null
fi
[ "${1:-}" != --configure ] || exit 0
cmake --build "$build" -j "$jobs" --target unit_tests
cd "$build/tests/unit"
names=$(find . -maxdepth 1 -name 'unit_*' -type f ! -name '*.memcheck' | sed 's,^\./,,' | sort |
    grep -E "${1:-$sample}")
[ $# -gt 0 ] || names=$(echo "$names" | grep -vE "$long")
export DCOMP_VALGRIND="${DCOMP_VALGRIND:-}" OMP_NUM_THREADS=2 OMP_WAIT_POLICY=passive
# shellcheck disable=SC2016
echo "$names" | xargs -P "$jobs" -n 1 sh -c '
    begin=$(date +%s) code=0
    timeout 600 valgrind -q --error-exitcode=99 --leak-check=no $DCOMP_VALGRIND \
        "./$1" >"$1.memcheck" 2>&1 || code=$?
    if [ $code -ge 99 ]; then
        echo "memcheck: $1: exit code $code"
        grep -E "^==" "$1.memcheck"
        exit 1
    fi
    echo "memcheck: $1: $(($(date +%s) - begin)) s"' memcheck
