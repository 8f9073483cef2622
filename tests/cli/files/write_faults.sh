# SPDX-License-Identifier: MIT
# Write number N fails, N = 1, 2, ...: exit 4, one line, and no file of any kind is left.
. "$CLI/lib.sh"
for command in "encode $FIX/shared.dcm" "compress $FIX/dense.dcm -q" \
    "prune $FIX/dense.dcm -q --density 0.1" "decode $FIX/small.dcm"; do
    n=1
    while ! DCOMP_FAULT=write:$n dcomp $command -o o.dcm > out 2> err; do
        grep -q '^dcomp: cannot' err && [ "$(wc -l < err)" = 1 ] && [ ! -s out ] ||
            { echo "write:$n $command"; cat err; }
        rm -f out err
        only
        n=$((n + 1))
        [ $n -lt 30 ]
    done
    [ $n -gt 2 ]
    dcomp verify o.dcm
    rm o.dcm out err
done
