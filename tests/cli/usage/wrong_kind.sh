# SPDX-License-Identifier: MIT
# A file of another kind than the one that is asked for: what it is, and what to do with it.
. "$CLI/lib.sh"
M=$FIX/dense.dcm A=$FIX/tiny.json
dcomp export "$M" -o n.onnx > log
dcomp export "$M" -o n.safetensors > log
for model in "$M" "$FIX/small.dcm"; do
    says 3 "is a model file and not an architecture (ARCH.json): 'dcomp retrain' trains it" \
        dcomp train "$model" --data digits:60 -o o.dcm
    says 3 "is a model file and not a recipe (R.json): the model to compress comes first" \
        dcomp compress "$M" -o o.dcm --recipe "$model"
    says 3 "is a model file and not an architecture (ARCH.json): 'dcomp export" \
        dcomp import n.safetensors --arch "$model" -o o.dcm
    says 6 "is a model file already" dcomp import "$model" -o o.dcm
done
for format in onnx safetensors; do
    says 3 "and not an architecture (ARCH.json): 'dcomp import' makes a model of it" \
        dcomp train n.$format --data digits:60 -o o.dcm
    says 3 "and not a recipe (R.json): 'dcomp import' makes" \
        dcomp compress "$M" -o o.dcm --recipe n.$format
    says 3 "not a .dcm model ('dcomp import' takes" dcomp eval n.$format --data digits:60
done
for command in "eval $A --data digits:60" "compress $A -o o.dcm" "inspect $A" \
    "decode $A -o o.dcm"; do
    says 3 "not a .dcm model but JSON ('dcomp train' makes a model of an architecture)" \
        dcomp $command
done

# What other programs write and cannot be imported.
foreign() {
    printf "$1" > f
    says 6 "$2" dcomp import f -o o.dcm
    rm f
}
foreign 'PK\003\004...' \
    "is an archive of PyTorch or Keras, which cannot be imported: export it to ONNX first"
foreign '\200\002}q\000' "is a Python pickle, which cannot be imported: export it to ONNX first"
foreign '\200\002\212\012l\374\234F\371 ' "is a Python pickle" # PyTorch's, of old
foreign '\200\004\225\012\000\000\000\000\000\000\000}' "is a Python pickle"
foreign '\200\002\000\000\001' "is in none of the formats"
foreign '\211HDF\r\n' "is HDF5, which cannot be imported: export it to ONNX first (tf2onnx)"
foreign '\034\000\000\000TFL3' "is of TensorFlow Lite, which cannot be imported"
foreign 'PK' "is in none of the formats that can be imported"
foreign '' "is in none of the formats that can be imported"
only log n.onnx n.safetensors
