#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: tsan.sh [CTEST ARGUMENTS...]
#
# Builds the tests of threads with ThreadSanitizer in build-tsan/ and runs them. OpenMP and oneDNN
# are not instrumented, so these tests stay on the reference backend, but for sparse products, whose
# test runs oneDNN with one thread in each of ours. CC is the compiler.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=${DCOMP_BUILD:-$root/build-tsan}
jobs=${DCOMP_JOBS:-2}
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"

"$root/scripts/setup.sh"
cmake -S "$root" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DDCOMP_TSAN=ON \
    -DDCOMP_WERROR=ON >/dev/null
cmake --build "$build" -j "$jobs" --target threads_tests
cd "$build"
# Older runtimes do not start where the kernel places a program's parts too freely.
fixed=
setarch "$(uname -m)" -R true 2>/dev/null && fixed="setarch $(uname -m) -R"
$fixed ctest -L threads --output-on-failure "$@"
