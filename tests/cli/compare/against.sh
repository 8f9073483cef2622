# SPDX-License-Identifier: MIT
# How near a small file is to the network that it was made of, with bounds.
. "$CLI/lib.sh"
D="--data digits:200 -j1 --cpu ref --backend ref"
dcomp eval "$FIX/shared.dcm" $D --against "$FIX/dense.dcm" --json > out
has out top1_low top1_high loss_low loss_high against.model against.divergence \
    against.divergence_low against.divergence_high against.agreement against.agreement_low \
    against.agreement_high against.top1_gain against.top1_gain_low against.top1_gain_high \
    against.loss_rise against.loss_rise_low against.loss_rise_high
dcomp eval "$FIX/dense.dcm" $D --json > dense
python3 - <<'END_OF_CHECK'
import json
small, dense = json.load(open("out")), json.load(open("dense"))
c = small["against"]
assert abs(c["top1_gain"] - (small["top1"] - dense["top1"])) < 1e-6, (small, dense)
assert abs(c["loss_rise"] - (small["loss"] - dense["loss"])) < 1e-5, (small, dense)
for at, key in (small, "top1"), (small, "loss"), *((c, k) for k in ("divergence", "agreement")):
    assert at[key + "_low"] <= at[key] <= at[key + "_high"], (key, at)
assert "against" not in dense
END_OF_CHECK
cp "$FIX/dense.dcm" m.dcm
dcomp eval m.dcm $D --against m.dcm | tail -3
sed 's/"fc2", "op": "linear", "n_outputs": 10/"head", "op": "linear", "n_outputs": 12/' \
    "$FIX/tiny.json" > head.json
dcomp train head.json -o head.dcm --data digits:60 --epochs 0 -q > log
says 2 "the reference has other inputs or outputs" \
    dcomp eval m.dcm $D --against head.dcm
says 4 "missing.bin" dcomp eval "$FIX/dense.dcm" $D --against missing.bin
# The pictures that compress holds out are judged alone, in their order.
python3 - <<'END_OF_DATA'
import struct
header = "{'descr': '|u1', 'fortran_order': False, 'shape': (60, 28, 28), }".ljust(117) + "\n"
rows = bytes((i * 7 + j * (i % 5)) % 256 for i in range(60) for j in range(784))
with open("x.npy", "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + rows)
END_OF_DATA
dcomp compress "$FIX/dense.dcm" --data npy:x.npy --teacher self --test 20 --effort 0.01 -o c.dcm \
    -j1 --cpu ref --backend ref -q --json > c || [ $? = 1 ]
dcomp eval c.dcm --data npy:x.npy --test 20 --against "$FIX/dense.dcm" -j1 --cpu ref \
    --backend ref --json > e
python3 - <<'END_OF_CHECK'
import json
c, e = json.load(open("c"))["after"], json.load(open("e"))
against = json.load(open("c"))["against"]
assert e["n_samples"] == c["n_samples"] == 20 and c["top1"] == e["against"]["agreement"], (c, e)
assert against["divergence"] == e["against"]["divergence"], (against, e)
assert against["top1_gain"] is None and e["against"]["loss_rise"] is None, (against, e)
END_OF_CHECK
says 2 "'test' of 61 samples: there are 60" dcomp eval c.dcm --data npy:x.npy --test 61
says 2 "'test' is for data without" dcomp eval "$FIX/dense.dcm" --data digits:60 --test 10
