#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: alone.sh SOURCE_DIR WORK_DIR DCOMP RT_DIR CC
# The joined runtime, the page's program and the exported example: strictly C99 and C++, and run.
set -eu
source=$1 work=$2 dcomp=$3 rt=$4 cc=$5
strict="-Wall -Wextra -Wconversion -pedantic -Werror"
rm -rf "$work"
mkdir -p "$work/example"
cd "$work"
"$dcomp" export "$source/models/lenet-300-100.dcm" -o lenet.h -q >/dev/null
"$dcomp" export "$source/models/lenet-5-1200x.dcm" -o example/le-net.h --c-example -q >/dev/null
awk '/^```/ { inside = $0 == "```c run"; next } inside' "$source/docs/runtime.md" >page.c
[ -s page.c ]

for compiler in gcc clang arm-none-eabi-gcc; do
    command -v "$compiler" >/dev/null || { echo "$compiler is not installed"; continue; }
    echo '#include <string.h>' | "$compiler" -E - >/dev/null 2>&1 || continue
    for language in "c -std=c99" "c++ -std=c++11"; do
        # A C compiler may have no C++ beside it.
        echo 'int x;' | "$compiler" -x ${language%% *} -c - -o probe.o 2>/dev/null || continue
        # shellcheck disable=SC2086
        "$compiler" $strict -x $language -O1 -c "$rt/dcomp_rt.c" -o rt.o
        # shellcheck disable=SC2086
        "$compiler" $strict -x $language -O1 -I "$rt" -c page.c -o page.o
        # shellcheck disable=SC2086
        "$compiler" $strict -x $language -O1 -I "$rt" -c example/main.c -o main.o
        echo "$compiler as $language"
    done
done

# shellcheck disable=SC2086
"$cc" -std=c99 $strict -O2 -I "$rt" page.c "$rt/dcomp_rt.c" -lm -o page
./page | grep -q '^class [0-9]$'
# shellcheck disable=SC2086
"$cc" -std=c99 $strict -O2 -I "$rt" example/main.c "$rt/dcomp_rt.c" -lm -o main
head -c 784 /dev/zero | ./main | grep -q '^class [0-9], score '
! head -c 783 /dev/zero | ./main 2>short || exit 1
grep -q '^784 bytes' short
