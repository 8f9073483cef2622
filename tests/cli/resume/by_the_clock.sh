# SPDX-License-Identifier: MIT
# States of training are kept by the clock and at the end of a phase, not after every epoch.
. "$CLI/lib.sh"
D="--data digits:60 -j1 --progress never -v"
break_off() {
    got=0
    stop KILL "$@" 2> err || got=$?
    [ $got = 137 ] || { echo "exit $got"; cat err; exit 1; }
}
break_off 'err:epoch 30/' dcomp train "$FIX/tiny.json" $D --epochs 100000 \
    --checkpoint-seconds 100000 -o o.dcm
[ -z "$(ls -A o.dcm.work)" ]
rmdir o.dcm.work
break_off 'err:epoch 30/' dcomp train "$FIX/tiny.json" $D --epochs 100000 \
    --checkpoint-seconds 0 -o o.dcm
[ -e o.dcm.work/epoch.ckpt ]
rm -r o.dcm.work
run="dcomp gradual $FIX/dense.dcm $D --density 0.1 --steps 3 --epochs-per-step 2 --epochs 60000"
break_off 'err:epoch 5/60000' $run --checkpoint-seconds 100000 -o o.dcm
[ -e o.dcm.work/epoch.ckpt ]
# Twelve samples: a chain of a few epochs, not of hundreds.
dcomp compress "$FIX/dense.dcm" --data digits:12 --effort 0.01 -o c.dcm -j1 -v > out 2> err ||
    [ $? = 1 ]
[ "$(grep -c '^epoch' err)" -le 60 ]
