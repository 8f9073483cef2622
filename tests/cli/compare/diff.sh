# SPDX-License-Identifier: MIT
# Layers are compared by name, or by order when names were stripped; of other networks nothing is.
. "$CLI/lib.sh"
dcomp encode "$FIX/shared.dcm" -o stripped.dcm --strip -q > out
dcomp diff "$FIX/shared.dcm" stripped.dcm > out
sed -n '3,$p' out | cut -c1-40
dcomp diff "$FIX/dense.dcm" stripped.dcm | tail -1
dcomp diff "$FIX/dense.dcm" "$FIX/pruned.dcm" | tail -1
# The project's own pair: names stripped, dead neurons removed.
dcomp diff "$SRC/models/lenet-5.bin" "$SRC/models/lenet-5.dcm" > out
cut -c1-40 out | sed -n '3,$p'
dcomp diff "$SRC/models/lenet-5.dcm" "$SRC/models/lenet-5.bin" --json > out
has out paired_by n_layers_compared n_layers_resized parameters[].name_b
grep -E '"(paired_by|n_layers_.*)"' out
# Another network: exit 1, and the rows all the same.
got=0
dcomp diff "$SRC/models/lenet-5.bin" "$SRC/models/lenet-300-100.bin" > out 2> err || got=$?
echo $got
sed 's/[^ ]*models.//g' err
tail -1 out
# One with the same names and other layers.
sed 's/"kernel": 5/"kernel": 3/; s/"n_outputs": 24/"n_outputs": 30/' "$FIX/tiny.json" > other.json
dcomp train other.json -o other.dcm --data digits:60 --epochs 0 -q > out
got=0
dcomp diff "$FIX/dense.dcm" other.dcm --json > out 2> err || got=$?
echo $got
grep n_layers_unlike out
# A common trunk and another head.
sed 's/"fc2", "op": "linear", "n_outputs": 10/"head", "op": "linear", "n_outputs": 12/' \
    "$FIX/tiny.json" > head.json
dcomp train head.json -o head.dcm --data digits:60 --epochs 0 -q > out
dcomp diff "$FIX/dense.dcm" head.dcm | tail -1
# In CSV each name stands in the column of the file that has it.
dcomp diff "$FIX/dense.dcm" head.dcm --format csv | sed -n '/^# parameters/,$p' | cut -d, -f1,2
dcomp diff "$FIX/dense.dcm" head.dcm --json > out
grep -c '"name":	"head' out
