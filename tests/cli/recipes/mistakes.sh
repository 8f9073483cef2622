# SPDX-License-Identifier: MIT
# The message names the file, the step and the key.
. "$CLI/lib.sh"
bad() {
    wanted=$1 text=$2
    printf '%s\n' "$3" > r.json
    says "$wanted" "$text" dcomp compress "$FIX/dense.dcm" -o o.dcm --recipe r.json
}
bad 3 "'r.json' at line 2" '{"stages": ['
bad 3 "'r.json' at line 1" '{"stages": [], "stages": []}'
bad 2 "recipe 'r.json' is not an object" '[]'
bad 2 "recipe 'r.json' has no list of 'stages'" '{}'
bad 2 "recipe 'r.json' has no list of 'stages'" '{"stages": []}'
bad 2 "unknown key 'sead' in recipe 'r.json'" '{"sead": 1, "stages": [{"stage": "prune"}]}'
bad 2 "seed of recipe 'r.json'" '{"seed": -1, "stages": [{"stage": "prune"}]}'
bad 2 "step 1 of recipe 'r.json' has no 'stage'" '{"stages": [3]}'
bad 2 "unknown stage 'shrink' in step 2" \
    '{"stages": [{"stage": "quantize"}, {"stage": "shrink"}]}'
bad 2 "r.json, step 1 (prune): unknown key 'densty', did you mean 'density'?" \
    '{"stages": [{"stage": "prune", "densty": 0.1}]}'
bad 2 "step 2 (quantize): 12 bits for 'conv1' are not a whole number in 1..8" \
    '{"stages": [{"stage": "prune", "density": 0.1}, {"stage": "quantize", "bits": 12}]}'
bad 2 "step 2 (quantize): bits: no layer matches 'fc9'; there are: conv1, fc1, fc2" \
    '{"stages": [{"stage": "prune", "density": 0.1}, {"stage": "quantize", "bits": {"fc9": 4}}]}'
bad 2 "step 2 (retrain): the stage needs data (--data)" \
    '{"stages": [{"stage": "prune", "density": 0.1}, {"stage": "retrain"}]}'
bad 2 "nothing says what to prune (--density, --sensitivity, --global-density, --merge" \
    '{"stages": [{"stage": "prune"}]}'
rm r.json
says 3 "dense.dcm" dcomp compress "$FIX/dense.dcm" -o o.dcm --recipe "$FIX/dense.dcm"
only
