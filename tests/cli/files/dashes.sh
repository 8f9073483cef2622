# SPDX-License-Identifier: MIT
# "-" as a name: standard input, from a file or a pipe, for every model and JSON file, once; what
# is written, and samples, must have names.
. "$CLI/lib.sh"
S=$FIX/small.dcm D="--data digits:60 -j1"
cp "$S" m.dcm
cp "$FIX/tiny.json" a.json
echo '{"stages": [{"stage": "quantize", "bits": 4}]}' > r.json
# piped FILE COMMAND...: the same from a pipe as from a file.
piped() {
    input=$1
    shift
    cat "$input" | dcomp "$@" > piped 2> err || { echo "$*"; cat err; }
    dcomp "$@" < "$input" > fed 2> err || { echo "$*"; cat err; }
    [ -s piped ] && [ "$(wc -l < piped)" = "$(wc -l < fed)" ] || echo "not the same: $*"
    rm -rf piped fed err plots o.dcm
}
for command in inspect verify "encode -o o.dcm -f" "decode -o o.dcm -f" "export -o o.onnx -f" \
    "prune -o o.dcm -f --density 0.5" "quantize -o o.dcm -f" "compress -o o.dcm -f" \
    "eval $D" "simulate --code-bits 5" "sensitivity --densities 1 $D" "diff m.dcm" \
    "inspect --plots plots -f" "inspect m.dcm --plots plots -f --before" \
    "retrain m.dcm -o o.dcm -f --epochs 1 $D --teacher"; do
    piped m.dcm $command -
done
piped a.json train -o o.dcm -f --epochs 0 $D -
piped r.json compress m.dcm -o o.dcm -f --recipe -
rm o.onnx

twice="standard input ('-') can be read once, and is given twice"
says 2 "$twice" dcomp diff - -
says 2 "$twice" dcomp retrain m.dcm -o o.dcm --epochs 1 $D --teacher -,-
says 2 "$twice" dcomp inspect - --plots plots --before -
says 2 "$twice" dcomp retrain - --teacher - $D -o o.dcm
says 2 "$twice" dcomp compress - --recipe - -o o.dcm
says 2 "samples are files and folders, not standard input ('npy:-')" dcomp eval m.dcm --data npy:-
says 2 "not standard input ('npy:x,-')" dcomp eval m.dcm --data npy:x,-
says 2 "an import needs a file with a name, not standard input" dcomp import -
says 2 "standard input has no name to make an output's from (-o)" dcomp compress -
for call in "encode m.dcm --output" "eval m.dcm $D --predictions" "eval m.dcm $D --dump-output" \
    "eval m.dcm $D --dump-input" "sensitivity m.dcm $D --plot" "simulate m.dcm --trace"; do
    says 2 "'--${call##*--}' must be a file: standard output is for results" dcomp $call -
done
says 2 "'--plots' must be a folder: standard output is for results" dcomp inspect m.dcm --plots -
only a.json m.dcm r.json
