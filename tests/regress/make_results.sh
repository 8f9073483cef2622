#!/bin/sh
# SPDX-License-Identifier: MIT
# Sizes of small models that are compressed without data: integer stages on seeded weights, so the
# same on every machine. Prints results.csv, or with --check tells what differs from the one kept.
#
#   make_results.sh DCOMP MAKE_MODEL > tests/regress/results.csv
#   make_results.sh DCOMP MAKE_MODEL --check
set -eu
dcomp=$1
make_model=$2
root=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM

# row NAME FILE
row() {
    "$dcomp" inspect "$2" --json | awk -v name="$1" '
        /"reference_bytes":/ { gsub(/[^0-9]/, ""); reference = $0 }
        /"file_bytes":/ { gsub(/[^0-9]/, ""); file = $0 }
        END { printf "%s,%s,%s,%.3f\n", name, reference, file, reference / file }'
}

# What is done to each model, and the result of each as a row.
measure() {
    model=$1
    "$make_model" "$root/models/$model.json" "$scratch/dense" 1 > "$scratch/log"
    row "$model dense" "$scratch/dense"
    "$dcomp" compress "$scratch/dense" -o "$scratch/blind" -f -q --strip > "$scratch/log"
    row "$model compress" "$scratch/blind"
    "$dcomp" prune "$scratch/dense" -o "$scratch/p" -f -q --density 0.1 --no-remove-dead \
        > "$scratch/log"
    "$dcomp" encode "$scratch/p" -o "$scratch/e" -f --strip -q > "$scratch/log"
    row "$model 10% f32" "$scratch/e"
    for bits in 2 4 5 8; do
        "$dcomp" quantize "$scratch/p" -o "$scratch/q" -f -q --bits $bits > "$scratch/log"
        "$dcomp" encode "$scratch/q" -o "$scratch/e" -f --strip -q > "$scratch/log"
        row "$model 10% $bits bits" "$scratch/e"
    done
    "$dcomp" quantize "$scratch/p" -o "$scratch/q" -f -q --bits 4 --init linear > "$scratch/log"
    "$dcomp" encode "$scratch/q" -o "$scratch/e" -f --strip -q > "$scratch/log"
    row "$model 10% 4 bits linear" "$scratch/e"
    "$dcomp" quantize "$scratch/p" -o "$scratch/q" -f -q --bits 4 --init near_optimal \
        > "$scratch/log"
    for coder in raw huffman; do
        "$dcomp" encode "$scratch/q" -o "$scratch/e" -f --strip -q --coder $coder > "$scratch/log"
        row "$model 10% 4 bits near_optimal $coder" "$scratch/e"
    done
    "$dcomp" quantize "$scratch/dense" -o "$scratch/q" -f -q --bits 4 > "$scratch/log"
    "$dcomp" encode "$scratch/q" -o "$scratch/e" -f --strip -q > "$scratch/log"
    row "$model 4 bits" "$scratch/e"
}

{
    echo "model,reference_bytes,file_bytes,ratio"
    measure lenet-300-100
    measure lenet-5
} > "$scratch/results.csv"
if [ "${3:-}" = --check ]; then
    diff -u "$root/tests/regress/results.csv" "$scratch/results.csv"
else
    cat "$scratch/results.csv"
fi
