# SPDX-License-Identifier: MIT
# A write that fails in training: exit 4, no output, and what a checkpoint holds is told.
. "$CLI/lib.sh"
for n in 1 2 3 5 8; do
    got=0
    DCOMP_FAULT=write:$n dcomp train "$FIX/tiny.json" --data digits:60 --epochs 2 -j1 -o o.dcm \
        --checkpoint-seconds 0 \
        > out 2> err || got=$?
    [ $got = 4 ] && grep -q '^dcomp: cannot' err || { echo "write:$n exit $got"; cat err; }
    if [ -e o.dcm.work ]; then
        grep -q -- "'o.dcm.work'; --resume" err || cat err
    fi
    rm -rf out err o.dcm.work
    only
done
