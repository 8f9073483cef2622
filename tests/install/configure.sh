#!/bin/sh
# SPDX-License-Identifier: MIT
# What the options of CMakeLists.txt do, without building anything: tests where cmocka is missing,
# and which libraries there are.
set -eu

cmake=$1 source=$2 cc=$3 generator=$4
work=$(mktemp -d "${TMPDIR:-/tmp}/dcomp-configure.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

configure()
{
    name=$1
    shift
    "$cmake" -S "$source" -B "$work/$name" -G "$generator" "-DCMAKE_C_COMPILER=$cc" "$@" \
        >"$work/$name.log" 2>&1
}

fail()
{
    echo "$1" >&2
    cat "$work"/*.log >&2
    exit 1
}

# An empty path is one that is not found.
configure auto -DCMOCKA_LIBRARY= || fail "without cmocka nothing can be built"
grep -q 'cmocka: not found, so no tests are built' "$work/auto.log" || fail "it is not said"
[ ! -e "$work/auto/tests/unit" ] || fail "there are tests all the same"
! configure asked -DCMOCKA_LIBRARY= -DDCOMP_TESTS=ON || fail "tests asked for are left out"
grep -q 'cmocka is needed' "$work/asked.log" || fail "it is not said what is needed"

configure static -DBUILD_SHARED_LIBS=OFF -DDCOMP_TESTS=OFF || fail "static"
grep -q '^Libs:.*-ldcomp .*-lpng' "$work/static/dcomp.pc" || fail "a static library alone"
[ -z "$(find "$work/static" -name dcomp-shared.cmake)" ] || fail "a shared library all the same"
configure shared -DBUILD_SHARED_LIBS=ON -DDCOMP_TESTS=OFF || fail "shared"
grep -q '^Libs:.*-ldcomp$' "$work/shared/dcomp.pc" || fail "a shared library alone"
[ -z "$(find "$work/shared" -name dcomp-static.cmake)" ] || fail "a static library all the same"
echo "four ways to configure"
