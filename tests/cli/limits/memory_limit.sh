# SPDX-License-Identifier: MIT
# --memory-limit is kept to, names itself, and allows a file to ask for all of it.
. "$CLI/lib.sh"
within() {
    python3 "$CLI/limits/within.py" "$@"
}
cat > wide.json <<'END'
{"name": "wide", "input": {"shape": [1, 28, 28]},
 "layers": [{"name": "fc1", "op": "linear", "n_outputs": 30000, "bias": false},
            {"name": "fc2", "op": "linear", "n_outputs": 10}]}
END
# 95 MB of weights. Hardly one that is not 0: the writer says what reading will ask for, and its own
# reader takes it all the same.
dcomp train wide.json -o wide.dcm --data digits:100 --epochs 0 -q > out
dcomp prune wide.dcm -o thin.dcm --density 1e-9 --min-density 1e-9 --no-remove-dead 2> err > out
grep -q "'thin.dcm' has few bytes for what it asks for: to be read it needs --memory-limit" err
dcomp prune wide.dcm -o same.dcm --density 1e-9 --min-density 1e-9 --no-remove-dead \
    --memory-limit 2G 2> err > out
grep -q "'same.dcm' has few bytes" err # whoever reads it has not set a limit
same thin.dcm same.dcm
says 5 "over the expansion limit of 1000 for each (--memory-limit SIZE allows it)" \
    dcomp decode thin.dcm -o back.dcm
within 300 5 dcomp decode thin.dcm -o back.dcm --memory-limit 200M -q > out
dcomp diff thin.dcm back.dcm --memory-limit 1G > out
says 5 "more bytes than the memory limit of 52428800 leaves (--memory-limit)" \
    dcomp decode thin.dcm -o x.dcm --memory-limit 50M
says 5 "than the memory limit" dcomp decode wide.dcm -o x.dcm --memory-limit 100M
for command in "prune -o x.dcm --density 0.1" "quantize -o x.dcm" "export -o x.onnx" verify \
    "eval --data digits:50" "encode -o x.dcm"; do
    says 5 "memory limit of 40000000" within 100 5 dcomp ${command%% *} wide.dcm \
        $(echo "$command " | cut -d' ' -f2-) --memory-limit 40MB -q
done
says 5 "memory limit" within 150 5 dcomp train wide.json -o x.dcm --data digits:50 -q \
    --memory-limit 150M
# A small network on large pictures is no bomb, however small its file becomes; what is one is
# warned of when it is written.
cat > fields.json <<'END'
{"name": "fields", "input": {"shape": [3, 512, 512], "resize": "warp"},
 "layers": [{"name": "conv1", "op": "conv", "n_outputs": 32, "kernel": 3, "pad": 1},
            {"name": "relu1", "op": "relu"},
            {"name": "conv2", "op": "conv", "n_outputs": 32, "kernel": 3, "pad": 1},
            {"name": "relu2", "op": "relu"},
            {"name": "pool", "op": "global_average_pool"},
            {"name": "fc", "op": "linear", "n_outputs": 10}]}
END
dcomp train fields.json -o fields.dcm --data digits:60 --epochs 0 --batch 1 -q > out
dcomp quantize fields.dcm -o fields4.dcm -q > out
dcomp eval fields4.dcm --data digits:2 -q > out
sed 's/512, 512/800, 800/' fields.json > large.json
dcomp train large.json -o large.dcm --data digits:60 --epochs 0 --batch 1 2> err > out
grep -q "'large.dcm' has few bytes for what it asks for: to be run it needs --memory-limit" err
says 5 "the values of a sample take" dcomp eval large.dcm --data digits:2
dcomp eval large.dcm --data digits:2 --memory-limit 3G > out
# What is left over is enough for small work.
dcomp train "$FIX/tiny.json" -o t.dcm --data digits:100 --epochs 1 -q --memory-limit 16M > out
dcomp eval t.dcm --data digits:100 -q --memory-limit 16M > out
says 2 "'--memory-limit' takes a number of bytes, as 500000, 400M or 2G, not '2X'" \
    dcomp verify t.dcm --memory-limit 2X
says 2 "must be 1 or more bytes" dcomp verify t.dcm --memory-limit 0
dcomp verify t.dcm --memory-limit 16000k > out
only back.dcm err fields.dcm fields.json fields4.dcm large.dcm large.json out same.dcm t.dcm \
    thin.dcm wide.dcm wide.json
