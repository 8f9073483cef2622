# SPDX-License-Identifier: MIT
# One sample, one layer, one epoch: nouns after 1 are singular, wherever a number is printed; a loss
# beyond all measure can be read.
. "$CLI/lib.sh"
cat > one.json <<'END'
{"name": "one", "input": {"shape": [1, 28, 28]},
 "layers": [{"name": "fc", "op": "linear", "n_outputs": 10}]}
END
echo '{"stages": [{"stage": "retrain", "epochs": 1}]}' > r.json
D="--data digits:60 --holdout 1 -j1"
{
    dcomp train one.json -o 1.dcm $D --epochs 1 -v --lr 1e-6
    dcomp eval 1.dcm --data digits:60 --limit 1 -j1 -v --per-class
    dcomp quantize 1.dcm -o q.dcm --bits 1
    dcomp export q.dcm -o q.onnx
    dcomp import q.onnx
    dcomp inspect q.bin
    dcomp diff 1.dcm q.dcm
    dcomp simulate q.dcm --data digits:60 --limit 1 --pes 1
    dcomp compress 1.dcm -o c.dcm $D --recipe r.json --max-drop 100
    dcomp compress 1.dcm -o c.dcm -f $D --recipe r.json --dry-run
    dcomp compress 1.dcm -o c.dcm -f --max-bytes 1 || true
    dcomp train one.json -o 2.dcm --data digits:60 --limit 1 || true
} > log 2>&1
not grep -E '(^|[^0-9.,])1 [a-z]+s([ ,:)]|$)' log
for noun in 'sample in' 'sample of' 'sample)' 'sample held out' layer product PE epoch; do
    grep -q "\(^\|[^0-9.,]\)1 $noun" log || echo "no '1 $noun'"
done

dcomp train "$FIX/tiny.json" -o wild.dcm --data digits:60 --epochs 2 --lr 1000 -j1 | grep validation
dcomp eval wild.dcm --data digits:60 -j1 | grep loss
