# SPDX-License-Identifier: MIT
# Samples without labels: the dense model itself teaches, and agreement with it is what is measured.
. "$CLI/lib.sh"
python3 - <<'END'
import random, struct
random.seed(1)
header = "{'descr': '|u1', 'fortran_order': False, 'shape': (240, 28, 28), }"
header += " " * (63 - (10 + len(header)) % 64) + "\n"
rows = bytearray()
for i in range(240):  # bright bars in noise
    at = random.randrange(20)
    for y in range(28):
        for x in range(28):
            bar = at <= (x if i % 2 else y) < at + 6
            rows.append(min(255, random.randrange(60) + (190 if bar else 0)))
with open("x.npy", "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + rows)
END
cat > r.json <<'END'
{"name": "r", "stages": [
 {"stage": "prune", "density": 0.5},
 {"stage": "quantize", "bits": 4},
 {"stage": "retrain", "epochs": 8, "lr": 0.002, "optimizer": "adam", "batch": 16, "last": true}]}
END
sed 's/"epochs": 8/"epochs": 0/' r.json > untrained.json
says 2 "training needs labels" dcomp compress "$FIX/dense.dcm" --recipe r.json --data npy:x.npy \
    -o a.dcm -j1
says 2 "a teacher needs samples" dcomp compress "$FIX/dense.dcm" --teacher self -o a.dcm
says 2 "'--max-drop' cannot be certified" dcomp compress "$FIX/dense.dcm" --data npy:x.npy \
    --max-drop 1 -o a.dcm
says 2 "'test' of 240 leaves nothing" dcomp compress "$FIX/dense.dcm" --data npy:x.npy \
    --teacher self --test 240 -o a.dcm
rm -rf a.dcm.work
for recipe in untrained r; do
    dcomp compress "$FIX/dense.dcm" --recipe $recipe.json --data npy:x.npy --teacher self \
        --test 80 -o a.dcm -f -j1 -q --json > $recipe
    has $recipe labels before.top1 after.top1 after.n_samples
done
python3 - <<'END'
import json
untrained, trained = json.load(open("untrained")), json.load(open("r"))
for out in untrained, trained:
    assert out["labels"] == "teacher" and out["after"]["n_samples"] == 80, out
    assert out["before"]["top1"] == 100, out
before, after = untrained["after"], trained["after"]
assert after["loss"] < before["loss"] and after["top1"] >= before["top1"], (before, after)
END
# A teacher of another file; the model as it came teaches the same.
dcomp compress "$FIX/dense.dcm" --recipe r.json --data npy:x.npy --teacher "$FIX/dense.dcm" \
    --test 80 -o b.dcm -j1 > log 2> err
grep -q "agreement with the teacher on 80 test samples" log
same a.dcm b.dcm
dcomp retrain "$FIX/shared.dcm" --data npy:x.npy --teacher "$FIX/dense.dcm" -o c.dcm --epochs 1 \
    -j1 -q > log
# Without a recipe the first candidate is not pruned, so that something faithful is there.
dcomp compress "$FIX/dense.dcm" --data npy:x.npy --teacher self --effort 0.01 -o auto.dcm -j1 -q \
    --json > auto 2> log || [ $? = 1 ]
python3 -c 'import json; out = json.load(open("auto"))["after"]; assert out["top1"] >= 75, out'
# Budgets on agreement are demands like any other.
code 1 dcomp compress "$FIX/dense.dcm" --recipe r.json --data npy:x.npy --teacher self \
    --max-drop 0 --max-bytes 10 -o d.dcm -j1 -q
rm err
only a.dcm auto auto.dcm b.dcm c.dcm d.dcm log r r.json untrained untrained.json x.npy
