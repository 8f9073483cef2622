# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
# A compressed file on several arrays: outputs equal the reference, the accuracy is that of eval in
# the same arithmetic, and any -j prints the same.
for pes in 1 3 64; do
    dcomp simulate "$FIX/small.dcm" --code-bits 5 --pes $pes --data digits:600 --limit 40 -j1 -q > a
    grep -q '^outputs equal the fixed-point reference' a
    grep -q 'pool1 (max_pool)' a
    dcomp simulate "$FIX/small.dcm" --code-bits 5 --pes $pes --data digits:600 --limit 40 -j2 -q > b
    same a b
    grep '^top-1' a | cut -d' ' -f2 > top1.$pes
done
same top1.1 top1.64
dcomp eval "$FIX/small.dcm" --data digits:600 --limit 40 --engine fixed16 -j1 -q > eval
grep '^top-1' eval | cut -d' ' -f2 > top1.eval
same top1.1 top1.eval
dcomp simulate "$FIX/small.dcm" --requantize -q | grep -c '^outputs equal'
dcomp simulate --layer 512x256 --density 1 --act-density 1 -v
# A sweep reads the model once, from anywhere; what does not fit is named.
dcomp simulate "$FIX/small.dcm" --code-bits 5 --sweep pes=1,2 --format csv > file.csv
dcomp simulate - --code-bits 5 --sweep pes=1,2 --format csv < "$FIX/small.dcm" > piped.csv
cmp file.csv piped.csv
dcomp simulate "$FIX/small.dcm" --code-bits 5 --pes 1 --sweep spmat-bytes=1,64K > text
[ "$(grep -c "^spmat_bytes=1: '.*' does not fit: Spmat need" text)" -gt 0 ]
[ "$(grep -c "^spmat_bytes=64K: " text)" = 0 ]
