# SPDX-License-Identifier: MIT
# Names with blanks, quotes, commas, line ends, an escape and bytes that are no UTF-8: shown, not
# obeyed, a line each, and what CSV and JSON give back are the same names.
. "$CLI/lib.sh"
M=$FIX/colour.dcm
mkdir set
P=$SRC/tests/pictures/fixtures
python3 - "$P/rgb.png" <<'END'
import shutil, sys
for name in (b"a b.png", b"a,\"b'.png", b"a\nb.png", b"\x1b[31mred.png", b"caf\xc3\xa9.png",
             b"\xff.png", b"-x.png", b"$(x).png"):
    shutil.copy(sys.argv[1], b"set/" + name)
END
dcomp run "$M" set --top 1 | cut -c1-30 | LC_ALL=C grep -c 'set/'
dcomp run "$M" set --top 2 | LC_ALL=C grep '^set/'
dcomp run "$M" set --top 1 > out
not grep -q "$(printf '\033')" out
dcomp run "$M" set --format csv --top 1 > out.csv
dcomp run "$M" set --json --top 1 > out.json
python3 - <<'END'
import csv, json
names = [r["file"] for r in csv.DictReader(open("out.csv", encoding="latin-1", newline=""))]
assert "set/a\nb.png" in names and "set/a,\"b'.png" in names and len(names) == 8, names
names = [a["file"] for a in json.load(open("out.json"))["answers"]]
assert "set/a\nb.png" in names and "set/café.png" in names and len(names) == 8, names
END
cd set
dcomp run "$M" ./-x.png '$(x).png' -q --top 1 | tail -2 | awk '{ print $1, $3 }'
dcomp run "$M" --top 1 -- -x.png | tail -1 | awk '{ print $1, $3 }'
