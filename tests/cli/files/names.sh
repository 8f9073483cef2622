# SPDX-License-Identifier: MIT
# Where compress puts its result when nobody says: beside the model, with the ending .dcm.
cp "$FIX/dense.dcm" a.bin
cp a.bin b
cp a.bin c.dcm
cp a.bin .hidden
mkdir d.e
cp a.bin d.e/f
for name in a.bin b c.dcm .hidden d.e/f; do
    dcomp compress $name -q > log
    tail -n 1 log
done
rm log
ls -A . d.e
