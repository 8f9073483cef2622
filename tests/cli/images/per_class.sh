# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
P=$SRC/tests/pictures/fixtures
cp "$P/rgb.png" "$P/grey.png" "$P/palette.png" .
printf '%s\n' 'rgb.png 6' 'grey.png 7' 'palette.png 6' 'rgb.png 1' > labels.txt
dcomp eval "$FIX/colour.dcm" --data images:. --per-class -q
dcomp eval "$FIX/colour.dcm" --data images:. --per-class -q --json > out
has out per_class[].class per_class[].name per_class[].n_samples per_class[].top1 per_class[].top5 \
    input.shape input.channels input.mean input.scale input.resize input.resize_size input.filter
dcomp eval "$FIX/dense.dcm" --data digits:60 --per-class -q | head -n 3
