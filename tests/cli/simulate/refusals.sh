# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
# What cannot be simulated, and why, in one line with the right exit code.
M="$FIX/small.dcm --code-bits 5"
says 2 "'--pes' must be 1 to 1024" dcomp simulate $M --pes 0
says 2 "'--pes' must be 1 to 1024" dcomp simulate $M --pes 1025
says 2 "'--fifo-depth' must be 2" dcomp simulate $M --fifo-depth 1
says 2 "power of two" dcomp simulate $M --sram-width 48
says 6 "dcomp compress" dcomp simulate "$FIX/dense.dcm"
says 2 "--requantize" dcomp simulate "$FIX/small.dcm" --code-bits 4
says 3 "cut.dcm" dcomp simulate "$FIX/cut.dcm"
says 4 "nothing.dcm" dcomp simulate nothing.dcm
says 5 "does not fit" dcomp simulate $M --strict --pes 1 --spmat-bytes 100
dcomp simulate $M --pes 1 --spmat-bytes 100 | grep -q 'does not fit: Spmat need'
says 2 "must say what to simulate" dcomp simulate
says 2 "exclude each other" dcomp simulate $M --benchmark
says 2 "OUTPUTSxINPUTS" dcomp simulate --layer 10
says 2 "no parameter 'width'" dcomp simulate $M --sweep width=1..2
says 2 "beginning of" dcomp simulate $M --sweep p=1..2
says 2 "goes up" dcomp simulate $M --sweep pes=8..2
says 2 "must be 2" dcomp simulate $M --sweep fifo=1,2
says 2 "wants one run" dcomp simulate $M --sweep pes=1..2 --trace t.vcd
says 2 "contradict" dcomp simulate $M --data digits:60 --input x.npy
# an input of the wrong length
printf '\223NUMPY\001\000\166\000%-117s\n' \
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 5), }" > x.npy
printf '%20s' '' | tr ' ' '\000' >> x.npy
code 2 dcomp simulate $M --input x.npy
only x.npy
