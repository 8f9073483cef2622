# SPDX-License-Identifier: MIT
# Arrays: many samples in a file, one that has the very shape of the input, pixels and symbols.
. "$CLI/lib.sh"
make() { python3 "$CLI/run/make_input.py" "$@"; }
M=$FIX/dense.dcm
make npy one.npy '<f4' 1x28x28 0.1 0.2 0.9
make npy flat.npy '<f4' 784 0.1 0.2 0.9
make npy plane.npy '<f4' 28x28 0.1 0.2 0.9
make npy three.npy '<f4' 3x28x28 0.1 0.2 0.9 0.4 0.6
make npy rows.npy '<f4' 2x784 0.1 0.2 0.9
make npy pixels.npy '|u1' 28x28 0 100 200
make npy many.npy '|u1' 2x28x28 0 100 200
for file in one flat plane; do
    dcomp run "$M" $file.npy --format csv --top 3 | cut -d, -f2- > $file
done
same one flat
same one plane
dcomp run "$M" three.npy --top 1 | awk '{ print $1 }'
dcomp run "$M" rows.npy --top 1 | awk '{ print $1 }'
dcomp run "$M" three.npy --numbers --format csv | awk -F, 'NR == 1 || NR == 12 { print $1, $2, $3 }'
dcomp run "$M" pixels.npy many.npy --numbers --format csv | cut -d, -f2- > out
[ "$(wc -l < out)" = 31 ]
[ "$(sed -n 2,11p out | cut -d, -f3)" = "$(sed -n 12,21p out | cut -d, -f3)" ]
dcomp eval "$M" --data npy:three.npy --dump-output y.npy -q > talk
dcomp run "$M" three.npy --numbers --format csv > have.csv
python3 - <<'END'
import csv, struct
wanted = struct.unpack("<30f", open("y.npy", "rb").read()[-120:])
have = [float(r["value"]) for r in csv.DictReader(open("have.csv"))]
assert len(have) == 30 and all(a == b for a, b in zip(have, wanted)), (have, wanted)
END
make npy broken.npy '<f4' 2x28x28 0.1
truncate -s 1000 broken.npy
says 3 "'broken.npy'" dcomp run "$M" broken.npy
make npy nan.npy '<f4' 2x28x28 nan
says 3 "sample 0 of 'nan.npy'" dcomp run "$M" nan.npy
