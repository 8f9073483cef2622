# SPDX-License-Identifier: MIT
# A model may come through a pipe.
. "$CLI/lib.sh"
cat "$FIX/small.dcm" | dcomp inspect - --json > a
dcomp inspect "$FIX/small.dcm" --json > b
same a b
got=0
cat "$FIX/dense.dcm" | dcomp compress - 2> err || got=$?
echo $got
cat err
