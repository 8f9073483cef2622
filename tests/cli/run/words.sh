# SPDX-License-Identifier: MIT
# A model of words: the next word, and words with blanks between them.
. "$CLI/lib.sh"
printf 'The cat sees a dog. The dog sees a bird.\n%.0s' 1 2 3 4 5 6 7 8 > learn.txt
cat > net.json <<'END'
{"name": "words", "input": {"shape": [6]}, "layers": [
 {"name": "symbols", "op": "embedding", "n_symbols": 9, "n_outputs": 6},
 {"name": "gates", "op": "linear", "n_outputs": 32, "axis": 1},
 {"name": "gru", "op": "lstm", "forget_bias": 1},
 {"name": "next", "op": "linear", "n_outputs": 9, "axis": 1},
 {"name": "softmax", "op": "softmax", "axis": 1}]}
END
dcomp train net.json --data words:learn.txt --epochs 40 --batch 4 --optimizer adam --lr 0.03 \
    --holdout 1 --test 1 -j1 -o m.bin -q > talk
echo 'the cat sees a' | dcomp run m.bin - --generate 7 --temperature 0 > out
sed -n 4p out | awk '{ print ($1 > 90), $3 }'
tail -1 out
echo '   ' > blank.txt
says 3 "'blank.txt' has no words" dcomp run m.bin blank.txt
