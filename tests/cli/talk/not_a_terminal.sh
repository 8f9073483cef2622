# SPDX-License-Identifier: MIT
# No progress, no colour and no control characters without a terminal, unless asked for.
. "$CLI/lib.sh"
dcomp eval "$FIX/dense.dcm" --data digits:60 -j1 > out
dcomp eval "$FIX/dense.dcm" --data digits:60 --limit 8 --batch 4 -j1 --progress always > out 2> err
cat err
dcomp eval "$FIX/dense.dcm" --data digits:60 -j1 --progress never > out
dcomp compress "$FIX/dense.dcm" -o a.dcm > out 2> err
NO_COLOR=1 dcomp compress "$FIX/dense.dcm" -o b.dcm > out 2> err2
cmp err err2
cat err
not grep -q "$(printf '\033')" err
