# SPDX-License-Identifier: MIT
# A wrong value names the option as the user wrote it, and its range or its words.
. "$CLI/lib.sh"
M=$FIX/dense.dcm
says 2 "'--density' must be 0 to 1, not 2" dcomp prune "$M" -o o.dcm --density 2
says 2 "'--density' must be 0 to 1, not -0.5" dcomp prune "$M" -o o.dcm --density=-0.5
says 2 "--density: 'x' needs a number" dcomp prune "$M" -o o.dcm --density x
says 2 "'--gap-bits' must be 0 to 8 bits, not 9" dcomp encode "$M" -o o.dcm --gap-bits 9
says 2 "gaps of 1 bits, must be from 2 to 8" dcomp encode "$M" -o o.dcm --gap-bits 1
says 2 "'--coder' is one of best|raw|huffman" dcomp encode "$M" -o o.dcm --coder zip
says 2 "9 bits for 'conv1' are not a whole number in 1..8" dcomp quantize "$M" -o o.dcm --bits 9
says 2 "not a whole number" dcomp quantize "$M" -o o.dcm --bits 2.5
says 2 "'--jobs' must be 0 to 1024, not 4096" dcomp inspect "$M" -j 4096
says 2 "'--jobs' takes a whole number, not 'two'" dcomp inspect "$M" --jobs two
says 2 "'--limit' must be 1 or more samples, not -3" dcomp eval "$M" --data digits:60 --limit -3
says 2 "'--jobs' must be 0 to 1024, not -1" dcomp inspect "$M" --jobs -1
says 2 "'--seed' must be 0 or more, not -1" \
    dcomp train "$FIX/tiny.json" --data digits -o o --seed -1
says 2 "'--seed' is too large: " \
    dcomp train "$FIX/tiny.json" --data digits -o o --seed 99999999999999999999
says 2 "'--jobs' takes a whole number, not '-'" dcomp inspect "$M" --jobs -
for option in limit holdout test; do
    says 2 "'--$option' must be 1 or more samples, not 0" \
        dcomp sensitivity "$M" --data digits:60 --$option 0
done
says 2 "'--global-density' must be" dcomp prune "$M" -o o.dcm --global-density 0
says 2 "'--max-bytes' must be 1 or more bytes, not 0" dcomp compress "$M" --max-bytes 0
says 2 "'--min-top1' must be 0 to 100 percent, not 101" \
    dcomp eval "$M" --data digits --min-top1 101
says 2 "'--lr' takes a number, not 'nan'" \
    dcomp train "$FIX/tiny.json" --data digits -o o.dcm --lr nan
says 2 "'--batch' must be 1 to 65536 samples" \
    dcomp train "$FIX/tiny.json" --data digits -o o --batch 0
says 2 "unknown processor level 'i386'" dcomp inspect "$M" --cpu i386
says 2 "unknown backend" dcomp inspect "$M" --backend cuda
for name in DCOMP_CPU=i386 DCOMP_BACKEND=cuda; do
    env $name dcomp eval "$M" --data digits:60 2> err > /dev/null
    grep -c "^dcomp: warning: ${name%=*} is ignored: unknown .* '${name#*=}'" err | grep -qx 1
    rm err
done
says 2 "unknown kind of data 'mnist'" dcomp eval "$M" --data mnist
says 2 "'digits' takes a number" dcomp eval "$M" --data digits:x
says 2 "'digits' takes a number" dcomp eval "$M" --data digits:0
only
