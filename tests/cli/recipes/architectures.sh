# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
bad() {
    wanted=$1 text=$2
    shift 2
    sed "$@" "$FIX/tiny.json" > a.json
    says "$wanted" "$text" dcomp train a.json --data digits:60 -o o.dcm
}
bad 2 "a.json: fc1: unknown op 'liner'" '0,/linear/s//liner/'
bad 2 "a.json: conv1: 'conv' has no key 'kernal'" 's/"kernel": 5/"kernal": 5/'
bad 2 'a.json: conv1: a kernel of 50 does not fit' 's/"kernel": 5/"kernel": 50/'
bad 2 "a.json: unknown key 'inputs'" 's/"input"/"inputs"/'
bad 3 "in 'a.json' at line" 's/\]}$//'
rm a.json
only
