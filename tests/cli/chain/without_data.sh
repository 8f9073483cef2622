# SPDX-License-Identifier: MIT
# Without data: the change of the outputs is measured and said, here and in the file's history; the
# file is the same for any number of jobs and level of instructions.
. "$CLI/lib.sh"
cp "$FIX/dense.dcm" m.dcm
dcomp compress m.dcm -o a.dcm -j1 2> err | grep '^not certified' | sed 's/by .* %/by ... %/'
cat err
dcomp inspect a.dcm -v | grep "made by  compress" | sed 's/\(change\|loss\)":[-0-9.]*/\1":.../g'
dcomp compress m.dcm -o b.dcm -j3 --cpu ref -q > out
cmp a.dcm b.dcm
dcomp compress m.dcm -o c.dcm --json -q > out
has out output_change output_budget predicted_loss random_inputs
awk -F'[:,]' '/"output_change"/ { change = $2 } /"output_budget"/ { budget = $2 }
              END { exit !(change > 0 && change <= budget) }' out
dcomp compress m.dcm -o d.dcm -q --strip > out
dcomp inspect d.dcm -v | grep -c 'made by' || true
