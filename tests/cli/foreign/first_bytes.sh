# SPDX-License-Identifier: MIT
# A safetensors file may begin with the bytes of another kind (usage/wrong_kind.sh).
. "$CLI/lib.sh"
dcomp export "$FIX/colour.dcm" -o m.safetensors > /dev/null
cat > pad.py <<'END'
import sys
whole = open("m.safetensors", "rb").read()
n, wanted = int.from_bytes(whole[:8], "little"), int(sys.argv[1], 0)
sys.stdout.buffer.write(wanted.to_bytes(8, "little") + whole[8:8 + n].ljust(wanted) + whole[8 + n:])
END
dcomp import m.safetensors --arch "$FIX/colour.json" -o dense.bin > /dev/null
for n in 0x280 0x10280 0x300280 0x580480; do # bytes of the header, which have those of a pickle
    python3 pad.py $n > long.safetensors
    dcomp import long.safetensors --arch "$FIX/colour.json" -o long.bin -f > /dev/null
    dcomp diff dense.bin long.bin > /dev/null
done
