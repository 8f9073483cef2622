# SPDX-License-Identifier: MIT
# Results that cannot be written are a failure.
for words in --help --version "train --help" "inspect $FIX/dense.dcm" \
    "inspect $FIX/dense.dcm --json" "verify $FIX/dense.dcm" \
    "eval $FIX/dense.dcm --data digits:60 -j1"; do
    got=0
    dcomp $words > /dev/full || got=$?
    echo $got
    got=0
    dcomp $words >&- || got=$?
    echo $got
done
