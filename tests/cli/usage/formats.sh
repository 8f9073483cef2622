# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
M=$FIX/dense.dcm
says 2 "'--format' is one of text|json|csv|markdown" dcomp inspect "$M" --format yaml
says 2 "did you mean 'csv'" dcomp inspect "$M" --format cvs
says 2 "'--csv' and '--format text' exclude each other" \
    dcomp simulate --layer 8x8 --csv --format text
says 2 "'--compare' needs one run" dcomp simulate --layer 8x8 --compare --format csv
code 2 dcomp inspect "$M" --json --format csv
code 2 dcomp diff "$M" "$M" --format text --json
for command in "inspect $M" "diff $M $M" "verify $M" "simulate --layer 8x8 --pes 2" \
    "compress $M -o o.dcm --dry-run"; do
    dcomp $command > plain && dcomp $command --format text > text && same plain text
    dcomp $command --json > short && dcomp $command --format json > long && same short long
    dcomp $command --format json --json > both && same short both
done
dcomp simulate --layer 8x8 --csv > short
dcomp simulate --layer 8x8 --format csv > long
same short long
dcomp inspect "$M" --format markdown > text
grep -q "^# dcomp inspect$" text
grep -q "^## layers$" text
rm plain text short long both
only
