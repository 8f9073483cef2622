# SPDX-License-Identifier: MIT
# One line and the right exit code for each input that cannot be what the model takes.
. "$CLI/lib.sh"
make() { python3 "$CLI/run/make_input.py" "$@"; }
P=$SRC/tests/pictures/fixtures
M=$FIX/colour.dcm
make png small.png 20 20 1
make wav tone.wav 0.1 440
make npy x.npy '<f4' 2x7
echo 'no picture' > notes.txt
: > nothing.png
head -c 300 "$P/rgb.png" > cut.png
mkdir hollow set
cp notes.txt set
says 2 'file name missing' dcomp run "$M"
says 4 "cannot open 'none.png': No such file" dcomp run "$M" none.png
says 4 "cannot open 'none.dcm'" dcomp run none.dcm "$P/rgb.png"
says 3 'not a .dcm model' dcomp run "$P/rgb.png" "$M"
says 3 "'notes.txt' is nothing that the model takes (3x24x24: pictures" dcomp run "$M" notes.txt
says 3 "'nothing.png' is empty" dcomp run "$M" nothing.png
says 3 "'cut.png'" dcomp run "$M" cut.png
says 3 "'cut.png'" dcomp run "$M" "$P/rgb.png" cut.png
says 2 "no file in 'hollow' is what the model takes" dcomp run "$M" hollow
says 2 "no file in 'set' is what the model takes" dcomp run "$M" set
says 2 "'tone.wav' is a sound, and the model takes 3x24x24: pictures" dcomp run "$M" tone.wav
says 2 "the samples of 'x.npy' do not fit the model's input of 3x24x24" dcomp run "$M" x.npy
says 2 'pictures are 20x20 pixels, the model takes 28x28' dcomp run "$FIX/dense.dcm" small.png
dcomp run "$M" "$P/rgb.png" --temperature 2 --seed 3 --numbers --top 2 2> err > out
[ "$(grep -c 'does nothing$' err)" = 3 ]
dcomp run "$FIX/dense.dcm" small.png --resize warp > out
dcomp run "$FIX/dense.dcm" small.png --resize short_side --json > out
grep -q '"resize":	"short_side"' out
says 2 'only a text goes on' dcomp run "$M" "$P/rgb.png" --generate 3
says 2 "'--top' must be" dcomp run "$M" "$P/rgb.png" --top 0
says 2 'exclude each other' dcomp run "$M" "$P/rgb.png" --engine ref --backend onednn
says 6 'weight-shared' dcomp run "$M" "$P/rgb.png" --engine fixed16
code 4 dcomp run "$M" none.png --json
dcomp run "$M" none.png --json > out 2> err || true
grep -q '"dcomp.error/1"' out
# A network that takes no pictures says what it takes.
cat > vector.json <<'END'
{"name": "vector", "input": {"shape": [7]}, "layers": [
 {"name": "fc", "op": "linear", "n_outputs": 3}]}
END
make npy train.npy '<f4' 24x7 0.5 1
make npy y.npy '<i8' 24 0 1
dcomp train vector.json --data npy:train.npy,y.npy --epochs 0 -o vector.dcm -q > talk
says 2 "is a picture, and the model takes 7: arrays (.npy)" dcomp run vector.dcm "$P/rgb.png"
# What cannot be read by its permissions (root reads all).
if [ "$(id -u)" != 0 ]; then
    cp "$P/rgb.png" locked.png
    chmod 0 locked.png
    says 4 "cannot open 'locked.png'" dcomp run "$M" locked.png
fi
