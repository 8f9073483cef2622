# SPDX-License-Identifier: MIT
# Text files as other systems save them: a byte order mark is passed over, UTF-16 is named.
. "$CLI/lib.sh"
M=$FIX/colour.dcm
cp "$SRC/tests/pictures/fixtures/rgb.png" .
marked() {
    printf '\357\273\277'
    cat
}
utf16() {
    printf '\377\376'
    sed 's/./&\n/g' | tr '\n' '\000'
}
echo 'rgb.png n02' | marked > labels.txt
dcomp eval "$M" --data images:. --per-class -q | grep shark
echo 'rgb.png 2' | utf16 > labels.txt
says 6 "'./labels.txt' is UTF-16 text; save it as UTF-8" dcomp eval "$M" --data images:.
printf 'rgb.png 1\nrgb.png 2\0\n' > labels.txt
says 3 "line 2 of './labels.txt' has a byte of 0" dcomp eval "$M" --data images:.
printf '%s 1\n' "$PWD/rgb.png" > labels.txt
says 2 "/rgb.png' begins at the root, but files are named from '.' on" \
    dcomp eval "$M" --data images:.
printf 'rgb.png shark\n' > labels.txt
says 3 "'shark' is no number of a class, and the model has no names" \
    dcomp eval "$FIX/dense.dcm" --data images:.
# Recipes, architectures, class names.
marked < "$FIX/tiny.json" > tiny.json
dcomp train tiny.json -o tiny.dcm --data digits:60 --epochs 0 -q > out
echo '{"stages": [{"stage": "quantize", "bits": 4}]}' | marked > r.json
dcomp compress "$FIX/dense.dcm" -o o.dcm --recipe r.json -q > out
utf16 < r.json > wide.json
says 6 "'wide.json' is UTF-16 text" dcomp compress "$FIX/dense.dcm" -o o2.dcm --recipe wide.json
says 6 "'wide.json' is UTF-16 text" dcomp train wide.json -o o2.dcm --data digits:60
dcomp export "$FIX/dense.dcm" -o dense.safetensors -q > out
printf '%s\n' zero one two three four five six seven eight nine | marked > names.txt
dcomp import dense.safetensors --arch tiny.json --class-names names.txt -o named.dcm -q > out
dcomp eval named.dcm --data digits:60 --per-class -q | grep -o '0  zero'
utf16 < names.txt > wide.txt
says 6 "'wide.txt' is UTF-16 text" \
    dcomp import dense.safetensors --arch tiny.json --class-names wide.txt -o o2.dcm
