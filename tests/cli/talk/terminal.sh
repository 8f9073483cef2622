# SPDX-License-Identifier: MIT
# On a terminal a progress line rewrites itself and is gone at the end; NO_COLOR takes colour away.
# Some containers have no pseudo-terminals.
. "$CLI/lib.sh"
script -qec true log > /dev/null 2>&1 < /dev/null || exit 0
cp "$FIX/dense.dcm" m.dcm
script -qec 'dcomp compress m.dcm -o a.dcm > /dev/null' log > /dev/null < /dev/null
grep -q "$(printf '\033\\[33m')warning" log
NO_COLOR=1 script -qec 'dcomp compress m.dcm -o b.dcm > /dev/null' log > /dev/null < /dev/null
grep -q 'dcomp: warning: no labelled' log
not grep -q "$(printf '\033\\[33m')" log
script -qec 'dcomp eval m.dcm --data digits:60 -j1 > /dev/null' log > /dev/null < /dev/null
grep -q 'evaluate 100%' log
tail -c 200 log | grep -q "$(printf '\r\033\\[K')"
script -qec 'dcomp eval m.dcm --data digits:60 -j1 -q > /dev/null' log > /dev/null < /dev/null
not grep -q 'evaluate' log
# The line says where the whole is, and is never wider than the terminal.
script -qec 'stty cols 50; dcomp train '"$FIX"'/tiny.json --data digits:6000 --epochs 2 --batch 4 \
    -j1 -o t.dcm > /dev/null' log > /dev/null < /dev/null
tr '\r' '\n' < log | sed "s/^$(printf '\033\\[K')//" > lines
grep -q '^train  epoch [12]/2  *[0-9]*%' lines
not grep -q '^train.\{45\}' lines
