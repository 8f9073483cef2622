# SPDX-License-Identifier: MIT
# A sheet of samples is written before work starts, by every command that takes data.
. "$CLI/lib.sh"
P=$SRC/tests/pictures/fixtures
sheet() {
    python3 - "$1" << 'END'
import struct, sys
data = open(sys.argv[1], "rb").read()
assert data[:8] == b"\x89PNG\r\n\x1a\n"
print("%u x %u" % struct.unpack(">II", data[16:24]))
END
}
mkdir p
cp "$P/rgb.png" "$P/grey.png" "$P/palette.png" p
M=$FIX/colour.dcm
dcomp eval "$M" --data images:p -q --dump-input a.png > out
sheet a.png
says 2 "'a.png' exists" dcomp eval "$M" --data images:p --dump-input a.png
dcomp eval "$M" --data images:p -q --dump-input a.png --dump-input-n 1 -f > out
sheet a.png
dcomp eval "$FIX/dense.dcm" --data digits:60 -q --dump-input b.png > out
sheet b.png
dcomp train "$FIX/tiny.json" --data digits:60 -o t.dcm --epochs 0 -q --dump-input c.png > out
sheet c.png
dcomp compress "$FIX/dense.dcm" -o c.dcm --effort 0.01 --data digits:120 -q \
    --max-drop 100 --dump-input d.png > out
sheet d.png
dcomp simulate "$FIX/small.dcm" --data digits:60 --limit 1 -q --requantize --dump-input e.png > out
sheet e.png
dcomp sensitivity "$FIX/dense.dcm" --data digits:60 -q --densities 1 --dump-input f.png > out
sheet f.png
says 2 "is the input itself" dcomp eval "$M" --data images:p --dump-input p/grey.png -f
says 2 "'--dump-input' needs '--data'" \
    dcomp prune "$FIX/dense.dcm" -o p.dcm --density 0.5 --dump-input g.png
says 2 "is the input itself" dcomp eval "$M" --data images:p --dump-input "$M" -f
