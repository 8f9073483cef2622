# SPDX-License-Identifier: MIT
# What an import takes for pruned or shared is said, can be said otherwise, and goes out and comes
# back in; a layer that was never trained stays free to learn.
. "$CLI/lib.sh"
cp "$FIX/tiny.json" .
dcomp export "$FIX/dense.dcm" -o dense.safetensors -q > /dev/null
# change NAME RULE: dense.safetensors with another fc1 or fc2; i counts the values, v is one.
change() {
    python3 - "$@" <<'END'
import json, struct, sys
data = open("dense.safetensors", "rb").read()
n = struct.unpack("<Q", data[:8])[0]
header, body = json.loads(data[8:8 + n]), bytearray(data[8 + n:])
header.pop("__metadata__")
for rule in sys.argv[2:]:
    name, rule = rule.split("=", 1)
    begin, end = header[name]["data_offsets"]
    values = struct.unpack(f"<{(end - begin) // 4}f", body[begin:end])
    values = [eval(rule) for i, v in enumerate(values)]
    body[begin:end] = struct.pack(f"<{len(values)}f", *values)
text = json.dumps(header).encode()
open(sys.argv[1] + ".safetensors", "wb").write(struct.pack("<Q", len(text)) + text + body)
END
}
marks() {
    name=$1
    shift
    echo "-- $name${*:+ $*}"
    dcomp import "$name.safetensors" --arch tiny.json -o "$name.dcm" -f "$@" |
        sed -n '/taken as/p'
}
top1() {
    dcomp retrain "$1.dcm" -o "$1.trained.dcm" -f --data digits:600 --epochs 3 --lr 0.02 \
        --batch 16 -q -j1 > /dev/null
    dcomp eval "$1.trained.dcm" --data digits:600 --json -q -j1 |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["top1"] > 50)'
}

echo "== layers as they are before training"
change zero 'fc2.weight=0.0'
change signs 'fc2.weight=0.1 if i * 7 % 5 < 2 else -0.1'
change unit 'fc2.weight=float(i % 25 == 0)'
for name in zero signs unit; do
    marks $name
    top1 $name
done
marks zero --keep-zeros always
top1 zero
marks signs --keep-shared always

echo "== zeros"
change many 'fc1.weight=0.0 if i * 7919 % 100 < 62 else v'
change few 'fc1.weight=0.0 if i * 7919 % 100 < 20 else v'
marks many
marks many --keep-zeros never
marks few
marks few --keep-zeros always
dcomp import few.safetensors --arch tiny.json -o few.json.dcm --json --keep-zeros always > out
has out marks[].name marks[].is_pruned marks[].is_shared marks[].zero_share
dcomp inspect few.dcm -v | sed -n '/^made by/p'

# zeros MODEL: the share of fc1's weights that are 0.
zeros() {
    dcomp export "$1" -o zeros.safetensors -f -q > /dev/null
    dcomp import zeros.safetensors --arch tiny.json -o zeros.dcm -f --keep-zeros always |
        sed -n 's/^fc1.weight  \([0-9.]*\) % zeros.*/\1/p'
}
echo "== they stay on every way"
dcomp quantize few.dcm -o a.dcm -f --bits 4 -q > /dev/null
zeros a.dcm
dcomp retrain a.dcm -o b.dcm -f --data digits:300 --epochs 1 --lr 0.02 -q -j1 > /dev/null
zeros b.dcm
marks few
dcomp quantize few.dcm -o a.dcm -f --bits 4 -q > /dev/null
zeros a.dcm

echo "== out and in again"
dcomp prune "$FIX/dense.dcm" -o p.dcm --density 'fc1=0.8,*=1' --no-remove-dead -q > /dev/null
dcomp quantize p.dcm -o p4.dcm --bits 'fc1=4' --bias-bits 2 -q > /dev/null
for name in p p4; do
    dcomp export $name.dcm -o $name.safetensors -q > /dev/null
    marks $name
    dcomp export $name.dcm -o $name.onnx -q > /dev/null
    dcomp import $name.onnx -o again.dcm -f | sed -n '/taken as/p'
    dcomp retrain again.dcm -o b.dcm -f --data digits:300 --epochs 1 --lr 0.02 -q -j1 > /dev/null
    zeros b.dcm
done
marks p4 --keep-zeros never --keep-shared never
# A file that says that nothing is pruned is believed.
dcomp import many.safetensors --arch tiny.json -o free.dcm --keep-zeros never -q > /dev/null
dcomp export free.dcm -o free.onnx -q > /dev/null
dcomp import free.onnx -o free.dcm -f | sed -n '/taken as/p'

echo "== words that are not right"
says 2 "auto|always|never" dcomp import p.onnx -o n.dcm --keep-zeros sometimes
sed 's/{\\"pruned\\":\[/{\\"pruned\\":7,"/' p.safetensors > bad.safetensors
code 3 dcomp import bad.safetensors --arch tiny.json -o n.dcm
sed 's/\\"fc1.weight\\"/\\"fc9.weight\\"/' p.safetensors > other.safetensors
dcomp import other.safetensors --arch tiny.json -o n.dcm 2>&1 | sed -n '/marks/p;/taken as/p'
