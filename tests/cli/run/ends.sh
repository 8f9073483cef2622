# SPDX-License-Identifier: MIT
# Probabilities are those of the network's end; what no class can be told from is numbers.
. "$CLI/lib.sh"
make() { python3 "$CLI/run/make_input.py" "$@"; }
make npy x.npy '<f4' 1x4 0.5 -1 2 0.25
make npy train.npy '<f4' 24x4 0.5 -1 2
make npy y.npy '<i8' 24 0
# net NAME OUTPUTS LAYERS: weights are drawn by the same seed.
net() {
    echo "{\"name\": \"$1\", \"input\": {\"shape\": [4]}, \"layers\": [
 {\"name\": \"fc\", \"op\": \"linear\", \"n_outputs\": $2}$3]}" > "$1.json"
    dcomp train "$1.json" --data npy:train.npy,y.npy --epochs 0 -o "$1.dcm" -q > talk
}
net scores 3 ''
net softmax 3 ', {"name": "s", "op": "softmax"}'
net logs 3 ', {"name": "s", "op": "log_softmax"}'
net sigmoid 3 ', {"name": "s", "op": "sigmoid"}'
net one_sigmoid 1 ', {"name": "s", "op": "sigmoid"}'
for name in scores softmax logs sigmoid one_sigmoid; do
    dcomp run $name.dcm x.npy --format csv > $name.csv
done
python3 - <<'END'
import csv, math, subprocess
def rows(name):
    return {r["class"]: float(r["probability"]) for r in csv.DictReader(open(name + ".csv"))}
def numbers(name):
    out = subprocess.run(["dcomp", "run", name + ".dcm", "x.npy", "--numbers", "--format", "csv"],
                         capture_output=True, text=True, check=True).stdout
    return [float(r["value"]) for r in csv.DictReader(out.splitlines())]
def near(a, b):
    return abs(a - b) < 1e-5
scores = numbers("scores")
total = sum(math.exp(s) for s in scores)
for name in "scores", "softmax", "logs":
    for c, p in rows(name).items():
        assert near(p, math.exp(scores[int(c)]) / total), (name, c, p)
for c, p in rows("sigmoid").items():
    assert near(p, 1 / (1 + math.exp(-scores[int(c)]))), (c, p)
one = rows("one_sigmoid")
assert near(one["1"], numbers("one_sigmoid")[0]) and near(one["0"] + one["1"], 1), one
END
