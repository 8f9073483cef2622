# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
# The LSTM of the paper beside what was published, and beside other machines.
dcomp simulate --machine ese --benchmark --compare -q
dcomp simulate --machine ese --benchmark --pruning plain --csv -q > plain.csv
dcomp simulate --machine ese --benchmark --sweep vector-width=1,4 -q | grep ' all '
# What the account says adds up: every PE-cycle has one cause.
dcomp simulate --machine ese --benchmark --json -q > b.json
python3 - <<'END'
import json
r = json.load(open("b.json"))
c, n_pes = r["counters"], r["n_pes"]
causes = [name for name in c if name.endswith("_pe_cycles")]
assert len(causes) == 6 and c["entries"] + sum(c[name] for name in causes) == c["cycles"] * n_pes
assert sum(layer["cycles"] for layer in r["layers"]) == r["cycles"] and r["outputs_match"]
assert r["machine"]["channels"] == 32 and [x["name"] for x in r["layers"]][0] == "W_ix"
END
dcomp simulate --machine ese --pes 8 --layer 100x80 --json -q > l.json
python3 -c "import json; r = json.load(open('l.json')); assert r['energy_nj'] is None, r"
# A model without layers over time runs too; the rest is the host's.
dcomp simulate "$FIX/small.dcm" --machine ese --data digits:600 --limit 20 -q > small
grep -c '^outputs equal the fixed-point reference' small
grep -q 'pool1 (max_pool)' small
# What it is not.
M="--machine ese --benchmark"
says 2 "'--pes' must be 1 to 256" dcomp simulate $M --pes 257
says 2 "a weight buffer of 512 holds" dcomp simulate $M --act-buffer 513
says 2 "an entry of 17 bits" dcomp simulate $M --weight-bits 13
says 2 "leaves no time to read" dcomp simulate $M --refresh-cycles 1560
says 2 "'--pruning' is for" dcomp simulate --benchmark --pruning plain
says 2 "is one of balanced" dcomp simulate $M --pruning all
says 5 "accumulators hold 512" dcomp simulate $M --act-buffer 16
says 6 "'ese' shows no waveform" dcomp simulate "$FIX/small.dcm" --machine ese --trace t.vcd
says 6 "'ese' shows no memory images" dcomp simulate $M --emit-sram images
