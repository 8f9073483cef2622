# SPDX-License-Identifier: MIT
# Load-balance-aware pruning: the same density, the sets of rows alike, and the array is busier.
. "$CLI/lib.sh"
cat > net.json <<'END'
{"name": "net", "input": {"shape": [1, 28, 28]}, "layers": [
 {"name": "flat", "op": "flatten"},
 {"name": "fc1", "op": "linear", "n_outputs": 64},
 {"name": "relu", "op": "relu"},
 {"name": "fc2", "op": "linear", "n_outputs": 10}]}
END
dcomp train net.json --data digits:600 --epochs 3 --lr 0.05 -j1 -o m.bin -q > talk
dcomp prune m.bin --density fc1=0.1 --no-remove-dead -o plain.dcm -q > talk
dcomp prune m.bin --density fc1=0.1 --balance 16 -o even.dcm -q > talk
for m in plain even; do
    dcomp quantize $m.dcm --bits fc1=4,fc2=3 -f -o q.dcm -q > talk
    dcomp simulate q.dcm --data digits:600 --limit 20 --pes 16 --json -q > $m.json
done
python3 - <<'END'
import json
def of(name):
    layers = json.load(open(name + ".json"))["layers"]
    return next(layer for layer in layers if layer["name"] == "fc1")
plain, even = of("plain"), of("even")
assert abs(plain["weight_density"] - even["weight_density"]) < 1e-4, (plain, even)
assert plain["outputs_match"] and even["outputs_match"]
assert even["load_balance"] > plain["load_balance"] + 0.05, (plain, even)
END
says 2 "0 to 65536 sets" dcomp prune m.bin --density 0.1 --balance 70000 -o bad.dcm
