# SPDX-License-Identifier: MIT
# Options may stand anywhere, be cut short, and flags that are on can be turned off.
cp "$FIX/dense.dcm" m.dcm
dcomp prune --densi=0.1 m.dcm -oa.dcm -q --remove-dead > /dev/null
dcomp prune -q -o b.dcm --density 0.1 -- m.dcm > /dev/null
cmp a.dcm b.dcm
dcomp prune m.dcm -o c.dcm --density fc1=0.001 --no-remove-dead -q > /dev/null
dcomp prune m.dcm -o d.dcm --density fc1=0.001 -q > /dev/null
dcomp inspect c.dcm --json | grep '"weights"'
dcomp inspect d.dcm --json | grep '"weights"'
