# SPDX-License-Identifier: MIT
# A dry run says stages, epochs, samples, time and memory, and writes nothing; what the run would
# refuse, it refuses. Long work is announced.
. "$CLI/lib.sh"
cp "$FIX/dense.dcm" m.dcm
dry="dcomp compress m.dcm --dry-run -j1"
cat > r.json <<'END'
{"stages": [
  {"stage": "gradual", "density": 0.3, "steps": 4, "epochs": 5, "epochs_per_step": 2},
  {"stage": "quantize", "bits": 4},
  {"stage": "retrain", "epochs": 7}]}
END
$dry --data digits:600 --recipe r.json | sed 's/about.*/about .../; s/speed .*/speed .../'
$dry --data digits:600 --max-drop 3 | sed 's/about.*/about .../; s/speed .*/speed .../'
$dry
$dry --data digits:600 --recipe r.json --json > out
has out phases[].stage phases[].epochs epochs n_train n_validation n_test seconds memory_bytes \
    trained_per_second run_per_second n_trained
not grep '"seconds":.*null' out
$dry --json > out
grep '"seconds"' out

# Photographs without labels: the teacher sees a few of them.
python3 - <<'END'
import struct
header = "{'descr': '|u1', 'fortran_order': False, 'shape': (240, 28, 28), }"
header += " " * (63 - (10 + len(header)) % 64) + "\n"
with open("x.npy", "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
    file.write(bytes(i * 37 % 251 for i in range(240 * 28 * 28)))
END
$dry --data npy:x.npy --teacher self --recipe r.json | grep -c 'in all .* 18 epochs, about'
says 2 "training needs labels" $dry --data npy:x.npy --recipe r.json

says 2 "'--max-drop' cannot be certified" $dry --max-drop 1
sed 's/"density": 0.3/"density": {"fc9": 0.3}/' r.json > r9.json
says 2 "no layer matches 'fc9'" $dry --data digits:600 --recipe r9.json
says 2 "no layer matches 'fc9'" $dry --data npy:x.npy --teacher self --recipe r9.json
sed 's/"bits": 4/"bits": 4.5/' r.json > r9.json
says 2 "step 2 (quantize): 4.5 bits" $dry --data digits:600 --recipe r9.json
says 2 "step 2 (quantize): 4.5 bits" \
    dcomp compress m.dcm --data digits:600 --recipe r9.json --progress never
echo '{"stages": [{"stage": "prune", "scan_drop": 1}]}' > r9.json
says 2 "needs labelled data" $dry --recipe r9.json
touch m.small.dcm
says 2 "'m.small.dcm' exists" $dry
only m.dcm m.small.dcm out r.json r9.json x.npy
rm m.small.dcm

got=0
stop INT 'err: epochs of 550' dcomp compress m.dcm --data digits:600 --effort 400 -j1 2> err ||
    got=$?
echo $got
