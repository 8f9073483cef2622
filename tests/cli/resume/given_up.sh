# SPDX-License-Identifier: MIT
# A round without hope is given up, and a run that is killed inside it gives up at the same place.
. "$CLI/lib.sh"
# It is the chain of networks that learn from a teacher alone.
python3 - <<'END'
import struct
header = "{'descr': '|u1', 'fortran_order': False, 'shape': (480, 28, 28), }"
header += " " * (63 - (10 + len(header)) % 64) + "\n"
with open("x.npy", "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
    file.write(bytes(i * 37 * (i // 784 + 1) % 251 for i in range(480 * 28 * 28)))
END
run="dcomp compress $FIX/dense.dcm --data npy:x.npy --teacher self --effort 0.02 --max-drop 10 -j1"
$run -o whole.dcm > out 2> err
grep -q '^round 1: [0-9,]* bytes' err
given='given up, validation agreement [0-9.]* % (at least'
round=$(sed -n "s/^round \([2-9]\): $given.*/\1/p" err | head -n 1)
[ -n "$round" ] || cat err
got=0
stop KILL "err:round $((round - 1)): " $run -o o.dcm 2> err || got=$?
[ $got = 137 ] || { echo "exit $got"; cat err; }
$run -o o.dcm --resume > out 2> err
grep -q "^round $round: given up" err || cat err
rm out err x.npy
same o.dcm whole.dcm
only o.dcm whole.dcm
