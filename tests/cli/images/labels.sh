# SPDX-License-Identifier: MIT
# Mistakes in labels.txt are told by line and file.
. "$CLI/lib.sh"
P=$SRC/tests/pictures/fixtures
M=$FIX/colour.dcm
cp "$P/rgb.png" "$P/grey.png" .
list() {
    printf '%s\n' "$@" > labels.txt
}
list 'rgb.png 3' 'grey.png 10'
says 2 "line 2 of './labels.txt': class 10, but the model has 10" dcomp eval "$M" --data images:.
list 'rgb.png 3' '' 'grey.png n11'
says 2 "line 3 of './labels.txt': the model has no class 'n11'" dcomp eval "$M" --data images:.
list 'rgb.png crane'
says 2 "the model has no class 'crane'" dcomp eval "$M" --data images:.
list 'rgb.png'
says 3 "line 1 of './labels.txt' is not 'file class'" dcomp eval "$M" --data images:.
list 'rgb.png 3' 'none.png 3'
says 4 "no file './none.png', which line 2 of labels.txt names" dcomp eval "$M" --data images:.
list ''
says 3 "names no pictures" dcomp eval "$M" --data images:.
list 'rgb.png n02 great white shark' 'grey.png n02' 'rgb.png 1'
dcomp eval "$M" --data images:. --per-class -q | grep shark
mkdir none
says 2 "neither labels.txt nor pictures" dcomp eval "$M" --data images:none
says 4 "nowhere" dcomp eval "$M" --data images:nowhere
