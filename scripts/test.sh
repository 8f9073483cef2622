#!/bin/sh
# SPDX-License-Identifier: MIT
# Sets up what is missing, builds in build/ (Release, warnings are errors) and runs the fast tests.
# Arguments go to ctest, as `-R format`. Tests with the label slow are left out.
# Environment: DCOMP_BUILD another build folder, DCOMP_JOBS jobs (2), CC the compiler.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=${DCOMP_BUILD:-$root/build}
jobs=${DCOMP_JOBS:-2}

# Threads that wait by spinning stand in each other's way when tests run side by side.
export OMP_WAIT_POLICY="${OMP_WAIT_POLICY:-passive}"

"$root/scripts/setup.sh"
# A build folder that is there already keeps its generator.
[ -f "$build/CMakeCache.txt" ] || generator="-G Ninja"
# shellcheck disable=SC2086
cmake -S "$root" -B "$build" ${generator:-} -DCMAKE_BUILD_TYPE=Release \
    -DDCOMP_WERROR=ON -DDCOMP_TESTS=ON >/dev/null
cmake --build "$build" -j "$jobs"
cd "$build"
ctest -j "$jobs" -LE slow --output-on-failure "$@"
