# SPDX-License-Identifier: MIT
# --curve keeps the states on the way as files, says what each has, draws them, and does not mix
# them with those of another run.
. "$CLI/lib.sh"
M=$FIX/dense.dcm
D="--data digits:200 --effort 0.01 -j1"
says 2 "'--curve' is of the default chain with data" dcomp compress "$M" -o o.dcm --curve states
says 2 "'--curve' is of the default chain with data" \
    dcomp compress "$M" -o o.dcm --curve states --data digits:60 --recipe r.json
dcomp compress "$M" -o o.dcm --max-bytes 2000 --curve states --json -q $D > run.json
ls states/curve.png
for state in states/*.dcm; do
    name=$(basename "$state" .dcm)
    [ "$(wc -c < "$state")" -eq "$name" ] || echo "$state has other bytes"
    dcomp verify "$state" -q > /dev/null || echo "$state: damaged"
done
python3 - <<'END'
import glob, json
curve = json.load(open("run.json"))["curve"]
sizes = [state["bytes"] for state in curve]
assert len(sizes) == len(glob.glob("states/*.dcm")) > 2, sizes
assert sizes == sorted(sizes) and sizes[0] <= 2000, sizes
assert all(0 <= state["error"] <= 100 and state["loss"] > 0 for state in curve), curve
END
mkdir drawn
touch drawn/curve.png
says 2 "'drawn' has another curve (-f replaces it)" \
    dcomp compress "$M" -o p.dcm --max-bytes 2000 --curve drawn $D
says 2 "'states' has another curve (-f replaces it)" \
    dcomp compress "$M" -o p.dcm --max-bytes 2000 --curve states $D
[ ! -e p.dcm ] && [ ! -e p.dcm.work ] || echo "something was left"
touch states/000000001.dcm
dcomp compress "$M" -o o.dcm --max-bytes 2000 --curve states -q -f $D > /dev/null
[ ! -e states/000000001.dcm ] || echo "the old state is there"
