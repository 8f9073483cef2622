# SPDX-License-Identifier: MIT
# A terminal shows what files and names hold; it does not obey it. Escape sequences, C1 controls,
# turned text and line ends in everything that is read come out written.
. "$CLI/lib.sh"
cp "$FIX/dense.dcm" m.dcm
python3 - <<'END'
import json
import os
import struct

EVIL = "a\x1b[31mb\x1b]0;title\x07\u009b2J\u202egnp.\u2028\nforged"


def safetensors(path, names):
    header = {n: {"dtype": "F32", "shape": [1], "data_offsets": [4 * i, 4 * i + 4]}
              for i, n in enumerate(names)}
    text = json.dumps(header, ensure_ascii=False).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"\0" * 4 * len(names))


def write(name, value):
    with open(name, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False)


safetensors("t.safetensors", [EVIL])
layer = {"name": "fc", "op": "linear", "n_outputs": 2}
write("op.json", {"input": {"shape": [4]}, "layers": [{"name": "x", "op": EVIL}]})
write("key.json", {"input": {"shape": [4]}, "layers": [layer], EVIL: 1})
write("layer.json", {"input": {"shape": [4]}, "layers": [dict(layer, name="a\u009b2J")]})
write("turned.json", {"input": {"shape": [4]}, "layers": [dict(layer, name="a\u202eb")]})
write("class.json", {"input": {"shape": [4]}, "layers": [layer], "class_names": ["a", EVIL]})
write("recipe.json", {"stages": [{"stage": EVIL}]})
write("rule.json", {"stages": [{"stage": "prune", "density": {EVIL: 0.5}}]})
with open("names.txt", "w", encoding="utf-8") as file:
    file.write("".join(f"{i}\n" for i in range(9)) + "a\x1b[31m\n")
os.mkdir("d")
with open("d/labels.txt", "w", encoding="utf-8") as file:
    file.write(EVIL.replace("\n", "") + ".png 0\n")
END
evil=$(printf 'e\033[31m\302\2332J\342\200\256x')
cp m.dcm "$evil"
printf '\211PNG broken' > "d/$evil.png"

try() {
    "$@" >> all 2>&1 || true
}
for arch in op key layer turned class; do
    try dcomp train $arch.json --data digits:60 -o o.bin
    try dcomp import t.safetensors --arch $arch.json -o o.bin
done
try dcomp import t.safetensors --arch "$FIX/tiny.json" -o o.bin
try dcomp import t.safetensors --arch "$FIX/tiny.json" -o o.bin --class-names names.txt
for recipe in recipe rule; do
    try dcomp compress m.dcm -o o.dcm --recipe $recipe.json
done
for command in inspect verify "eval --data images:d" "prune --density $evil=0.5 -o p.dcm" \
    "quantize --bits 4 -o" "simulate --random" "export -o x.onnx"; do
    try dcomp $command "$evil"
    try dcomp $command "no$evil"
done
try dcomp eval m.dcm --data images:d --progress always
try dcomp "$evil"
try dcomp prune "--$evil" m.dcm
python3 - <<'END'
with open("all", "rb") as file:
    data = file.read()
text = data.decode("utf-8")
bad = [c for c in text if c != "\n" and (ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u202e\u2028")]
if bad:
    print(sorted(set(map(repr, bad))))
if "\nforged" in text:
    print("a line is forged")
if text.count("\\x1b") < 10 or "\\u009b" not in text or "\\u202e" not in text:
    print("nothing was shown")
    print(text)
END
