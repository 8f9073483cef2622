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
grep -q -- --resume err && cat err
check 'err:evaluate  10%' \
    dcomp eval m.dcm --data digits:60000 -j1 --progress always --dump-output y.npy
rm err
same m.dcm before
only m.dcm before tiny.json r.json
