# SPDX-License-Identifier: MIT
# Training by the price of bits goes on where it was, in the middle of a turn and between turns.
. "$CLI/lib.sh"
run="dcomp rate $FIX/dense.dcm --data digits:600 -j1 --batch 16 --epochs 16 --bytes 4000
    --teacher self --shift 1 --ways 4 --checkpoint-seconds 0"
$run -o whole.dcm -q > talk
for tries in 1 2 3; do
    stop KILL file:o.dcm.work/epoch.ckpt $run -o o.dcm 2> err || true
    $run -o o.dcm --resume > out 2> err
    same o.dcm whole.dcm
    rm o.dcm
done
# Every weight is a whole multiple of its layer's step, in few levels.
dcomp export whole.dcm -o whole.safetensors -q > talk
python3 - <<'END'
import json, struct
data = open("whole.safetensors", "rb").read()
n = struct.unpack("<Q", data[:8])[0]
for name, t in json.loads(data[8:8 + n]).items():
    if name == "__metadata__":
        continue
    a, b = (8 + n + x for x in t["data_offsets"])
    values = struct.unpack("<%df" % ((b - a) // 4), data[a:b])
    sizes = sorted({abs(v) for v in values if v})
    if not sizes:
        continue
    step = min([y - x for x, y in zip([0] + sizes, sizes)])
    assert all((v / step).is_integer() and v / step < 300 for v in sizes), (name, step, sizes[:9])
END
