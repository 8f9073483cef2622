# SPDX-License-Identifier: MIT
# Two outputs of one command are two files, however they are called.
. "$CLI/lib.sh"
M=$FIX/dense.dcm D="--data digits:60 -j1"
mkdir d
ln -s d e
E="dcomp eval $M $D"
says 2 "'--dump-output' and '--predictions' are both" $E --dump-output p --predictions p
says 2 "are both" $E --dump-output p --predictions ./p -f
says 2 "are both" $E --dump-output d/p --predictions e/p -f
says 2 "are both" $E --dump-output p --dump-input "$PWD/p"
says 2 "are both" dcomp compress "$M" $D -o p --dump-input p -f
says 2 "are both" dcomp train "$FIX/tiny.json" $D -o p --dump-input p
says 2 "are both" dcomp sensitivity "$M" $D --plot p --dump-input p
says 2 "are both" dcomp simulate "$FIX/small.dcm" $D --trace p --plot p
echo 1 > one
ln one two
says 2 "are both" $E --dump-output one --predictions two -f
# What a file is called must not lie about what is written to it.
says 2 "'--dump-output' writes .npy, and 'y.csv' ends otherwise" $E --dump-output y.csv
says 2 "writes .csv" $E --predictions y.npy
says 2 "writes .png" $E --dump-input y.jpg
says 2 "writes .png" dcomp sensitivity "$M" $D --plot y.PDF
says 2 "writes .vcd" dcomp simulate "$FIX/small.dcm" $D --trace y.png
dcomp eval "$M" $D --dump-output /dev/null --predictions c.CSV --dump-input plain -q > out
only d e one two out c.CSV plain
