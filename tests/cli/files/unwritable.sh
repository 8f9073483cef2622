# SPDX-License-Identifier: MIT
# What cannot be written: no folder, a folder that refuses, a device that is full.
. "$CLI/lib.sh"
M=$FIX/dense.dcm
says 4 "no/x.dcm" dcomp encode "$M" -o no/x.dcm
says 4 "no/x.dcm" dcomp train "$FIX/tiny.json" --data digits:60 --epochs 1 -o no/x.dcm
says 4 "/proc/x.dcm" dcomp encode "$M" -o /proc/x.dcm
says 4 "No space left" dcomp encode "$M" -o /dev/full
says 4 "No space left" dcomp prune "$M" -o /dev/full --density 0.1 --data digits:600 -q
says 2 "standard output is for results" dcomp encode "$M" -o -
mkdir shut
chmod 555 shut
[ -w shut ] || says 4 "shut/x.dcm" dcomp encode "$M" -o shut/x.dcm
only shut
rmdir shut
code 0 dcomp encode "$M" -o /dev/null
only
