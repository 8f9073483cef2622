# SPDX-License-Identifier: MIT
# Sounds of files, a folder and standard input; one that is longer than the model has steps.
. "$CLI/lib.sh"
make() { python3 "$CLI/run/make_input.py" "$@"; }
cat > net.json <<'END'
{"name": "tones", "class_names": ["up", "down"],
 "input": {"shape": [32, 16], "mean": -18, "scale": 0.25,
           "sound": {"lowest": 100, "highest": 3000}},
 "layers": [
  {"name": "gates", "op": "linear", "n_outputs": 48, "axis": 1},
  {"name": "gru", "op": "gru"},
  {"name": "last", "op": "last"},
  {"name": "fc", "op": "linear", "n_outputs": 2}]}
END
mkdir set
make wav set/up_a_5.wav 0.2 500
make wav set/down_a_5.wav 0.3 900
make wav set/down_b_6.wav 0.05 900
make wav set/up_a_0.wav 0.1 700
if dcomp eval "$SRC/models/lenet-5.dcm" --data speech:set 2>&1 | grep -q 'built without'; then
    exit 0 # no libsndfile or no KISS FFT here
fi
dcomp train net.json --data speech:set -o m.bin --epochs 0 --holdout 1 -q > talk
dcomp eval m.bin --data speech:set --split train --predictions p.csv -q > talk
dcomp run m.bin set --format csv --top 2 > have.csv
python3 - <<'END'
import csv
wanted = {r["file"]: r for r in csv.DictReader(open("p.csv"))}
have = list(csv.DictReader(open("have.csv")))
assert [r["file"] for r in have[::2]] == sorted(list(wanted) + ["set/up_a_0.wav"]), have
for r in have:
    if r["file"] not in wanted:
        continue
    other = wanted[r["file"]]
    assert other["class" + r["rank"]] == r["class"], (r, other)
    assert abs(float(other["probability" + r["rank"]]) - float(r["probability"])) < 1e-5
    assert r["name"] == ["up", "down"][int(r["class"])]
END
dcomp run m.bin - < set/up_a_5.wav | tail -n +2 > have
dcomp run m.bin set/up_a_5.wav | tail -n +2 > want
same want have
make wav long.wav 2 500
dcomp run m.bin long.wav 2> err > out
grep -q '^dcomp: warning: 1 of 1 sound is longer' err
head -c 300 long.wav > cut.wav
says 3 "'cut.wav' is cut" dcomp run m.bin cut.wav
says 2 'is a picture, and the model takes 32x16: sounds' dcomp run m.bin \
    "$SRC/tests/pictures/fixtures/grey.png"
cp cut.wav set/a.wav
dcomp run m.bin set 2> err > out
grep -q "left out: 'set/a.wav' is cut" err
make npy x.npy '<f4' 2x32x16 0.5 -1
dcomp run m.bin x.npy --top 1 | grep -q '^x.npy\[1\] '
