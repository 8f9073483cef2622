# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
cp "$FIX/tiny.json" .
for pair in TERM:143 HUP:129; do
    got=0
    stop ${pair%:*} file:o.dcm.work/epoch.ckpt \
        dcomp train tiny.json --data digits:600 -j1 --epochs 100000 \
        --checkpoint-seconds 0 -o o.dcm 2> err || got=$?
    [ $got = ${pair#*:} ] || { echo "$pair: $got"; cat err; }
    [ -e o.dcm.work/epoch.ckpt ]
    rm -r err o.dcm.work
    only tiny.json
done
