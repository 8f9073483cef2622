# SPDX-License-Identifier: MIT
# Options about an ONNX graph: dims that are not fixed, one of several outputs; and its ends' names,
# which an export has again.
. "$CLI/lib.sh"
cat > make.py <<'END'
# make.py FILE DIMS: image of these dims (0: free) -> Relu -> Flatten -> scores, and Tanh -> mask
import sys


def field(number, data):
    if isinstance(data, int):
        return bytes([number << 3, data])
    data = data.encode() if isinstance(data, str) else b"".join(data)
    size = [len(data)] if len(data) < 128 else [len(data) & 127 | 128, len(data) >> 7]
    return bytes([number << 3 | 2, *size]) + data


def value(number, name, dims):
    shape = [field(1, [field(1, dim) if dim else field(2, "n")]) for dim in dims]
    kind = field(2, [field(1, [field(1, 1), field(2, shape)])])
    return field(number, [field(1, name), kind])


def node(op, x, y):
    return field(1, [field(1, x), field(2, y), field(3, y), field(4, op)])


graph = [node("Relu", "image", "act"), node("Flatten", "act", "scores"),
         node("Tanh", "image", "mask"), value(11, "image", map(int, sys.argv[2].split(","))),
         value(12, "scores", []), value(12, "mask", [])]
with open(sys.argv[1], "wb") as file:
    file.write(field(1, 8) + field(8, [field(2, 13)]) + field(7, graph))
END
python3 make.py free.onnx 0,3,0,0
python3 make.py fixed.onnx 0,3,4,4
says 6 "dim 2 of input 'image' is not fixed: --shape Nx3x?x? fixes it, with numbers for ?" \
    dcomp import free.onnx -o n.dcm
dcomp import free.onnx -o free.dcm --shape 1x3x4x5 | grep ^input
dcomp import free.onnx -o free.dcm -f --shape Nx3x4x5 | grep ^input
says 2 "dim 1 of input 'image' is 3, --shape says 4" \
    dcomp import free.onnx -o n.dcm --shape 1x4x4x5
says 2 "input 'image' has 4 dims, --shape says 3" dcomp import free.onnx -o n.dcm --shape 1x3x4
for text in '' 3 3x 1x0 1xN 1x-3 1x3x4x5x6x7 1x4294967296 '1x 3' 1,3; do
    got=$(dcomp import free.onnx -o n.dcm --shape "$text" 2>&1) && echo "taken: $text"
    case $got in
    *"'--shape' takes dims with x"* | *"--shape says"*) ;;
    *) echo "$text: $got" ;;
    esac
done

dcomp import fixed.onnx -o fixed.dcm 2>&1 | grep warning
dcomp import fixed.onnx -o mask.dcm --output-name mask --json > mask.json
has mask.json input_name output_name
grep -o '"[a-z]*_name":[^"]*"[^"]*"' mask.json
says 2 "the graph has no output 'act', it has 'scores', 'mask'" \
    dcomp import fixed.onnx -o n.dcm --output-name act

# Without -o the output is called as the file.
dcomp import fixed.onnx -q > /dev/null
cp fixed.onnx nets.v2
mkdir nets.d
cp fixed.onnx nets.d/net
dcomp import nets.v2 -q > /dev/null
dcomp import nets.d/net -q > /dev/null
ls fixed.bin nets.bin nets.d/net.bin
says 2 "'fixed.bin' exists (-f replaces it)" dcomp import fixed.onnx

# What has no weights is not compressed.
says 2 "the model has no weights to compress" dcomp compress fixed.bin -q -o n.dcm

# A compressed model is exported with the names and dims that the graph had, a stripped one is not.
for name in fixed mask; do
    dcomp encode $name.dcm -o small.dcm -f -q > /dev/null
    dcomp inspect small.dcm --json | grep -o '"[a-z]*_name":[^"]*"[^"]*"'
    dcomp export small.dcm -o $name.again.onnx -q > /dev/null
    dcomp import $name.again.onnx -o again.dcm -f --json -q | grep -o '"[a-z]*_name":[^"]*"[^"]*"'
done
dcomp encode mask.dcm -o small.dcm -f -q --strip > /dev/null
dcomp inspect small.dcm --json | grep -o '"[a-z]*_name":[^"]*"[^"]*"'

dcomp export "$FIX/dense.dcm" -o m.safetensors > /dev/null
says 2 "--shape and --output-name are of no use" \
    dcomp import m.safetensors --arch "$FIX/tiny.json" -o n.dcm --shape 1x1x28x28
says 2 "--shape and --output-name are of no use" \
    dcomp import m.safetensors --arch "$FIX/tiny.json" -o n.dcm --output-name fc2
