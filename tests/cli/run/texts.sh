# SPDX-License-Identifier: MIT
# What comes next after a text, however long it is and however few steps the model has; what it goes
# on with; and texts that cannot be read.
. "$CLI/lib.sh"
make() { python3 "$CLI/run/make_input.py" "$@"; }
printf 'the cat sees a dog.\nthe dog sees a cat.\n%.0s' 1 2 3 4 5 6 7 8 9 > learn.txt
net() { # net STEPS
    cat <<END
{"name": "next", "input": {"shape": [$1]}, "layers": [
 {"name": "symbols", "op": "embedding", "n_symbols": 16, "n_outputs": 6},
 {"name": "gates", "op": "linear", "n_outputs": 48, "axis": 1},
 {"name": "lstm", "op": "lstm", "forget_bias": 1},
 {"name": "next", "op": "linear", "n_outputs": 16, "axis": 1}]}
END
}
net 32 > long.json
net 5 > short.json
dcomp train long.json --data text:learn.txt --epochs 30 --batch 4 --optimizer adam --lr 0.03 \
    --holdout 1 --test 1 -j1 -o long.bin -q > talk
dcomp export long.bin -o w.safetensors -q > talk
printf '%s\n' '\n' '\s' . a c d e g h o s t '<unk>' '' '' '' > names
dcomp import w.safetensors --arch short.json --class-names names -o short.bin -q > talk
# The same network with 32 steps and with 5 says the same: it carries on what it has read.
printf 'the dog sees a ca' > t.txt
dcomp run long.bin t.txt --top 3 | tail -n +2 > want
dcomp run short.bin t.txt --top 3 | tail -n +2 > have
same want have
[ "$(awk 'NR == 3 { print $3 }' want)" = t ] || cat want
dcomp run short.bin - < t.txt --top 3 | tail -n +2 > have
same want have
dcomp run short.bin t.txt t.txt --top 1 | tail -2 | awk '{ print $1, $4 }'
dcomp run short.bin t.txt --backend ref --top 3 | tail -n +2 > have
same want have
# Alone the last symbols would say something else.
printf 's a ca' > end.txt
dcomp run short.bin end.txt --numbers > alone
dcomp run short.bin t.txt --numbers > whole
not cmp -s alone whole
# Going on: the likeliest ones are the same for both; what is drawn follows from the seed.
dcomp run long.bin t.txt --generate 20 --temperature 0 | tail -1
dcomp run short.bin t.txt --generate 20 --temperature 0 | tail -1
dcomp run short.bin t.txt --generate 40 --seed 3 --json > a
dcomp run short.bin t.txt --generate 40 --seed 3 --json -j3 > b
dcomp run short.bin t.txt --generate 40 --seed 4 --json > c
for f in a b c; do
    grep '"generated"' $f > $f.text
done
same a.text b.text
not cmp -s a.text c.text
# A network that carries nothing sees as many symbols as it has steps.
cat > bare.json <<'END'
{"name": "bare", "input": {"shape": [4]}, "layers": [
 {"name": "symbols", "op": "embedding", "n_symbols": 16, "n_outputs": 6},
 {"name": "next", "op": "linear", "n_outputs": 16, "axis": 1}]}
END
dcomp train bare.json --data text:learn.txt --epochs 1 --batch 4 --holdout 1 --test 1 -j1 \
    -o bare.bin -q > talk
dcomp run bare.bin t.txt --numbers | cut -c7- > want
printf 'a' > a.txt
dcomp run bare.bin a.txt --numbers | cut -c7- > have
same want have
dcomp run bare.bin t.txt --generate 9 --temperature 0 | tail -1 | wc -c
# The accelerator's arithmetic forgets: a text is its last symbols.
dcomp quantize short.bin --bits 4 -o shared.dcm -q > talk
dcomp run shared.dcm t.txt --engine fixed16 --numbers -q > want
printf ' a ca' > five.txt
dcomp run shared.dcm five.txt --engine fixed16 --numbers -q > have
[ "$(cut -d' ' -f2- want)" = "$(cut -d' ' -f2- have)" ]
# Folders, symbols of an array, and what is no text.
mkdir set
cp t.txt set/b.txt
cp learn.txt set/a.txt
echo no > set/notes
dcomp run short.bin set --top 1 | awk '{ print $1 }'
make npy x.npy '<i4' 2x5 3 11 1
dcomp run short.bin x.npy --top 1 | awk '{ print $1 }'
says 2 'is a picture, and the model takes 5: arrays (.npy), texts (.txt)' dcomp run short.bin \
    "$SRC/tests/pictures/fixtures/grey.png"
: > none.txt
says 3 "'none.txt' is empty" dcomp run short.bin none.txt
printf 'a\377b' > bytes.txt
says 3 "line 1 of 'bytes.txt' is not UTF-8" dcomp run short.bin bytes.txt
dcomp run short.bin learn.txt -q > talk
printf 'xyzq' > other.txt
dcomp run short.bin other.txt 2> err > out
grep -q '100 % of the characters' err
# A model of symbols without names knows no text.
dcomp import w.safetensors --arch short.json -o unnamed.bin -q > talk
says 3 "'t.txt' is nothing that the model takes (5: arrays (.npy))" dcomp run unnamed.bin t.txt
