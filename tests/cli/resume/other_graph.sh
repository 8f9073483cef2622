# SPDX-License-Identifier: MIT
# Another architecture with weights of the same shapes: nothing is taken over from the killed run.
. "$CLI/lib.sh"
run='dcomp train arch.json --data digits:600 --epochs 40 --lr 0.05 --batch 16
    -j1 --checkpoint-seconds 0'
cp "$FIX/tiny.json" arch.json
got=0
stop KILL file:o.dcm.work/epoch.ckpt $run -o o.dcm 2> err || got=$?
[ $got = 137 ] || { echo "exit $got"; cat err; }
sed 's/max_pool/average_pool/' "$FIX/tiny.json" > arch.json
says 2 "the input model is not the same" $run -o o.dcm --resume
[ -e o.dcm.work/epoch.ckpt ]
$run -o o.dcm -f -q > out
$run -o whole.dcm -q > out
same o.dcm whole.dcm
