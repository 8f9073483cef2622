# SPDX-License-Identifier: MIT
# bench: the layout of its tables, with one thread and with all; figures are blanked.
. "$CLI/lib.sh"
dcomp eval "$FIX/small.dcm" --data digits:60 --engine packed > out 2> err || {
    grep -q "no sparse products" err && cat "$SRC/tests/cli/numbers/bench.out" && exit 0
}
blank() { # figures, and how wide they are
    sed -E 's/[0-9,]+\.[0-9]+|[0-9]{1,3}(,[0-9]{3})+/N/g; s/-{2,}/--/g; s/ +/ /g'
}
model=$SRC/models/lenet-300-100.dcm
dcomp bench "$model" --repeats 1 -j1 2> err | blank
dcomp bench "$model" --repeats 1 -j1 --batch 100 2> err | blank | head -1
OMP_NUM_THREADS=1 dcomp bench "$model" --repeats 2 -j2 --batch 3 2> err | blank | tail -10
dcomp bench "$model" --repeats 1 -j2 --json > b.json 2> err
python3 - <<'END_OF_CHECK'
import json
b = json.load(open("b.json"))
rows = b["speeds"]
assert [(r["jobs"], r["name"]) for r in rows] == [
    (jobs, name) for jobs in (1, 2) for name in ("float", "packed", "auto")], rows
for r in rows:
    assert r["one_seconds"] == r["batch_seconds"] > 0, r # a batch of one is one sample
    assert r["peak_bytes"] > b["program_bytes"] > 1e5, r
assert rows[0]["one_ratio"] == rows[3]["one_ratio"] == 1, rows
last = b["engines"][1]
assert last["seconds"] == rows[4]["batch_seconds"] and last["ratio"] == rows[4]["batch_ratio"]
END_OF_CHECK
