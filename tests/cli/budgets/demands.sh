# SPDX-License-Identifier: MIT
# Demands mean what they say: below 0 is a gain, 0 is 0, and what nobody demanded is null.
. "$CLI/lib.sh"
D="--data digits:2000 -j1"
dcomp train "$FIX/tiny.json" $D -o m.dcm --epochs 1 --lr 0.01 --batch 16 -q > out
echo '{"stages": [{"stage": "prune", "density": 0.01, "remove_dead": false}]}' > worse.json
echo '{"stages": [{"stage": "retrain", "epochs": 4, "lr": 0.02, "batch": 16}]}' > better.json
echo '{"stages": [{"stage": "encode"}]}' > same.json

# run WANTED RECIPE OPTION...: the exit code, and in `out` what JSON says.
run() {
    wanted=$1 recipe=$2
    shift 2
    got=0
    dcomp compress m.dcm -o o.dcm -f --recipe "$recipe" --json "$@" > out 2> err || got=$?
    [ "$got" = "$wanted" ] || { echo "wanted $wanted, got $got: $recipe $*"; cat err; exit 1; }
    [ -s o.dcm ]
    python3 - "$wanted" <<'END'
import json
import sys
r = json.load(open("out"))
missed = r["is_within_drop"] is False or r["is_within_bytes"] is False
assert missed == (sys.argv[1] == "1"), r
if r["max_drop"] is None:
    assert r["is_within_drop"] is None, r
else:
    lost = r["before"]["top1"] - r["after"]["top1"]
    assert r["is_within_drop"] == (lost <= r["max_drop"] + 1e-9), r
assert (r["is_within_bytes"] is None) == (r["max_bytes"] is None), r
END
}
run 1 worse.json $D --max-drop -0.5
run 1 worse.json $D --max-drop=-100
run 1 worse.json $D --max-drop -1
grep -q 'points of top-1 were lost, 1 must be gained (missed by' err
run 1 same.json $D --max-drop -0.5
grep -q '0.00 points of top-1 were gained, 0.5 must be gained (missed by 0.5)' err
run 1 worse.json $D --max-drop 0
grep -q 'points of top-1 were lost, 0 allowed (missed by' err
run 0 same.json $D --max-drop 0
run 0 better.json $D --max-drop -0.5
run 0 better.json $D --max-drop 0
run 1 same.json $D --max-bytes 1 --max-drop 0
run 1 same.json --max-bytes 1
run 0 same.json --max-bytes 1000000
# Nothing demanded: a recipe is what it is, and without data nothing is measured.
run 0 worse.json $D
grep -q '"is_within_drop":	null' out
run 0 worse.json
dcomp compress m.dcm -o o.dcm -f --json -q > out
grep -c 'within_.*null' out
says 2 "'--max-bytes' must be 1 or more bytes, not 0" dcomp compress m.dcm --max-bytes 0
says 2 "'--max-drop' must be -100 to 100 points, not 101" dcomp compress m.dcm $D --max-drop 101
says 2 "cannot be certified without data" dcomp compress m.dcm --max-drop -1
