#!/bin/sh
# SPDX-License-Identifier: MIT
# check_models.sh DCOMP MODELS: every file is sound, as small as stated, and as accurate on the
# MNIST test set. The bounds are docs/results.md's figures: bytes exactly, errors within two
# pictures, for the rounding of other CPUs. LeNet-300-100 is as accurate on the accelerator, whose
# every output equals the reference.
set -eu
dcomp=$1
models=$2
if [ -z "${DCOMP_DATA:-}" ] || [ ! -d "$DCOMP_DATA/mnist" ]; then
    echo "skipped: DCOMP_DATA with mnist/ is not set"
    exit 77
fi

# check FILE BYTES LEAST_TOP1
check() {
    "$dcomp" verify "$models/$1"
    bytes=$(wc -c <"$models/$1")
    if [ "$bytes" -ne "$2" ]; then
        echo "$1: $bytes bytes, stated are $2"
        exit 1
    fi
    "$dcomp" eval "$models/$1" --data "idx:$DCOMP_DATA/mnist" --min-top1 "$3"
}

while read -r file bytes top1; do
    check "$file" "$bytes" "$top1"
done <"$models/expected.txt"

told=$(mktemp)
trap 'rm -f "$told"' EXIT
"$dcomp" simulate "$models/lenet-300-100.dcm" --data "idx:$DCOMP_DATA/mnist" -q >"$told"
grep -q '^outputs equal the fixed-point reference, 30000 products' "$told"
fixed=$(sed -n 's/^top-1 \([0-9.]*\) .*/\1/p' "$told")
"$dcomp" eval "$models/lenet-300-100.dcm" --data "idx:$DCOMP_DATA/mnist" -q |
    awk -v fixed="$fixed" '/^top-1/ {
        drop = $2 - fixed
        print "on the accelerator " fixed " %, float " $2 " %"
        exit !(drop <= 0.05 && drop >= -0.05)
    }'
