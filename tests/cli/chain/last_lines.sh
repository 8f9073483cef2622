# SPDX-License-Identifier: MIT
# What compress ends with: a table whose groups are named and whose layers are added up, and one
# word for accuracy from the first round to the last line: percent right, or agreement.
. "$CLI/lib.sh"
cp "$FIX/dense.dcm" m.dcm
dcomp compress m.dcm -o a.dcm 2> /dev/null | sed '/^$/,$d; s/[0-9][0-9.,x]*/N/g' | tr -s ' -'
D="--data digits:600 -j1 --effort 0.01 --max-drop 100"
words() {
    sed -E 's/[0-9][0-9.,]*(e-[0-9]+)?/N/g' | grep -E 'top-|agree|error|missed' |
        grep -vE '^ |bounds|^against' # how sure they are
}
dcomp compress m.dcm -o b.dcm $D 2>&1 | words | sort -u
dcomp compress m.dcm -o c.dcm --data digits:600 -j1 --effort 0.01 --max-drop=-50 2>&1 | words |
    tail -n 1
python3 - <<'END'
import struct
header = "{'descr': '|u1', 'fortran_order': False, 'shape': (240, 28, 28), }"
header += " " * (63 - (10 + len(header)) % 64) + "\n"
with open("x.npy", "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
    file.write(bytes(i * 37 % 251 for i in range(240 * 28 * 28)))
END
dcomp compress m.dcm -o d.dcm --teacher self $(echo $D | sed 's/digits:600/npy:x.npy/') 2>&1 |
    words | sort -u
dcomp retrain m.dcm -o e.dcm --teacher self --data npy:x.npy --epochs 1 -j1 2>&1 | words
