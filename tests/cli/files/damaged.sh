# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
: > empty.dcm
echo '{"not": "a model"}' > other.dcm
cp "$FIX/cut.dcm" "$FIX/small.dcm" .
# One byte in the middle is another one.
printf '\377' | dd of=small.dcm bs=1 seek=600 conv=notrunc 2> dd.log
for file in empty.dcm other.dcm cut.dcm small.dcm; do
    says 3 "'$file'" dcomp inspect $file
    says 3 "'$file'" dcomp eval $file --data digits:60
    says 3 "'$file'" dcomp decode $file -o o.dcm
    says 3 "'$file'" dcomp compress $file -o o.dcm
    code 1 dcomp verify $file
done
says 3 "'other.dcm'" dcomp diff other.dcm "$FIX/dense.dcm"
says 3 "'cut.dcm'" dcomp train cut.dcm --data digits:60 -o o.dcm
head -c 150 "$FIX/tiny.json" > cut.json
says 3 "line 3" dcomp train cut.json --data digits:60 -o o.dcm
dcomp verify cut.dcm || true
rm dd.log
only empty.dcm other.dcm cut.dcm small.dcm cut.json
