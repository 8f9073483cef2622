# SPDX-License-Identifier: MIT
# What has no samples is not judged: there is no accuracy of nothing, for any kind of data.
. "$CLI/lib.sh"
M=$SRC/models/lenet-300-100.dcm
if dcomp eval "$M" --data speech:. 2>&1 | grep -q 'built without'; then
    exit 0 # no libsndfile or no KISS FFT here
fi
cat > net.json <<'JSON'
{"name": "words", "layers": [
 {"name": "last", "op": "last"},
 {"name": "fc", "op": "linear", "n_outputs": 2}],
 "input": {"shape": [8, 4], "sound": {"lowest": 100, "highest": 3000}}}
JSON
python3 - <<'PY'
import os, struct
def wav(path):
    data = bytes(1600)
    open(path, "wb").write(b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " +
                           struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) + b"data" +
                           struct.pack("<I", len(data)) + data)
for folder in "flat", "set", "set/yes", "set/no":
    os.mkdir(folder)
for i in range(5, 30):
    for word in "no", "yes":
        wav(f"flat/{word}_me_{i}.wav")
        wav(f"set/{word}/{i}.wav")
PY
dcomp train net.json --data speech:set --epochs 1 -o m.bin -q > talk
says 2 "'speech:flat (test, 0 samples)' has no samples" dcomp eval m.bin --data speech:flat
says 2 "has no samples" dcomp eval m.bin --data speech:flat --against m.bin
says 2 "has no samples" dcomp compress m.bin --data speech:flat --max-drop 0 -o c.dcm
says 2 "has no samples" dcomp simulate m.bin --requantize --data speech:flat
: > set/testing_list.txt
says 2 "has no samples" dcomp eval m.bin --data speech:set

# A line of a list that names no file would leave samples out; it is named.
for list in testing_list.txt validation_list.txt; do
    printf 'yes/5.wav\n' > set/testing_list.txt
    printf '\357\273\277no/7.wav \r\n\nyes\\6.wav\n' > set/$list
    says 4 "no file 'set/yes\\6.wav', which line 3 of $list names" \
        dcomp eval m.bin --data speech:set
    printf 'no/7.wav\n./yes/8.wav\n' > set/$list
    says 2 "line 2 of 'set/$list': './yes/8.wav' is no sound of a word" \
        dcomp eval m.bin --data speech:set
    printf 'no/7.wav\nyes/8.wav\n' > set/$list
    dcomp eval m.bin --data speech:set -q > talk
done
says 2 "is the input itself" \
    dcomp eval m.bin --data speech:set --dump-output set/testing_list.txt -f
