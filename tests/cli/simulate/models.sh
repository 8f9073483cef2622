# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
# The models of the tree on several arrays: every output equals the reference.
for pes in 1 3 16 64 256; do
    dcomp simulate "$SRC/models/lenet-300-100.dcm" --pes $pes --data digits:60 --limit 5 -q |
        grep '^outputs'
    dcomp simulate "$SRC/models/lenet-5.dcm" --code-bits 5 --pes $pes -q | grep '^outputs'
done
# The nine layers: six within a tenth of the paper's time, whatever the seed; NT-LSTM's matrix is
# worse balanced than a random one.
dcomp simulate --benchmark --seed 7 --json -q > b.json
cat > check.py <<'END'
import json
paper = {"Alex-6": 30.3, "Alex-7": 12.2, "VGG-7": 8.7, "VGG-8": 8.4, "NT-We": 8.0, "NT-Wd": 13.9,
         "NT-LSTM": 7.5}
result = json.load(open("b.json"))
assert result["outputs_match"]
log = 1
for layer in result["layers"]:
    if layer["name"] in paper:
        ratio = layer["time_us"] / paper[layer["name"]]
        least = 0.88 if layer["name"] == "NT-LSTM" else 0.9
        assert least <= ratio <= 1.1, layer["name"]
        log *= ratio
    if layer["name"] == "NT-We":
        assert 0.6 <= layer["load_balance"] <= 0.7
assert 0.95 <= log ** (1 / 7) <= 1.05
END
python3 check.py
