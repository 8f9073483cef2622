# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
dcomp export "$FIX/dense.dcm" -o m.safetensors > /dev/null
arch="--arch $FIX/tiny.json"
echo precious > m.bin
says 2 "'m.bin' exists (-f replaces it)" dcomp import m.safetensors $arch
says 2 "is the input itself" dcomp import m.bin $arch
rm m.bin
says 2 "has no graph: an architecture is needed (--arch)" dcomp import m.safetensors -o n.dcm
says 4 "none.json" dcomp import m.safetensors --arch none.json -o n.dcm
says 4 "none.onnx" dcomp import none.onnx -o n.dcm
says 2 "not standard input" dcomp import - -o n.dcm
says 6 "is a model file already" dcomp import "$FIX/dense.dcm" -o n.dcm
says 6 "none of the formats that can be imported" dcomp import "$FIX/tiny.json" -o n.dcm
says 2 "is the input itself" dcomp import m.safetensors $arch -o m.safetensors -f
cp "$FIX/tiny.json" a.json
says 2 "is the input itself" dcomp import m.safetensors --arch a.json -o a.json -f
cp m.safetensors cut.safetensors
truncate -s -4 cut.safetensors
says 3 "cut.safetensors: fc2.bias: it ends" dcomp import cut.safetensors $arch -o n.dcm
sed 's/"fc2", "op"/"fc3", "op"/' a.json > b.json
says 2 "no tensor for 'fc3.weight' (2 are missing, 2 left over, as 'fc2.bias')" \
    dcomp import m.safetensors --arch b.json -o n.dcm
sed 's/"n_outputs": 10/"n_outputs": 11/' a.json > b.json
says 2 "'fc2.weight' is 10x24, the network's is 11x24" \
    dcomp import m.safetensors --arch b.json -o n.dcm
head -c 4096 /dev/zero > zero.net
says 3 "'zero.net' has 4096 bytes, but its counts" dcomp import zero.net $arch -o n.dcm
says 3 "dcomp import" dcomp compress m.safetensors -o n.dcm
says 3 "dcomp import" dcomp eval m.safetensors --data digits:60

says 2 "no output file (-o)" dcomp export "$FIX/dense.dcm"
says 2 "ends as no format that can be written: ONNX (.onnx), safetensors" \
    dcomp export "$FIX/dense.dcm" -o n.pb
says 3 "m.safetensors" dcomp export m.safetensors -o n.onnx
echo precious > o.onnx
says 2 "'o.onnx' exists (-f replaces it)" dcomp export "$FIX/dense.dcm" -o o.onnx
for n in 1 2 3; do
    DCOMP_FAULT=write:$n says 4 "cannot write" dcomp export "$FIX/dense.dcm" -o n.onnx
    DCOMP_FAULT=write:$n says 4 "cannot write" dcomp import m.safetensors $arch -o n.dcm
done
grep precious o.onnx
only m.safetensors a.json b.json cut.safetensors zero.net o.onnx
