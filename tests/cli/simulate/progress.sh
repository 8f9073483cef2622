# SPDX-License-Identifier: MIT
# What takes long says from its beginning how far it is: by products, not by samples.
. "$CLI/lib.sh"
shares() {
    sed -n 's/.* \([0-9][0-9]*\)%.*/\1/p' err > shares
    sort -n shares | cmp - shares
    [ "$(sed -n 1p shares)" = 0 ]
    [ "$(sed -n '$p' shares)" -gt 90 ]
}
small="simulate $FIX/small.dcm --code-bits 5 --progress always"
dcomp $small --data digits:600 --limit 6 -j1 > out 2> err
grep -q '^simulate  *[0-9]*%.* \(conv1\|fc[12]\)$' err
shares
dcomp simulate --layer 2048x2048 --density 0.2 --pes 1 --progress always > out 2> err
grep -q '^simulate  *[0-9]*%.* 2048x2048$' err
[ "$(wc -l < err)" -ge 3 ] # of a single product
shares
dcomp $small --sweep pes=1..4 > out 2> err
grep -q '^sweep  pes=2  simulate ' err
shares
dcomp eval "$FIX/small.dcm" --engine fixed16 --data digits:600 --progress always > out 2> err
grep -q '^evaluate  *[0-9]*%.* \(conv1\|fc[12]\)$' err
shares
