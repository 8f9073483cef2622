# SPDX-License-Identifier: MIT
# How pictures are prepared: the architecture's word, a preset, single settings on top of it.
. "$CLI/lib.sh"
cat > net.json <<'END'
{"name": "net", "input": {"shape": [3, 4, 4], "mean": 7, "resize": "warp", "resize_size": 9},
 "layers": [{"name": "c", "op": "conv", "n_outputs": 1, "kernel": 4}]}
END
cat > grey.json <<'END'
{"name": "grey", "input": {"shape": [1, 4, 4]},
 "layers": [{"name": "c", "op": "conv", "n_outputs": 1, "kernel": 4}]}
END
# Zeros that fit: a header and 3 x 16 (or 16) weights and a bias.
make() {
    header="{\"c.weight\":{\"dtype\":\"F32\",\"shape\":[1,$2,4,4],\"data_offsets\":[0,$3]}"
    header="$header,\"c.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[$3,$(($3 + 4))]}}"
    printf "\\$(printf %o ${#header})\0\0\0\0\0\0\0%s" "$header" > "$1"
    head -c $(($3 + 4)) /dev/zero >> "$1"
}
make net.safetensors 3 192
make grey.safetensors 1 64
line() {
    dcomp import net.safetensors --arch net.json -o o.dcm -f "$@" | grep '^input'
}
line
line --input caffe
line --input torchvision
line --input torchvision --mean 1,2,3 --scale 0.5
line --input caffe --resize none
line --channels bgr --filter bilinear --resize short_side --resize-size 32 --scale 1,2,-3e-1
dcomp import grey.safetensors --arch grey.json -o o.dcm -f --mean 33.5 --resize warp | grep ^input
refuse() {
    says 2 "$1" dcomp import net.safetensors --arch net.json -o n.dcm "$2" "$3"
}
refuse "'--mean' has 2 numbers, the input 3 channels" --mean 1,2
refuse "'--mean' has 5 numbers" --mean 1,2,3,4,5
for text in '' a 1, ,1 1,,2 '1, 2,3' nan inf 0x10 1e99 1x; do
    refuse "'--mean' takes numbers" --mean "$text"
done
refuse "grey channels do not fit an input of 3x4x4" --channels grey
refuse "pictures of 3 pixels are too small" --resize-size 3
refuse "'--resize-size' must be 1" --resize-size 0
refuse "is one of caffe|torchvision" --input keras
says 2 "'--resize-size' needs '--resize'" \
    dcomp import net.safetensors --arch net.json -o n.dcm --resize none --resize-size 9
says 2 "pictures of 3 channels" \
    dcomp import grey.safetensors --arch grey.json -o n.dcm --input caffe
only net.json grey.json net.safetensors grey.safetensors o.dcm
