# SPDX-License-Identifier: MIT
# Where a result is to go is looked at before the work: no command reads its input first, let alone
# computes for an hour. The input here is no model, so whoever reads it first ends with 3.
. "$CLI/lib.sh"
echo nonsense > m
echo '{}' > a.json
mkdir full
D="--data digits:60"
no() {
    says 4 "cannot write 'no/x': there is no folder 'no'" "$@" no/x
    says 4 "cannot write 'm/x': 'm' is no folder" "$@" m/x
    says 4 "'full' is a folder" "$@" full
    says 4 "'.' is a folder" "$@" .
    says 4 "cannot write '/proc/x'" "$@" /proc/x
}
no dcomp import m -o
no dcomp export m -o
no dcomp train a.json $D -o
no dcomp prune m --density 0.1 -o
no dcomp gradual m $D --density 0.1 -o
no dcomp retrain m $D -o
no dcomp quantize m -o
no dcomp encode m -o
no dcomp decode m -o
no dcomp compress m -o
no dcomp compress m $D -o
no dcomp compress m -f -o
no dcomp eval m $D --dump-output
no dcomp eval m $D --predictions
no dcomp eval m $D --dump-input
no dcomp sensitivity m $D --plot
no dcomp simulate m --plot
no dcomp simulate m --trace
says 4 "there is no folder 'no'" dcomp simulate m --emit-sram no/x
says 4 "'m' is no folder" dcomp simulate m --emit-sram m
says 4 "there is no folder 'no'" dcomp simulate m --sweep pes=1..2 --plot no/x
only a.json full m
