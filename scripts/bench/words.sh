#!/bin/sh
# SPDX-License-Identifier: MIT
# A language model of words, an LSTM of 512 cells as NeuralTalk's, pruned to several densities: the
# share of weights that go against the perplexity, as rows of a table and a chart.
# words.sh [OUT.png [DENSITIES]]. Needs $DCOMP_DATA (text/); EPOCHS and AGAIN are epochs of the
# dense training and after each pruning, OUT a folder that keeps what is there already.
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
dcomp=$build/dcomp
chart=${1:-words.png}
densities=${2:-0.5 0.3 0.2 0.15 0.1 0.05 0.03}
folder=${OUT:-words}
epochs=${EPOCHS:-6} again=${AGAIN:-2}
text=$DCOMP_DATA/text
data=words:$text/shakespeare.txt
cmake --build "$build" --target dcomp bench_chart >&2
mkdir -p "$folder"
training="--optimizer adam --batch 32 --weight-decay 0 --clip 5 -q"

# Of the end of the text, which training does not see (a twelfth, 1,051 samples).
perplexity()
{
    "$dcomp" eval "$1" --data "$data" --test 1000 --json -q |
        python3 -c "import json, sys; print('%.2f' % json.load(sys.stdin)['perplexity'])"
}

model=$folder/dense.bin
# shellcheck disable=SC2086
[ -e "$model" ] || "$dcomp" train "$root/models/words-lstm.json" --data "$data" \
    --epochs "$epochs" --lr 0.002 $training -o "$model" >&2
echo "| weights that go | perplexity | 4-bit shared, coded: bytes | perplexity | ratio |" >&2
dense=$(perplexity "$model")
bytes=$(wc -c < "$model")
echo "| 0 | $dense | $bytes | | |" >&2
{
    echo "pruned and retrained,0,$dense"
    before=$model
    for density in $densities; do
        pruned=$folder/pruned-$density.dcm trained=$folder/trained-$density.dcm
        small=$folder/small-$density.dcm
        [ -e "$trained" ] || {
            "$dcomp" prune "$before" --density "$density" -q -f -o "$pruned" >&2
            # shellcheck disable=SC2086
            "$dcomp" retrain "$pruned" --data "$data" --epochs "$again" --lr 0.001 \
                $training -f -o "$trained" >&2
        }
        [ -e "$small" ] || "$dcomp" quantize "$trained" --bits 4 --init density -q -o "$small" >&2
        gone=$(python3 -c "print('%g' % (100 - 100 * $density))")
        loss=$(perplexity "$trained")
        n=$(wc -c < "$small")
        ratio=$(python3 -c "print('%.1f' % ($bytes / $n))")
        echo "| $gone % | $loss | $n | $(perplexity "$small") | ${ratio}x |" >&2
        echo "pruned and retrained,$gone,$loss"
        before=$trained
    done
} | "$build/tests/bench/bench_chart" "LSTM of 512 cells on words, pruned" \
    "weights that go [%]" "perplexity" "$chart"
