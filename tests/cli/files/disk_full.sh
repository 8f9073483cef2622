# SPDX-License-Identifier: MIT
# A file system of 16 KiB that overflows. Needs leave to mount; otherwise the size limit alone.
. "$CLI/lib.sh"
mkdir small
if mount -t tmpfs -o size=16k tmpfs small 2> /dev/null; then
    head -c 12000 /dev/zero > small/filler
    got=0
    dcomp decode "$FIX/small.dcm" -o small/o.dcm > out 2> err || got=$?
    ls -A small > have
    umount small
    [ $got = 4 ] && grep -q "^dcomp: cannot write .*: No space left" err || cat err
    [ "$(cat have)" = filler ] || cat have
fi
got=0
(ulimit -f 8 && exec dcomp decode "$FIX/small.dcm" -o o.dcm) > out 2> err || got=$?
[ $got = 4 ] && grep -q "^dcomp: cannot write 'o.dcm': File too large" err || cat err
rm -rf small out err have
only
