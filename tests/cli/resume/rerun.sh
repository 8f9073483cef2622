# SPDX-License-Identifier: MIT
# A run that was killed can always be gone on with: one with other settings ends with 2 and says
# which differs, one without --resume ends with 2, and both leave every state as it was.
. "$CLI/lib.sh"
cp "$FIX/dense.dcm" m.dcm
cp "$FIX/tiny.json" a.json
echo '{"stages": [{"stage": "retrain", "epochs": 60000, "batch": 16}]}' > r.json
D="--data digits:240 -j1 --checkpoint-seconds 0"

# states: of all that is in the folder.
states() {
    (cd o.dcm.work && cat ./* | cksum && ls)
}

# refused TEXT COMMAND...: ends with 2, says so and TEXT in one line, changes nothing.
refused() {
    says 2 "$@"
    states > now
    same before now
}

# check OPTION NAME COMMAND...: the option, when it is added, is a setting called NAME that differs.
check() {
    option=$1 name=$2
    shift 2
    got=0
    stop KILL file:o.dcm.work/epoch.ckpt "$@" -o o.dcm 2> err || got=$?
    [ $got = 137 ] || { echo "exit $got: $*"; cat err; exit 1; }
    states > before
    refused "'o.dcm.work' holds what an interrupted run has done: --resume goes on" "$@" -o o.dcm
    refused "--resume goes on with it, -f begins anew" "$@" -o o.dcm -q
    refused "$name" "$@" $option -o o.dcm --resume
    refused "-f without --resume begins anew" "$@" $option -o o.dcm --resume -q
    refused "$name" "$@" $option -o o.dcm --resume -f
    refused "'data' was \"digits:240\", now \"digits:252\"" "$@" --data digits:252 -o o.dcm --resume
    refused "(and 1 more)" "$@" --data digits:252 --data-seed 5 -o o.dcm --resume
    got=0
    stop KILL 'err:goes on after epoch' "$@" -o o.dcm --resume 2> err || got=$?
    [ $got = 137 ] || { echo "resumed: exit $got: $*"; cat err; exit 1; }
    got=0
    stop KILL 'err:epoch 1/' "$@" -o o.dcm -f -v 2> err || got=$?
    [ $got = 137 ] || { echo "anew: exit $got: $*"; cat err; exit 1; }
    not grep -q 'goes on' err
    rm -r o.dcm.work
}
check "--lr 0.011" "train: lr' was 0.01, now 0.011" dcomp train a.json $D --epochs 60000
check "--lr 0.011" "retrain: lr' was 0.001, now 0.011" dcomp retrain m.dcm $D --epochs 60000
check "--steps 3" "gradual: steps' was 2, now 3" \
    dcomp gradual m.dcm $D --epochs 60000 --density 0.1 --steps 2
check "--max-drop 3" "'max_drop' was null, now 3" dcomp compress m.dcm $D --recipe r.json
check "--effort 501" "'effort' was 500, now 501" dcomp compress m.dcm $D --effort 500
check "--teacher self" "'teacher' was null, now \"self\"" dcomp retrain m.dcm $D --epochs 60000

# Inputs and samples that are others under the same names.
run="dcomp retrain m.dcm --data npy:x.npy,y.npy -o o.dcm -j1 --checkpoint-seconds 0 --epochs 60000"
samples() {
    python3 - "$1" <<'END'
import struct
import sys


def npy(path, shape, data):
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)


npy("x.npy", (60, 28, 28), bytes((i * int(sys.argv[1])) % 251 for i in range(60 * 784)))
npy("y.npy", (60,), bytes(i % 10 for i in range(60)))
END
}
samples 3
stop KILL file:o.dcm.work/epoch.ckpt $run 2> err || true
states > before
samples 5
refused "samples are not the same" $run --resume
samples 3
dcomp prune "$FIX/dense.dcm" -o m.dcm -f --density 0.5 -q > out
refused "the input model is not the same" $run --resume
cp "$FIX/dense.dcm" m.dcm
stop KILL 'err:goes on after epoch' $run --resume 2> err || true
sed 's/"epochs"/"lr": 0.002, "epochs"/' r.json > s.json
rm -r o.dcm.work
run="dcomp compress m.dcm $D -o o.dcm --recipe"
stop KILL file:o.dcm.work/epoch.ckpt $run r.json 2> err || true
states > before
refused "lr' was 0.001, now 0.002" $run s.json --resume
# A description that this machine cannot read now may be this run's.
mv o.dcm.work/run.json kept
truncate -s 2G o.dcm.work/run.json
says 5 "run.json' is larger than the limit" $run s.json --resume -q
mv kept o.dcm.work/run.json
states > now
same before now
cp r.json t.json
stop KILL 'err:goes on after epoch' $run t.json --resume 2> err || true
rm o.dcm.work/run.json
states > before
refused "which nothing describes" $run s.json --resume
rm -r o.dcm.work

# Two at a time.
dcomp train a.json $D --epochs 60000 -o o.dcm > out 2>&1 &
first=$!
while [ ! -e o.dcm.work/epoch.ckpt ]; do sleep 0.02; done
for more in "" -f --resume; do
    says 4 "'o.dcm.work' is in use by another run" dcomp train a.json $D --epochs 1 -o o.dcm $more
done
{
    kill -9 $first
    wait $first
} 2> err || true
[ -e o.dcm.work/epoch.ckpt ]
rm -r o.dcm.work

# A run that fails before it has the folder leaves it to the one that has, also when it is empty.
dcomp train a.json --data digits:240 -j1 --checkpoint-seconds 1000 --epochs 60000 -o o.dcm \
    > out 2>&1 &
first=$!
while [ ! -e o.dcm.work ]; do sleep 0.02; done
says 3 "" dcomp compress "$FIX/cut.dcm" $D -o o.dcm -f
[ -d o.dcm.work ]
says 4 "'o.dcm.work' is in use by another run" dcomp train a.json $D --epochs 1 -o o.dcm -f
{
    kill -9 $first
    wait $first
} 2> err || true
