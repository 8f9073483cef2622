# SPDX-License-Identifier: MIT
# Pictures: a table each, a line each of many, names of classes, and the order of what was given.
. "$CLI/lib.sh"
P=$SRC/tests/pictures/fixtures
M=$FIX/colour.dcm
cp "$P/rgb.png" "$P/grey.png" "$P/palette.png" .
hide() { sed 's/[0-9 ][0-9]\.[0-9][0-9]/ N.NN/'; } # the last digit may be the machine's
dcomp run "$M" rgb.png grey.png | hide
dcomp run "$M" rgb.png --top 1 | hide
dcomp run "$M" rgb.png --top 99 | wc -l # as many as there are
mkdir set
for i in 3 1 10 2 7 5 6 4 8; do
    cp rgb.png set/$i.png
done
dcomp run "$M" palette.png set/ grey.png --format csv | cut -d, -f1 | uniq
dcomp run "$M" set | awk '{ print $1 }'
dcomp run "$M" set --top 2 -j3 | grep -c '^set/'
dcomp run "$M" set --json > out
has out schema answers[].file answers[].sample answers[].classes[].class \
    answers[].classes[].name answers[].classes[].probability n_samples n_skipped n_not_finite \
    seconds images_per_second engine input.shape
# The same answers as eval's predictions, in one batch and in many, on any number of cores.
dcomp eval "$M" --data images:set --predictions p.csv -q > talk
dcomp run "$M" set --format csv -j2 > a.csv
python3 - <<'END'
import csv
wanted = [r for r in csv.DictReader(open("p.csv"))]
have = [r for r in csv.DictReader(open("a.csv"))]
for i, row in enumerate(wanted):
    five = have[5 * i:5 * i + 5]
    assert [r["class"] for r in five] == [row[f"class{k}"] for k in range(1, 6)], (row, five)
    for k, r in enumerate(five):
        assert abs(float(r["probability"]) - float(row[f"probability{k + 1}"])) < 1e-5
        assert r["file"] == row["file"] and r["rank"] == str(k + 1), r
END
