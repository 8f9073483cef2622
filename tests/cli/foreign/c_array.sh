# SPDX-License-Identifier: MIT
# A C array for the runtime, and the program beside it.
. "$CLI/lib.sh"
mkdir out
dcomp export "$FIX/small.dcm" -o out/tiny-net.v2.h --c-example > log
grep "^out/main.c  runs out/tiny-net.v2.h" log
sed -n '/^#define.*PUTS/p; /^static/p' out/tiny-net.v2.h
grep -c 'tiny_net_v2_file' out/main.c
# The array is a file of its own.
sed -n 's/^    0x/0x/p' out/tiny-net.v2.h | python3 -c 'import sys
sys.stdout.buffer.write(bytes(int(n, 16) for n in sys.stdin.read().split(",") if n.strip()))
' > back.dcm
dcomp verify back.dcm
dcomp diff "$FIX/small.dcm" back.dcm | awk 'NR > 3 && NF >= 7 && $6 + $7 != 0'
says 2 "main.c' exists (-f replaces it)" dcomp export "$FIX/small.dcm" -o out/b.h --c-example
[ ! -e out/b.h ]
mkdir in
cp "$FIX/small.dcm" in/main.c
says 2 "output 'in/main.c' is the input itself" dcomp export in/main.c -o in/b.h --c-example -f
same in/main.c "$FIX/small.dcm"
says 2 "output 'in/main.c' is the input itself" \
    dcomp export in/../in/main.c -o in/b.h --c-example -f
# A header that others include by this name is not made.
for name in stdint stdio math string Assert dcomp_rt rt; do
    says 2 "'out/$name.h' would hide the header of this name" \
        dcomp export "$FIX/small.dcm" -o "out/$name.h" -f
done
says 2 "is of a C array" dcomp export "$FIX/small.dcm" -o out/b.onnx --c-example
sed 's/"op": "relu"/"op": "lrn"/' "$FIX/tiny.json" > lrn.json
if grep -q lrn lrn.json; then
    dcomp train lrn.json --data digits:60 -o lrn.dcm --epochs 1 -q > /dev/null
    says 6 "which the runtime does not have" dcomp export lrn.dcm -o lrn.h
    [ ! -e lrn.h ]
fi
