# SPDX-License-Identifier: MIT
# Pictures of another size than the model takes, and a file where a folder is wanted: what to do.
. "$CLI/lib.sh"
mkdir set
dcomp eval "$FIX/dense.dcm" --data digits:60 -j1 --dump-input set/a.png --dump-input-n 1 > out
says 2 "the model takes 28x28 (import it again with --input or --resize to have them resized; " \
    dcomp eval "$FIX/dense.dcm" --data images:set
for kind in images folder idx; do
    says 4 "'set/a.png' is no folder" dcomp eval "$FIX/dense.dcm" --data $kind:set/a.png
done
dcomp export "$FIX/colour.dcm" -o c.onnx > out
dcomp import c.onnx | grep '^input'
dcomp import c.onnx -f --mean 0 --scale 1 | grep '^input'
dcomp import c.onnx -f --mean 0 --scale 1 --resize none | grep '^input'

# The magic is where the file begins, however short it is.
mkdir idx
for name in t10k-images-idx3-ubyte train-images-idx3-ubyte; do
    printf '\0\0\011\001\0\0' > idx/$name
done
printf '\0\0\010\001\0\0\0\001\0' > idx/t10k-labels-idx1-ubyte
says 3 "not an IDX file of pictures (magic 00000901) in 'idx/t10k-images-idx3-ubyte' at byte 0" \
    dcomp eval "$FIX/dense.dcm" --data idx:idx
