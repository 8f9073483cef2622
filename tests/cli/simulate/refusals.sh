# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
# What cannot be simulated, and why, in one line with the right exit code.
M="$FIX/small.dcm --code-bits 5"
says 2 "'--machine' is one of eie" dcomp simulate $M --machine tpu
says 2 "'--machine' is one of eie" dcomp simulate $M --machine=
says 2 "'--pes' must be 1 to 1024" dcomp simulate $M --pes 0
says 2 "'--pes' must be 1 to 1024" dcomp simulate $M --pes 1025
says 2 "'--fifo-depth' must be 2" dcomp simulate $M --fifo-depth 1
says 2 "power of two" dcomp simulate $M --sram-width 48
says 6 "or requantize (--requantize)" dcomp simulate "$FIX/dense.dcm"
# eval has no such option, and does not advise it.
says 6 "make the file with 'dcomp compress' or 'dcomp quantize'" \
    dcomp eval "$FIX/dense.dcm" --data digits:60 --engine fixed16
got=0
dcomp eval "$FIX/dense.dcm" --data digits:60 --engine fixed16 > out 2> err || got=$?
[ $got = 6 ] && ! grep requantize err
rm out err
says 2 "--requantize" dcomp simulate "$FIX/small.dcm" --code-bits 4
says 3 "cut.dcm" dcomp simulate "$FIX/cut.dcm"
says 4 "nothing.dcm" dcomp simulate nothing.dcm
says 5 "does not fit" dcomp simulate $M --strict-fit --pes 1 --spmat-bytes 100
dcomp simulate $M --pes 1 --spmat-bytes 100 | grep -q 'does not fit: Spmat need'
says 2 "must say what to simulate" dcomp simulate
says 2 "exclude each other" dcomp simulate $M --benchmark
says 2 "OUTPUTSxINPUTS" dcomp simulate --layer 10
says 2 "no parameter 'width'" dcomp simulate $M --sweep width=1..2
says 2 "beginning of" dcomp simulate $M --sweep p=1..2
says 2 "goes up" dcomp simulate $M --sweep pes=8..2
says 2 "must be 2" dcomp simulate $M --sweep fifo=1,2
says 2 "needs one run" dcomp simulate $M --sweep pes=1..2 --trace t.vcd
says 2 "'--sweep pes' and '--pes' exclude each other" dcomp simulate $M --sweep pes=1..2 --pes 4
says 2 "code_bits=2: '" dcomp simulate "$FIX/small.dcm" --sweep code-bits=8,2
says 2 "contradict" dcomp simulate $M --data digits:60 --input x.npy
says 2 "OUTPUTSxINPUTS" dcomp simulate --layer -5x10
says 2 "for a synthetic layer" dcomp simulate $M --density 0.5
says 2 "inputs are given" dcomp simulate $M --data digits:60 --act-density 0.5
says 2 "takes no data" dcomp simulate --layer 5x10 --limit 3
says 2 "'--trace-from' needs '--trace'" dcomp simulate $M --trace-from 10
code 2 dcomp simulate $M --compare --json
says 5 "too large to be laid out" dcomp simulate --layer 1x900000 --pes 1024 --density 0.00001

# npy FILE SHAPE WORD N: a float32 array of N times the same four bytes.
npy() {
    printf '\223NUMPY\001\000\166\000%-117s\n' \
        "{'descr': '<f4', 'fortran_order': False, 'shape': ($2), }" > "$1"
    for _ in $(seq "$4"); do printf "$3"; done >> "$1"
}
npy x.npy '1, 5' '\000\000\000\000' 5
code 2 dcomp simulate $M --input x.npy # the wrong length
npy x.npy '1, 1, 28, 28' '\000\000\200\177' 784
says 3 "value 0 of sample 0 of 'npy:x.npy (1 sample)' is infinite" dcomp simulate $M --input x.npy
npy x.npy '1, 1, 28, 28' '\000\000\300\177' 784
says 3 "value 0 of sample 0 of 'npy:x.npy (1 sample)' is not a number" \
    dcomp eval "$FIX/small.dcm" --engine fixed16 --data npy:x.npy
npy x.npy '1, 1, 28, 28' '\002\000\000\000' 784 # too small for any format
dcomp simulate $M --input x.npy -q | grep -q '^outputs equal'
cp x.npy kept.npy
code 2 dcomp simulate $M --input x.npy --trace x.npy -f
code 2 dcomp simulate $M --data npy:x.npy --plot x.npy -f
code 2 dcomp eval "$FIX/small.dcm" --data npy:x.npy --dump-output x.npy -f
code 2 dcomp simulate $M --trace both --plot both
same x.npy kept.npy
only kept.npy x.npy
