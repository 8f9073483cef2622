# SPDX-License-Identifier: MIT
# Two ranks write what one does, up to rounding; of dgc that is so when nothing waits.
. "$CLI/lib.sh"
has_ranks || exit 0
data="--data digits:300 -j1 --batch 20 --lr 0.02 --epochs 2 -q"
dcomp train "$FIX/tiny.json" $data -o one.dcm > talk
ranks 2 dcomp train "$FIX/tiny.json" $data -o dense.dcm --exchange dense --json > dense.json
ranks 2 dcomp train "$FIX/tiny.json" $data -o dgc.dcm --exchange dgc --sparsity 0 > talk
ranks 2 dcomp retrain one.dcm $data -o coded.dcm --exchange dgc --sparsity-warmup 1 \
    --wire coded --json > coded.json
for name in dense dgc; do
    dcomp diff one.dcm $name.dcm --json > diff.json
    python3 - <<'END'
import json
for p in json.load(open("diff.json"))["parameters"]:
    assert p["max_difference"] < 1e-4, p
END
done
python3 - <<'END'
import json
dense, coded = (json.load(open(f"{name}.json"))["exchange"] for name in ("dense", "coded"))
assert dense["ranks"] == coded["ranks"] == 2, dense
assert dense["ratio"] == 1 or abs(dense["ratio"] - 1) < 0.01, dense
assert coded["ratio"] > 50 and coded["bytes_sent"] < dense["bytes_sent"], coded
assert coded["break_even"] > 0 and coded["step_seconds"] > 0, coded
END
