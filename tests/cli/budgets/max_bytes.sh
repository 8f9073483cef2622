# SPDX-License-Identifier: MIT
# Missed: exit 1, and the best file is there. Met: exit 0.
. "$CLI/lib.sh"
got=0
dcomp compress "$FIX/dense.dcm" -o a.dcm --max-bytes 100 -q > out 2> err || got=$?
echo $got
sed 's/[0-9]\{3,\} bytes are/N bytes are/' err
dcomp verify a.dcm
dcomp compress "$FIX/dense.dcm" -o b.dcm --max-bytes 2000 --json -q > out
has out is_within_bytes
[ "$(wc -c < b.dcm)" -le 2000 ]
got=0
dcomp compress "$FIX/dense.dcm" -o c.dcm --max-bytes 100 --json -q > out 2> err || got=$?
echo $got
grep is_within_bytes out
