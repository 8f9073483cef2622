# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
dcomp quantize "$FIX/dense.dcm" -o small.dcm --bits 3 -q > /dev/null
dcomp export small.dcm -o m.safetensors --json > out
has out output name input.shape file_bytes n_nodes n_values
dcomp export small.dcm -o m.onnx --json > out
has out output file_bytes
dcomp import m.safetensors --arch "$FIX/tiny.json" -o m.dcm --json > out
has out output format name input.shape input.mean n_nodes n_classes n_values n_weights n_nonzero \
    reference_bytes file_bytes ratio ledger layers[].name
# Small layers are stored as small ones.
[ "$(wc -c < m.dcm)" -lt $(($(wc -c < m.safetensors) / 4)) ] || ls -l
