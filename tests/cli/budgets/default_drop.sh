# SPDX-License-Identifier: MIT
# The default chain without a demand promises 0.2 points, and is held to it.
. "$CLI/lib.sh"
M=$FIX/dense.dcm
n_missed=0
for seed in 1 2 3 4 5 6; do
    got=0
    dcomp compress "$M" -o o.dcm -f --data digits:240 --data-seed $seed --effort 0.01 -j1 --json \
        > out 2> err || got=$?
    [ -s o.dcm ]
    python3 - $got <<'END'
import json
import sys
r = json.load(open("out"))
lost = r["before"]["top1"] - r["after"]["top1"]
assert r["max_drop"] == 0.2 and r["is_within_drop"] == (lost <= 0.2), r
assert sys.argv[1] == ("0" if lost <= 0.2 else "1"), (sys.argv, r)
END
    [ $got = 0 ] || { n_missed=$((n_missed + 1)); cp err missed; }
    [ "$(grep -c 'less than one sample' err)" = 1 ]
done
[ $n_missed -gt 0 ]
grep 'not met' missed
grep 'less than one sample' missed
# What is printed as allowed is what is demanded; with a byte budget alone that is nothing.
dcomp compress "$M" -o o.dcm -f --data digits:240 --effort 0.01 --max-bytes 3000 -j1 --json > out \
    2> err || [ $? = 1 ]
grep 'is_within_drop' out
grep -c 'less than one sample' err || true
grep -q '^settled: .* validation top-1' err
grep -c 'allowed' err || true
dcomp compress "$M" -o o.dcm -f --data digits:240 --effort 0.01 --max-drop 30 -j1 > out 2> err ||
    [ $? = 1 ]
grep -q '^settled: .* validation top-1 .* (at least' err
grep -c 'less than one sample' err || true
