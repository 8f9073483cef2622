# SPDX-License-Identifier: MIT
# A file that is larger than its weights is not called smaller.
. "$CLI/lib.sh"
cat > small.json <<'END'
{"name": "small", "input": {"shape": [1, 28, 28]},
 "layers": [{"name": "pool", "op": "global_average_pool"},
            {"name": "fc", "op": "linear", "n_outputs": 10}]}
END
dcomp train small.json --data digits:60 -o small.bin --epochs 0 -q -j1 > out
{
    dcomp compress small.bin -o small.dcm -q
    dcomp compress "$FIX/dense.dcm" -o dense.dcm -q
} | sed 's/[0-9,]* bytes, [0-9.]*x/N bytes, Nx/; s/[0-9.]* s$/N s/'
