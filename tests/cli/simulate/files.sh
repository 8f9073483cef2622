# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
# What simulate writes: a trace, charts, memory images; whole or not at all, and -f to replace.
M="$FIX/small.dcm --code-bits 5 --pes 4 -q -j1"
dcomp simulate $M --trace t.vcd --trace-cycles 50 --plot p.png --emit-sram sram > out
[ "$(grep -c '^#' t.vcd)" = 50 ]
grep -q enddefinitions t.vcd
[ "$(head -c 4 p.png | tail -c 3)" = PNG ]
ls sram
ls sram/fc1
says 2 "-f replaces it" dcomp simulate $M --trace t.vcd
says 2 "-f replaces it" dcomp simulate $M --plot p.png
says 2 "-f replaces it" dcomp simulate $M --emit-sram sram
dcomp simulate $M --trace t.vcd --plot p.png --emit-sram sram -f > out
says 4 "cannot write" dcomp simulate $M --trace none/t.vcd
cp "$FIX/small.dcm" same.dcm
code 2 dcomp simulate same.dcm --code-bits 5 --trace same.dcm -f
same same.dcm "$FIX/small.dcm"
rm same.dcm
rm -r out t.vcd p.png sram
dcomp simulate --layer 50x60 --sweep pes=1..4 --plot s.png -q > out
dcomp simulate --layer 50x60 --sweep precision=8,16,32 --plot p.png -q > out
dcomp simulate --layer 50x60 --sweep index-bits=2,3,4 --plot i.png -q > out
only i.png out p-error.png p.png s-balance.png s-padding.png s.png
