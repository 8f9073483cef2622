# SPDX-License-Identifier: MIT
# With labels a file is trained to the bytes that it may have; what cannot be had is said.
. "$CLI/lib.sh"
run="dcomp compress $FIX/dense.dcm --data digits:600 --effort 0.15 -j1"
$run --max-bytes 2000 -o o.dcm --json > out 2> err
[ "$(wc -c < o.dcm)" -le 2000 ]
python3 - <<'END'
import json
r = json.load(open("out"))
assert r["is_within_bytes"] and r["file_bytes"] <= 2000 and r["after"]["top1"] > 30, r
END
$run --max-bytes 2000 -o p.dcm -q > talk
same o.dcm p.dcm
got=0
dcomp compress "$FIX/dense.dcm" --data digits:600 --effort 0.01 -j1 --max-bytes 30 -o q.dcm \
    > out 2> err || got=$?
[ $got = 1 ]
[ -s q.dcm ]
grep -q 'not met: .* bytes' err
