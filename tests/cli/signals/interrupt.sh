# SPDX-License-Identifier: MIT
# SIGINT ends a command as the shell expects, leaves no file of any kind, and its input as it was.
. "$CLI/lib.sh"
cp "$FIX/dense.dcm" m.dcm
cp m.dcm before
cp "$FIX/tiny.json" .
D="--data digits:600 -j1"
E="--checkpoint-seconds 0"
check() {
    got=0
    when=$1
    shift
    stop INT "$when" "$@" 2> err || got=$?
    [ $got = 130 ] || { echo "exit $got: $*"; cat err; }
    [ "$(wc -l < err)" = 1 ] && grep -q '^dcomp: interrupted' err || cat err
}
echo '{"stages": [{"stage": "retrain", "epochs": 100000}]}' > r.json

check file:o.dcm.work/epoch.ckpt dcomp train tiny.json $D $E --epochs 100000 -o o.dcm
grep -q "'o.dcm.work', --resume" err
rm -r o.dcm.work
check file:o.dcm.work dcomp train tiny.json --data digits:30000 -j1 --epochs 9 -o o.dcm --batch 1
check file:o.dcm.work/epoch.ckpt dcomp retrain m.dcm $D $E --epochs 100000 -o o.dcm
rm -r o.dcm.work
check file:o.dcm.work/epoch.ckpt dcomp gradual m.dcm $D $E --density 0.1 --steps 500 -o o.dcm
rm -r o.dcm.work
check file:o.dcm.work/epoch.ckpt dcomp compress m.dcm $D $E --recipe r.json -o o.dcm
rm -r o.dcm.work
check file:o.dcm.work/epoch.ckpt dcomp compress m.dcm $D $E --effort 1 --max-drop 9 -o o.dcm
rm -r o.dcm.work
check 'err:evaluate  10%' dcomp eval m.dcm --data digits:60000 -j1 --progress always
grep -qx 'dcomp: interrupted' err || cat err # it has no output
python3 "$CLI/run/make_input.py" npy x.npy '|u1' 200x28x28 1
check 'err:run  10%' dcomp run m.dcm -j1 --progress always --top 1 \
    $(for i in 0 1 2 3 4 5 6 7 8 9; do yes x.npy | head -n 10; done)
grep -qx 'dcomp: interrupted' err || cat err
check 'err:evaluate  10%' \
    dcomp eval m.dcm --data digits:60000 -j1 --progress always --dump-output y.npy
grep -qx 'dcomp: interrupted' err || cat err # it is begun at the end
rm err x.npy
same m.dcm before
only m.dcm before tiny.json r.json
