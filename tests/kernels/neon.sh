#!/bin/sh
# SPDX-License-Identifier: MIT
# The kernels for NEON, cross-compiled and run in an emulator. usage: neon.sh SOURCE_DIR BUILD_DIR
# 77 (skipped) where the compiler or the emulator is missing.
set -eu
cc=aarch64-linux-gnu-gcc
emulator=$(command -v qemu-aarch64 || command -v qemu-aarch64-static || true)
command -v $cc > /dev/null && [ -n "$emulator" ] ||
    { echo "skipped: aarch64-linux-gnu-gcc or qemu-user is not installed"; exit 77; }
mkdir -p "$2"
$cc -std=c11 -O3 -ffp-contract=off -fno-trapping-math -Wall -Wextra -Werror \
    -D_POSIX_C_SOURCE=200809L -I "$1/include" -I "$1/src/kernels" \
    "$1"/src/kernels/*.c "$1"/src/kernels/arm/*.c \
    "$1/tests/kernels/check_kernels.c" "$1/tests/kernels/stub_base.c" \
    -lm -static -o "$2/check_neon"
"$emulator" "$2/check_neon" > "$2/neon.txt" || { cat "$2/neon.txt"; exit 1; }
cat "$2/neon.txt"
grep -q '^neon: [1-9]' "$2/neon.txt" # a count, not that the processor lacks it
