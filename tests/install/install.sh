#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs with DESTDIR and with a prefix, builds docs/examples/run_one.c against the installed tree
# in four ways (pkg-config and CMake, shared and static), and runs each on a model file.
set -eu

cmake=$1 build=$2 source=$3 cc=$4 libdir=$5 generator=$6
work=$(mktemp -d "${TMPDIR:-/tmp}/dcomp-install.XXXXXX")
trap 'rm -rf "$work"' EXIT INT TERM

# The prefix is /opt/dcomp inside a staging folder, so nothing may remember where it was built.
DESTDIR=$work/stage "$cmake" --install "$build" --prefix /opt/dcomp >"$work/log"
"$cmake" --install "$build" --prefix "$work/plain" >>"$work/log"
mv "$work/stage/opt/dcomp" "$work/moved"
(cd "$work/moved" && find . -type f -o -type l | sort) >"$work/moved.list"
(cd "$work/plain" && find . -type f -o -type l | sort) >"$work/plain.list"
cmp "$work/moved.list" "$work/plain.list"
if grep -r -l -e "$build" -e "$source" --include=*.cmake --include=*.pc "$work/moved"; then
    echo "installed files name the build" >&2
    exit 1
fi

prefix=$work/moved
libraries=$prefix/$libdir
"$prefix/bin/dcomp" --version
# The models and recipes that the pages name are found from share/dcomp.
(cd "$prefix/share/dcomp" && "$prefix/bin/dcomp" inspect models/lenet-300-100.dcm >/dev/null &&
    "$prefix/bin/dcomp" compress models/lenet-300-100.bin --dry-run --data digits:60 \
        --recipe models/recipes/lenet-300-100.json -o "$work/x.dcm" >/dev/null)
[ -e "$prefix/share/doc/dcomp/docs/library.md" ] && [ -e "$prefix/share/doc/dcomp/LICENSE" ]

# All four must say the same.
run()
{
    LD_LIBRARY_PATH=$libraries "$1" "$source/tests/golden/good/v1_0_packed.dcm" >"$work/out"
    grep '^class [0-9]' "$work/out"
    [ -e "$work/first" ] || cp "$work/out" "$work/first"
    cmp "$work/out" "$work/first"
}

PKG_CONFIG_PATH=$libraries/pkgconfig
export PKG_CONFIG_PATH
flags=$(pkg-config --cflags --libs dcomp)
# shellcheck disable=SC2086
"$cc" -std=c11 -Wall -Werror "$source/docs/examples/run_one.c" $flags -o "$work/pc_shared"
run "$work/pc_shared"
for example in train_with_hook plan_and_kernels; do
    # shellcheck disable=SC2086
    "$cc" -std=c11 -Wall -Werror "$source/docs/examples/$example.c" $flags -o "$work/$example"
done
LD_LIBRARY_PATH=$libraries "$work/train_with_hook" "$source/models/lenet-300-100.json" 0.1 \
    "$work/limited.dcm" >"$work/trained"
grep -q '^error [0-9.]* % of 400 samples held out' "$work/trained"
LD_LIBRARY_PATH=$libraries "$work/plan_and_kernels" "$work/limited.dcm" >"$work/planned"
grep -q '^step 2: relu' "$work/planned" && grep -q '^kernels plain.*: 0.5 1.5$' "$work/planned"
flags=$(pkg-config --static --cflags --libs dcomp | sed 's/-ldcomp/-l:libdcomp.a/')
# shellcheck disable=SC2086
"$cc" -std=c11 -Wall -Werror "$source/docs/examples/run_one.c" $flags -o "$work/pc_static"
run "$work/pc_static"

mkdir "$work/user"
cp "$source/docs/examples/run_one.c" "$work/user"
cat >"$work/user/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.16)
project(user C)
find_package(dcomp 0.1 REQUIRED)
foreach(kind static shared)
  add_executable(run_${kind} run_one.c)
  target_link_libraries(run_${kind} PRIVATE dcomp::${kind})
endforeach()
END
"$cmake" -S "$work/user" -B "$work/user/build" -G "$generator" "-DCMAKE_C_COMPILER=$cc" \
    "-DCMAKE_PREFIX_PATH=$prefix" >>"$work/log" || { cat "$work/log"; exit 1; }
"$cmake" --build "$work/user/build" >>"$work/log" || { cat "$work/log"; exit 1; }
run "$work/user/build/run_static"
run "$work/user/build/run_shared"
echo "pkg-config and CMake, shared and static: all four ran"

# What was installed last is taken away again, whole.
"$cmake" --build "$build" --target uninstall >>"$work/log" || { cat "$work/log"; exit 1; }
if [ -n "$(find "$work/plain" -type f -o -type l)" ]; then
    echo "uninstall leaves files" >&2
    exit 1
fi
