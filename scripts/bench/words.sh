#!/bin/sh
# SPDX-License-Identifier: MIT
# A language model of words, an LSTM of 512 cells as NeuralTalk's, pruned further and further with
# the dense one as teacher: the share of weights that go against the perplexity, as rows of a table
# and a chart. words.sh [OUT.png [DENSITIES]]. Needs $DCOMP_DATA (text/); EPOCHS are those of the
# dense training, AGAIN those after each pruning, OUT a folder that keeps what is there already.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
dcomp=$build/dcomp
chart=${1:-words.png}
densities=${2:-0.3 0.1 0.03}
folder=${OUT:-words}
epochs=${EPOCHS:-4} again=${AGAIN:-2}
text=$DCOMP_DATA/text
data=words:$text/shakespeare.txt
cmake --build "$build" --target dcomp bench_chart >&2
mkdir -p "$folder"
training="--optimizer adam --batch 32 --weight-decay 0 --clip 5 --lr 0.002 -q"

# Of the end of the text, which training does not see (1,000 samples).
perplexity()
{
    "$dcomp" eval "$1" --data "$data" --test 1000 --json -q |
        python3 -c "import json, sys; print('%.2f' % json.load(sys.stdin)['perplexity'])"
}

dense=$folder/dense.bin
# shellcheck disable=SC2086
[ -e "$dense" ] || "$dcomp" train "$root/models/words-lstm.json" --data "$data" \
    --epochs "$epochs" $training -o "$dense" >&2
n_dense=$(wc -c < "$dense")
score=$(perplexity "$dense")
echo "| weights that go | perplexity | 4-bit shared, coded: bytes | perplexity | ratio |" >&2
echo "|---|---|---|---|---|" >&2
echo "| 0 | $score | $n_dense (float32) | | |" >&2
{
    echo "pruned and trained,0,$score"
    before=$dense
    for density in $densities; do
        pruned=$folder/pruned-$density.dcm small=$folder/small-$density.dcm
        # shellcheck disable=SC2086
        [ -e "$pruned" ] || "$dcomp" gradual "$before" --data "$data" --density "$density" \
            --steps 2 --epochs-per-step 1 --epochs "$again" --teacher "$dense" --temperature 1 \
            --no-remove-dead $training -o "$pruned" >&2
        [ -e "$small" ] || {
            "$dcomp" quantize "$pruned" --bits 4 --init density -q -f -o "$folder/shared.dcm" >&2
            "$dcomp" encode "$folder/shared.dcm" -q -o "$small" >&2
        }
        gone=$(python3 -c "print('%g' % (100 - 100 * $density))")
        score=$(perplexity "$pruned")
        n=$(wc -c < "$small")
        ratio=$(python3 -c "print('%.1f' % ($n_dense / $n))")
        echo "| $gone % | $score | $n | $(perplexity "$small") | ${ratio}x |" >&2
        echo "pruned and trained,$gone,$score"
        before=$pruned
    done
} | "$build/tests/bench/bench_chart" "LSTM of 512 cells on words, pruned" \
    "weights that go [%]" "perplexity" "$chart"
