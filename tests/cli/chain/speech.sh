# SPDX-License-Identifier: MIT
# Sounds from files to the small file: tones that rise or fall, of any rate, that words are told by.
. "$CLI/lib.sh"
if dcomp eval "$SRC/models/lenet-5.dcm" --data speech:. 2>&1 | grep -q 'built without'; then
    exit 0 # no libsndfile or no KISS FFT here
fi
python3 - <<'END'
import math
import os
import random
import struct
random.seed(5)

def wav(path, samples, rate, n_channels=1, n_bits=16):
    if n_bits == 8:
        data = bytes(int(128 + 127 * s) for s in samples for _ in range(n_channels))
    else:
        data = b"".join(struct.pack("<h", int(32767 * s)) * n_channels for s in samples)
    width = n_channels * n_bits // 8
    with open(path, "wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " +
                   struct.pack("<IHHIIHH", 16, 1, n_channels, rate, rate * width, width, n_bits) +
                   b"data" + struct.pack("<I", len(data)) + data)

os.mkdir("set")
for index in range(24):
    for word in "down", "up":
        rate = random.choice([8000, 11025, 16000])
        n = int(rate * random.uniform(0.15, 0.3))
        low, high = random.uniform(300, 500), random.uniform(900, 1200)
        begin, end = (low, high) if word == "up" else (high, low)
        phase, samples = 0.0, []
        for i in range(n):
            phase += 2 * math.pi * (begin + (end - begin) * i / n) / rate
            samples.append(0.4 * math.sin(phase) + random.gauss(0, 0.01))
        wav(f"set/{word}_made_{index}.wav", samples, rate, 1 + index % 2, 8 if index % 3 else 16)
END
cat > net.json <<'END'
{"name": "tones", "layers": [
 {"name": "gates", "op": "linear", "n_outputs": 48, "axis": 1},
 {"name": "gru", "op": "gru"},
 {"name": "last", "op": "last"},
 {"name": "fc", "op": "linear", "n_outputs": 2}],
 "input": {"shape": [32, 16], "mean": -18, "scale": 0.25,
           "sound": {"lowest": 100, "highest": 3000}}}
END
D=speech:set
train="--optimizer adam --batch 8 -j1 -q"
dcomp train net.json --data $D --epochs 40 --lr 0.02 $train -o m.bin > talk
dcomp eval m.bin --data $D --json -q --min-top1 90 > out
python3 - <<'END'
import json
r = json.load(open("out"))
assert r["n_samples"] == 10, r
sound = r["input"]["sound"]
assert sound == {"window": 25, "hop": 10, "lowest": 100, "highest": 3000}, sound
END
dcomp prune m.bin --density 0.4 -o p.dcm -q > talk
dcomp retrain p.dcm --data $D --epochs 15 --lr 0.01 $train -o r.dcm > talk
dcomp quantize r.dcm --bits 4 -o q.dcm -q > talk
dcomp eval q.dcm --data $D --json -q --min-top1 80 > out
dcomp simulate q.dcm --data $D --limit 4 --json -q > out
python3 -c "import json; assert json.load(open('out'))['outputs_match']"
# A damaged file is left out and named, or refused.
head -c 300 set/up_made_1.wav > cut
cp cut set/up_made_1.wav
dcomp eval q.dcm --data $D --json > out 2> err
grep -q "left out: 'set/up_made_1.wav' is cut" err
python3 -c "import json; assert json.load(open('out'))['n_skipped'] == 1"
says 3 'is cut' dcomp eval q.dcm --data $D --strict
says 2 'and no sounds' dcomp eval "$SRC/models/lenet-5.dcm" --data $D
mkdir none
says 2 'no sounds' dcomp eval q.dcm --data speech:none
