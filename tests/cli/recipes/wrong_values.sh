# SPDX-License-Identifier: MIT
# A value of the wrong kind is shown as it is written, in recipes and in architectures.
. "$CLI/lib.sh"
recipe() {
    printf '{"stages": [{"stage": "%s", %s}]}\n' "$1" "$2" > r.json
    says 2 "r.json, step 1 ($1): $3" dcomp compress "$FIX/dense.dcm" -o o.dcm --recipe r.json
    rm r.json
}
recipe retrain '"epochs": "many"' "'epochs' takes a whole number, not \"many\""
recipe retrain '"epochs": 1.5' "'epochs' takes a whole number, not 1.5"
recipe retrain '"epochs": -1' "'epochs' must be 0 to 100000, not -1"
recipe retrain '"epochs": [1, 2]' "'epochs' takes a whole number, not [1,2]"
recipe retrain '"lr": "0.1"' "'lr' takes a number, not \"0.1\""
recipe retrain '"lr": {"fc1": 1}' "'lr' takes a number, not {\"fc1\":1}"
recipe retrain '"last": 1' "'last' takes true or false, not 1"
recipe retrain '"optimizer": 3' "'optimizer' takes a word, not 3"
recipe retrain '"epochs": true' "'epochs' takes a whole number, not true"
recipe retrain '"epochs": null' "'epochs' takes a whole number, not null"
recipe prune '"density": {"fc1": "low"}' "'density' needs a number for 'fc1', not \"low\""
recipe prune '"density": [0.1]' "'density' takes a number or numbers by layer name, not [0.1]"
long=$(printf '%0100d' 0)
recipe retrain "\"epochs\": \"$long\"" \
    "'epochs' takes a whole number, not \"$(printf '%079d' 0)..."
arch() {
    sed "$1" "$FIX/tiny.json" > a.json
    says 2 "a.json: $2" dcomp train a.json --data digits:60 -o o.dcm
    rm a.json
}
arch 's/"kernel": 5/"kernel": "5"/' "conv1: 'kernel' must be a number, not \"5\""
arch 's/"scale": 0.0039/"scale": true, "x": 0.0039/' 'input: '
arch 's/\[1, 28, 28\]/"1x28x28"/' "input: 'shape' must be an array, not \"1x28x28\""
only
