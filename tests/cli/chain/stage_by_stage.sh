# SPDX-License-Identifier: MIT
# train, prune, retrain, quantize, retrain, encode, decode, eval, verify, diff.
. "$CLI/lib.sh"
D="--data digits:600 -j1"
dcomp train "$FIX/tiny.json" $D -o 1.dcm --epochs 3 --lr 0.05 2> /dev/null
dcomp prune 1.dcm -o 2.dcm --density 'conv1=0.6,*=0.3' 2> /dev/null
dcomp retrain 2.dcm $D -o 3.dcm --epochs 2 --lr 0.01 2> /dev/null
dcomp quantize 3.dcm -o 4.dcm --bits 'conv*=5,*=4' 2> /dev/null
dcomp retrain 4.dcm $D -o 5.dcm --epochs 1 2> /dev/null
dcomp encode 5.dcm -o 6.dcm
dcomp decode 6.dcm -o 7.dcm
dcomp eval 6.dcm $D --dump-output y6.npy
dcomp eval 7.dcm $D --dump-output y7.npy
dcomp eval 5.dcm $D --dump-output y5.npy
same y6.npy y7.npy
same y6.npy y5.npy
for n in 1 2 3 4 5 6 7; do
    dcomp verify $n.dcm
done
dcomp inspect 6.dcm | grep '^made by'
# Masks and shared values live through retraining.
python3 - <<'END'
import json, subprocess
def layers(file):
    text = subprocess.run(["dcomp", "inspect", file, "--json"], capture_output=True).stdout
    return json.loads(text)["layers"]
for a, b in ((2, 3), (4, 5)):
    for before, after in zip(layers(f"{a}.dcm"), layers(f"{b}.dcm")):
        assert after["nonzero"] <= before["nonzero"], (before, after)
for layer, most in zip(layers("6.dcm"), (32, 16, 16)):
    assert layer["codebook"] <= most, layer
END
size() { wc -c < $1.dcm; }
[ $(size 6) -lt $(size 3) ] && [ $(size 3) -lt $(size 1) ] && [ $(size 6) -lt $(size 7) ]
