#!/bin/sh
# SPDX-License-Identifier: MIT
# The runtime on Cortex-M3 and Cortex-M4, in an emulator, against this machine.
# usage: cortex.sh SOURCE_DIR BUILD_DIR DCOMP MAKE_PICTURES RT_DIR CC
# 77 (skipped) where compiler or emulator is missing.
set -eu
source=$1 work=$2 dcomp=$3 make_pictures=$4 rt=$5 host_cc=$6
arm=arm-none-eabi
command -v $arm-gcc >/dev/null && command -v qemu-system-arm >/dev/null ||
    { echo "skipped: $arm-gcc or qemu-system-arm is not installed"; exit 77; }
echo '#include <string.h>' | $arm-gcc -E - >/dev/null 2>&1 ||
    { echo "skipped: $arm-gcc has no C library (libnewlib-$arm)"; exit 77; }
mkdir -p "$work"
cd "$work"

# Three models: the shipped LeNet-300-100, and two that learn drawn digits here, the second of them
# row by row.
"$dcomp" export "$source/models/lenet-300-100.dcm" -o lenet.h -f -q
if [ ! -e shared.bin ]; then
    "$dcomp" train "$source/models/lenet-5.json" --data digits:900 -o digits.bin --epochs 2 \
        --lr 0.02 -f -q
    "$dcomp" prune digits.bin -o pruned.bin --density 'conv*=0.6,fc*=0.2' -f -q
    "$dcomp" quantize pruned.bin -o shared.bin --bits 4 -f -q
fi
"$dcomp" export shared.bin -o digits.h -f -q
if [ ! -e rows_shared.bin ]; then
    "$dcomp" train "$source/tests/arm/rows.json" --data digits:900 -o rows.bin --epochs 6 \
        --optimizer adam --lr 0.01 -f -q
    "$dcomp" quantize rows.bin -o rows_shared.bin --bits 5 -f -q
fi
"$dcomp" export rows_shared.bin -o rows.h -f -q
"$make_pictures" digits:300 20 >pictures.h

flags="-std=c99 -Wall -Wextra -Wconversion -pedantic -Werror -I $rt -I $work"
# shellcheck disable=SC2086
"$host_cc" $flags -O2 "$rt/dcomp_rt.c" "$source/tests/arm/device.c" \
    "$source/tests/arm/device_host.c" -lm -o on_host
./on_host >host.txt

# usage: build OUT CPU MORE...
build()
{
    out=$1 cpu=$2
    shift 2
    # shellcheck disable=SC2086
    $arm-gcc $flags -Os -mthumb -mcpu="$cpu" -ffunction-sections -fdata-sections "$@" \
        "$rt/dcomp_rt.c" "$source/tests/arm/device.c" -x c -std=gnu99 \
        "$source/tests/arm/device_start.c" -x none -nostartfiles --specs=nano.specs \
        --specs=nosys.specs -Wl,--gc-sections -Wl,-T,"$source/tests/arm/device.ld" -lm -o "$out" \
        2>"$out.log" || { cat "$out.log"; exit 1; }
}

# usage: sizes OUT NAME FILE_BYTES
# Of a program with one model and one picture: all that is neither is code.
sizes()
{
    $arm-size "$1" | awk -v name="$2" -v file="$3" 'NR == 2 {
        printf "%s: code %d bytes, model %d, RAM %d\n", name, $1 + $2 - file - 784, file, $2 + $3 }'
}

bytes_of()
{
    awk -v name="$2" '$1 == "#define" && $2 == name { print $3 }' "$1"
}

# usage: emulate KERNEL, on $machine with $cpu
emulate()
{
    qemu-system-arm -machine "$machine" -cpu "$cpu" -nographic -monitor none -serial none \
        -chardev stdio,id=said -semihosting-config enable=on,target=native,chardev=said -kernel "$1"
}

run()
{
    machine=$1 cpu=$2
    shift 2
    build "on_$cpu" "$cpu" "$@"
    emulate "on_$cpu" >"$cpu.txt"
    grep -v '^stack ' "$cpu.txt" | cmp - host.txt
    build "least_$cpu" "$cpu" -DDEVICE_SIZES "$@"
    sizes "least_$cpu" "$cpu, integers" "$lenet"
    awk -v name="$cpu" '/^stack / { print name ", integers: stack " $2 }' "$cpu.txt"
    build "float_$cpu" "$cpu" -DDEVICE_SIZES -DDEVICE_FLOAT "$@"
    sizes "float_$cpu" "$cpu, float32" "$lenet"
    build "stack_$cpu" "$cpu" -DDEVICE_SIZES -DDEVICE_FLOAT -DDEVICE_STACK "$@"
    emulate "stack_$cpu" | awk -v name="$cpu" '/^stack / { print name ", float32: stack " $2 }'
    build "rows_$cpu" "$cpu" -DDEVICE_SIZES -DDEVICE_ROWS "$@"
    sizes "rows_$cpu" "$cpu, integers over time" "$rows"
    build "float_rows_$cpu" "$cpu" -DDEVICE_SIZES -DDEVICE_ROWS -DDEVICE_FLOAT "$@"
    sizes "float_rows_$cpu" "$cpu, float32 over time" "$rows"
}

grep right host.txt
lenet=$(bytes_of lenet.h LENET_FILE_BYTES) rows=$(bytes_of rows.h ROWS_FILE_BYTES)
run mps2-an385 cortex-m3 -mfloat-abi=soft
run mps2-an386 cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16
