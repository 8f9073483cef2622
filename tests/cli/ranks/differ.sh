# SPDX-License-Identifier: MIT
# A rank that was asked for something else, or cannot do it: all say so, and none waits for ever.
. "$CLI/lib.sh"
has_ranks || exit 0
cp "$FIX/tiny.json" .
sed 's/"n_outputs": 24/"n_outputs": 25/' tiny.json > other.json
run="dcomp train tiny.json --data digits:300 -j1 --epochs 1 --exchange dense -o o.dcm"

# all CODE TEXT COMMAND...: the command ends so, each of two ranks with its line.
all() {
    wanted=$1 text=$2
    shift 2
    got=0
    "$@" > all.out 2> all.err || got=$?
    if [ $got != "$wanted" ] || [ "$(grep -c "^dcomp: .*$text" all.err)" != 2 ] || [ -s all.out ]
    then
        echo "wanted $wanted and twice '$text', got $got: $*"
        cat all.out all.err
        exit 1
    fi
    rm -f all.out all.err
}

all 2 "rank 1 was asked for something else than rank 0: the input model is not the same" \
    ranks 1 $run : -n 1 dcomp train other.json --data digits:300 -j1 --epochs 1 --exchange dense \
    -o o.dcm
all 2 "rank 1 was asked .*: 'data' is not \"digits:300\", but \"digits:306\"" \
    ranks 1 $run : -n 1 dcomp train tiny.json --data digits:306 -j1 --epochs 1 --exchange dense \
    -o o.dcm
all 2 "rank 1 is dcomp .* --resume, rank 0 is" ranks 1 $run : -n 1 $run --resume
all 2 "a batch of 63 samples cannot be divided among 2 ranks" ranks 2 $run --batch 63
all 2 "2 ranks are more than there are samples" ranks 2 $run --limit 4 --holdout 3
all 4 "nix.json" ranks 1 $run : -n 1 dcomp train nix.json --data digits:300 -j1 --epochs 1 \
    --exchange dense -o o.dcm
only other.json tiny.json
