# SPDX-License-Identifier: MIT
# A loss that is not a number is "nan" in text, whatever its sign, and null in JSON.
. "$CLI/lib.sh"
cat > log.json << 'END'
{ "name": "logarithm", "input": { "shape": [1, 28, 28], "mean": 128, "scale": 0.01 }, "layers": [
  { "name": "fc", "op": "linear", "n_outputs": 10 }, { "name": "log", "op": "log" } ] }
END
dcomp train log.json --data digits:100 --epochs 0 -o m.dcm > text 2> talk
dcomp eval m.dcm --data digits:100 >> text 2> talk
dcomp eval m.dcm --data digits:100 --format markdown >> text 2> talk
[ "$(grep -c 'loss nan ' text)" = 3 ] || { cat text; exit 1; }
dcomp eval m.dcm --data digits:100 --json 2> talk | grep -q '"loss":.null' || exit 1
