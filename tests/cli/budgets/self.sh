# SPDX-License-Identifier: MIT
# A network that is to stay what it is: a divergence is held to, the file says how it was made and
# is a state of the curve, and demands that make no sense are refused.
. "$CLI/lib.sh"
D="--data digits:900 --teacher self -j1"
run="dcomp compress $FIX/dense.dcm $D --max-divergence 0.02"
$run -o o.dcm --curve states --json -q > out 2> err || [ $? = 1 ] # the test part is small
python3 - <<'END'
import json
r = json.load(open("out"))
divergence = r["against"]["divergence"]
assert r["max_divergence"] == 0.02 and r["is_within_divergence"] == (divergence <= 0.02), r
assert 0 < divergence < 0.05, r
assert r["file_bytes"] < 4000, r
assert any(state["file"].endswith("%09d.dcm" % r["file_bytes"]) for state in r["curve"]), r
END
cmp o.dcm "states/$(ls states | grep "$(wc -c < o.dcm).dcm")"
dcomp inspect o.dcm --json > out
grep -q '"stage":	"compress"' out || cat out
$(echo "$run" | sed s/-j1/-j4/) -o two.dcm -q > out 2> err || [ $? = 1 ]
same o.dcm two.dcm
dcomp compress "$FIX/dense.dcm" $D --dry-run > out
grep -q '^rounded by what the layers read' out || cat out
dcomp compress "$FIX/dense.dcm" $D --max-bytes 1200 -o small.dcm -q > out
[ "$(wc -c < small.dcm)" -le 1200 ] || echo "too large"
code 1 dcomp compress "$FIX/dense.dcm" $D --max-bytes 1200 --max-divergence 1e-9 -o x.dcm -q
says 2 "'--max-divergence' is for networks that stay what they are" \
    dcomp compress "$FIX/dense.dcm" --data digits:600 -o x.dcm --max-divergence 0.1 -f
says 2 "'--max-divergence' cannot be certified without data" \
    dcomp compress "$FIX/dense.dcm" -o x.dcm --max-divergence 0.1 -f
python3 - <<'END'
import struct
header = "{'descr': '|u1', 'fortran_order': False, 'shape': (300, 28, 28), }"
header += " " * (63 - (10 + len(header)) % 64) + "\n"
with open("x.npy", "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
    file.write(bytes(i * 37 * (i // 784 + 1) % 251 for i in range(300 * 28 * 28)))
END
says 2 "'--max-drop' below 0 cannot be met" \
    dcomp compress "$FIX/dense.dcm" --data npy:x.npy --teacher self -o x.dcm --max-drop -1 -f
dcomp compress "$FIX/dense.dcm" --data npy:x.npy --teacher self -o x.dcm --max-drop 5 -q -f \
    > out 2> err || [ $? = 1 ]
