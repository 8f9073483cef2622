# SPDX-License-Identifier: MIT
# Samples without labels: outputs but no accuracy, and nothing that would need one.
. "$CLI/lib.sh"
python3 - <<'END'
import struct
shape, header = 24 * 784, "{'descr': '<f4', 'fortran_order': False, 'shape': (24, 28, 28), }"
header = header.ljust(117) + "\n"
with open("x.npy", "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
    file.write(struct.pack(f"<{shape}f", *((i % 7) / 7 for i in range(shape))))
END
M=$FIX/dense.dcm
says 2 "no labels" dcomp compress "$M" --data npy:x.npy -o o.dcm --max-drop 1
says 2 "no labels" dcomp compress "$M" --data npy:x.npy -o o.dcm --max-drop -1
says 2 "'--curve' needs samples with labels, or a teacher (--teacher)" \
    dcomp compress "$M" --data npy:x.npy -o o.dcm --curve states
[ ! -e states ] || echo "a folder was made"
dcomp compress "$M" --data npy:x.npy -o o.dcm --curve states --teacher self --effort 0.01 -j1 -q \
    > talk 2>&1 || [ $? = 1 ]
[ "$(ls states/*.dcm | wc -l)" -ge 2 ] || cat talk
rm -r o.dcm states talk
for demand in "--min-top1 1" "--min-top1 0" "--min-top5 0" --per-class; do
    says 2 "without labels" dcomp eval "$M" --data npy:x.npy $demand
done
says 2 "label" dcomp sensitivity "$M" --data npy:x.npy
says 2 "label" dcomp retrain "$M" --data npy:x.npy -o o.dcm
dcomp eval "$M" --data npy:x.npy --dump-output y.npy --json -j1 | grep '"top1"'
dcomp compress "$M" --data npy:x.npy -o o.dcm -q --json > out
has out file_bytes ratio
rm out
only x.npy y.npy o.dcm
