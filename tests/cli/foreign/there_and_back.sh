# SPDX-License-Identifier: MIT
# Any stage goes out and comes back in with the same weights.
. "$CLI/lib.sh"
cp "$FIX/dense.dcm" 0.dcm
dcomp prune 0.dcm -o 1.dcm --density 0.4 --no-remove-dead -q > /dev/null
dcomp quantize 1.dcm -o 2.dcm --bits 4 -q > /dev/null
dcomp encode 2.dcm -o 3.dcm -q > /dev/null
for name in 0 1 2 3; do
    dcomp export "$name.dcm" -o $name.safetensors
    dcomp import $name.safetensors --arch "$FIX/tiny.json" -o again.dcm -f
    dcomp diff $name.dcm again.dcm | awk 'NR > 3 && NF >= 7 && $6 + $7 != 0'
done
# Dead neurons are gone: the architecture it was made from does not fit, its own does.
dcomp export "$FIX/small.dcm" -o small.safetensors > /dev/null
dcomp export "$FIX/small.dcm" -o small.json > /dev/null
code 2 dcomp import small.safetensors --arch "$FIX/tiny.json" -o no.dcm
dcomp import small.safetensors --arch small.json -o small.dcm > /dev/null
dcomp diff "$FIX/small.dcm" small.dcm | awk 'NR > 3 && NF >= 7 && $6 + $7 != 0'
dcomp export again.dcm -o again.onnx
dcomp inspect again.dcm -v | sed -n '/^made by/p'
dcomp verify again.dcm
