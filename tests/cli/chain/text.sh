# SPDX-License-Identifier: MIT
# A language model from the text to the small file: its symbols are the model's class names, its
# score is bits a symbol, and a text without the symbols of the model is refused.
. "$CLI/lib.sh"
python3 - <<'END'
import random
random.seed(3)
def text(n):
    words = ["the cat", "a dog", "the bird", "one fish"]
    return "".join(random.choice(words) + " " + random.choice(["sees", "eats"]) + " " +
                   random.choice(words) + ".\n" for _ in range(n))
open("train.txt", "w").write(text(700))
open("test.txt", "w").write(text(120))
END
cat > net.json <<'END'
{"name": "next", "input": {"shape": [16]}, "layers": [
 {"name": "symbols", "op": "embedding", "n_symbols": 24, "n_outputs": 12},
 {"name": "gates", "op": "linear", "n_outputs": 96, "axis": 1},
 {"name": "lstm", "op": "lstm", "forget_bias": 1},
 {"name": "next", "op": "linear", "n_outputs": 24, "axis": 1}]}
END
D=text:train.txt,test.txt
train="--optimizer adam --batch 16 -j1 -q"
dcomp train net.json --data $D --epochs 8 --lr 0.01 ${train% -q} -o m.bin > talk
grep -q '^validation: .* bits a character' talk
# at_most MODEL BITS OPTION...
at_most() {
    model=$1 most=$2
    shift 2
    dcomp eval "$model" --data $D --json -q "$@" > out
    python3 -c "
import json, math
r = json.load(open('out'))
assert r['bits'] <= $most, r['bits']
assert abs(r['bits'] - r['loss'] / math.log(2)) < 1e-9 and r['perplexity'] > 1"
}
at_most m.bin 0.75
at_most m.bin 0.75 --backend ref
dcomp eval m.bin --data $D > out
grep -q 'bits a character  perplexity' out
dcomp prune m.bin --density 0.3 -o p.dcm -q > talk
dcomp retrain p.dcm --data $D --epochs 4 --lr 0.005 $train -o r.dcm > talk
dcomp quantize r.dcm --bits 5 -o q.dcm -q > talk
dcomp verify q.dcm > talk
at_most q.dcm 0.85
dcomp compress m.bin --data $D --max-bytes 2500 --effort 0.02 -j1 -o c.dcm -q > talk
[ "$(wc -c < c.dcm)" -le 2500 ]
# Symbols belong to the model: a stripped file has them, a foreign one too, and a model that has
# none takes them from the training text, whichever part is read.
symbols() {
    dcomp eval "$1" --data text:other.txt --json -q > out
    python3 -c "import json; print('%.5f' % json.load(open('out'))['loss'])"
}
printf 'the bird sees a dog.\n' > other.txt
whole=$(symbols q.dcm)
dcomp encode q.dcm --strip -o stripped.dcm -q > talk
[ "$(symbols stripped.dcm)" = "$whole" ]
dcomp export m.bin -o m.onnx -q > talk
dcomp import m.onnx -o back.bin -q > talk
[ "$(symbols back.bin)" = "$(symbols m.bin)" ]
dcomp inspect c.dcm > out # compressed below 16 KiB, so stripped
at_most c.dcm 4
dcomp export m.bin -o m.safetensors -q > talk
dcomp import m.safetensors --arch net.json -o unnamed.bin -q > talk
printf 'a dog sees one fish.\n' > few.txt
dcomp eval m.bin --data text:train.txt,few.txt --json -q > named
dcomp eval unnamed.bin --data text:train.txt,few.txt --json -q > out
python3 -c "
import json
assert json.load(open('out'))['loss'] == json.load(open('named'))['loss']"
# Its 24 outputs are of each step, and samples are counted as eval counts them.
dcomp inspect m.bin | grep -q '24 classes at each of 16 steps$'
dcomp inspect m.bin --json > out
python3 -c "
import json
r = json.load(open('out'))
assert (r['n_classes'], r['n_steps'], r['n_classes_per_step']) == (384, 16, 24), r"
dcomp retrain m.bin --data text:train.txt --epochs 1 --holdout 7 -v ${train% -q} -o v.bin \
    > talk 2> err
grep -q '(7 samples held out)' talk
grep -q ' samples/s' err
not grep -q 'images/s' err
# The names went with the model: another text is read by them.
printf 'the bird sees a dog.\n' > other.txt
dcomp eval q.dcm --data text:other.txt --json -q > out
printf 'the zebra\n' > other.txt
dcomp eval q.dcm --data text:other.txt --json -q > out # z is <unk>
python3 -c "import json; assert json.load(open('out'))['bits'] > 1"
printf 'a\377\n' > other.txt
says 3 'line 1' dcomp eval q.dcm --data text:other.txt
printf 'a\000b\n' > other.txt
says 3 "line 1 of 'other.txt' has a byte of 0" dcomp eval q.dcm --data text:other.txt
printf '%60s a' | tr ' ' Q > other.txt
dcomp eval q.dcm --data text:other.txt 2> err > out
grep -q '^dcomp: warning: .* % of the characters' err
says 2 'are characters' dcomp eval q.dcm --data words:test.txt
sed 's/"n_symbols": 24/"n_symbols": 10/' net.json > few.json
says 2 'different characters, the model 10 symbols in its embedding' \
    dcomp train few.json --data $D -o few.bin
says 2 'needs a file' dcomp eval q.dcm --data text:
says 2 'no symbols' dcomp eval "$SRC/models/lenet-5.dcm" --data text:train.txt
