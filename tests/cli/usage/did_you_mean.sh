# SPDX-License-Identifier: MIT
# A word that is nearly right gets the right one named: commands, options, choices, stages, keys,
# ops, kinds of data.
. "$CLI/lib.sh"
M=$FIX/dense.dcm
says 2 "unknown command 'compres', did you mean 'compress'?" dcomp compres "$M"
says 2 "unknown command 'Prune', did you mean 'prune'?" dcomp Prune "$M"
says 2 "unknown command 'inpsect', did you mean 'inspect'?" dcomp help inpsect
says 2 "unknown option '--hlep', did you mean '--help'?" dcomp --hlep
says 2 "unknown option '--max-dop', did you mean '--max-drop'? (see 'dcomp compress" \
    dcomp compress "$M" --max-dop 1
says 2 "unknown option '--max_drp', did you mean '--max-drop'?" dcomp compress "$M" --max_drp=1
says 2 "unknown option '--no-remove-ded', did you mean '--no-remove-dead'?" \
    dcomp prune "$M" --no-remove-ded
says 2 "ambiguous option '--max': --max-drop, --max-divergence, --max-bytes" \
    dcomp compress "$M" --max=1
says 2 "not 'optmal', did you mean 'optimal'?" dcomp quantize "$M" -o o.dcm --init optmal
says 2 "not 'sdg', did you mean 'sgd'?" \
    dcomp train "$FIX/tiny.json" --data digits:60 -o o.dcm --optimizer sdg
says 2 "unknown kind of data 'digit:60', did you mean 'digits'?" dcomp eval "$M" --data digit:60
echo '{"stages": [{"stage": "prun", "density": 0.1}]}' > r.json
says 2 "unknown stage 'prun' in step 1 of recipe 'r.json', did you mean 'prune'?" \
    dcomp compress "$M" -o o.dcm --recipe r.json
echo '{"stage": [{"stage": "prune", "density": 0.1}]}' > r.json
says 2 "unknown key 'stage' in recipe 'r.json', did you mean 'stages'?" \
    dcomp compress "$M" -o o.dcm --recipe r.json
rm r.json
bad() {
    sed "$2" "$FIX/tiny.json" > a.json
    says 2 "$1" dcomp train a.json --data digits:60 -o o.dcm
    rm a.json
}
bad "unknown op 'liner', did you mean 'linear'" '0,/linear/s//liner/'
bad "'conv' has no key 'kernal', did you mean 'kernel'" 's/"kernel": 5/"kernal": 5/'
bad "unknown key 'layrs', did you mean 'layers'" 's/"layers"/"layrs"/'
bad "unknown key 'scael', did you mean 'scale'" 's/"scale"/"scael"/'
bad "'channels' is one of rgb|bgr|grey, not 'gray', did you mean 'grey'" \
    's/"mean": 0/"channels": "gray"/'
only
