# SPDX-License-Identifier: MIT
# A sample with a NaN or an infinity is named, with exit code 3, by every command that reads samples
# and on every backend; nothing is written.
. "$CLI/lib.sh"
python3 - <<'END'
import math, random, struct
def write(path, descr, shape, data):
    text = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (descr, shape)
    text += " " * (-(len(text) + 11) % 64) + "\n"
    head = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text))
    open(path, "wb").write(head + text.encode() + data)
draw = random.Random(1)
for name, bad, at in (("good", 0, 0), ("nan", math.nan, 17 * 784 + 3), ("inf", -math.inf, 100)):
    x = [draw.random() for _ in range(60 * 784)]
    x[at] = bad
    write(name + ".npy", "<f4", (60, 1, 28, 28), struct.pack("<%df" % len(x), *x))
write("y.npy", "|u1", (60,), bytes(i % 10 for i in range(60)))
END
nan="value 3 of sample 17 of 'npy:nan.npy"
M=$FIX/dense.dcm
for backend in ref auto; do
    B="-q --backend $backend"
    dcomp eval "$M" --data npy:good.npy,y.npy $B > eval.out
    says 3 "$nan,y.npy (60 samples)' is not a number" dcomp eval "$M" --data npy:nan.npy,y.npy $B
    says 3 "$nan" dcomp eval "$M" --data npy:nan.npy --dump-output y_out.npy $B
    says 3 "value 100 of sample 0 of 'npy:inf.npy,y.npy (60 samples)' is infinite" \
        dcomp eval "$M" --data npy:inf.npy,y.npy $B
    says 3 "$nan" dcomp train "$FIX/tiny.json" -o o.dcm --data npy:nan.npy,y.npy --epochs 50 \
        --shift 1 $B
    says 3 "$nan" dcomp retrain "$M" -o o.dcm --data npy:nan.npy --teacher self $B
    says 3 "$nan" dcomp sensitivity "$M" --data npy:nan.npy,y.npy $B
    says 3 "$nan" dcomp compress "$M" -o o.dcm --data npy:nan.npy,y.npy $B
done
rm -rf o.dcm.work
for words in "simulate $FIX/small.dcm" "eval $FIX/small.dcm --engine fixed16"; do
    says 3 "$nan" dcomp $words --data npy:nan.npy,y.npy -q
done
says 3 "sample 17" dcomp simulate "$FIX/small.dcm" --input nan.npy -q
only eval.out good.npy inf.npy nan.npy y.npy
