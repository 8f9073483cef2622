# SPDX-License-Identifier: MIT
# With --json a failure is one object on standard output, with the exit code and the message that
# standard error has; without, nothing is there.
. "$CLI/lib.sh"
json_says() {
    wanted=$1 kind=$2
    shift 2
    got=0
    "$@" > out 2> err || got=$?
    [ "$got" = "$wanted" ] || { echo "exit $got: $*"; cat err; }
    has out error.code error.kind error.message
    python3 - "$wanted" "$kind" <<'END'
import json, sys
record, err = json.load(open("out")), open("err").readline().rstrip()
assert record["schema"] == "dcomp.error/1", record
assert record["error"]["code"] == int(sys.argv[1]), record
assert record["error"]["kind"] == sys.argv[2], record
assert err == "dcomp: " + record["error"]["message"], (err, record)
END
}
M=$FIX/dense.dcm
json_says 4 "input/output error" dcomp inspect none.dcm --json
json_says 3 "malformed input" dcomp inspect "$FIX/cut.dcm" --json
json_says 2 "bad request" dcomp eval "$M" --json
json_says 2 "bad request" dcomp eval "$M" --js
json_says 2 "bad request" dcomp eval "$M" --frobnicate --json
json_says 2 "bad request" dcomp eval --json
json_says 2 "bad request" dcomp frobnicate --json
json_says 6 "not supported" dcomp import "$M" -o o.dcm --json
json_says 4 "input/output error" dcomp encode "$M" -o no/o.dcm --json
# A picture that cannot be written is found before the result is printed.
json_says 2 "bad request" dcomp sensitivity "$M" --data digits:600 --plot "$M" --json -j1
says 4 "none" dcomp inspect none.dcm
says 2 "needs data" dcomp eval "$M"
says 2 "unexpected argument" dcomp inspect "$M" -- --json
