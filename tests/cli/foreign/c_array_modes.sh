# SPDX-License-Identifier: MIT
# A C array names the modes that run it: others for layers over time, and float32 alone where
# integers do not have all curves.
. "$CLI/lib.sh"
dcomp export "$FIX/small.dcm" -o small.h -q > /dev/null
grep 'MODE ' small.h
for curve in tanh=16 relu=5; do
    number=${curve#*=} curve=${curve%=*}
    cat > $curve.json <<END
{ "name": "rows", "input": { "shape": [1, 28, 28], "scale": 0.004 },
  "layers": [
    { "name": "steps", "op": "reshape", "dims": [28, 28] },
    { "name": "gates", "op": "linear", "n_outputs": 6, "axis": 1 },
    { "name": "rnn", "op": "rnn", "cell_curve": $number },
    { "name": "last", "op": "last" },
    { "name": "fc", "op": "linear", "n_outputs": 10 } ] }
END
    dcomp train $curve.json --data digits:60 -o $curve.bin --epochs 1 -q > /dev/null
    dcomp export $curve.bin -o $curve.h -q > /dev/null
    grep -E 'MODE|do not|#define [A-Z]*_(MODEL|WORK)_BYTES' $curve.h
done
