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
# Energy is of the published board alone, and "nan" is shown to nobody.
for option in '--dimms 16 --vector-width 64' '--bus-bytes 3' '--weight-bits 8'; do
    dcomp simulate --machine ese --benchmark --compare -q $option > other
    grep -q '^energy is known of the published machine alone' other
    not grep -qi nan other
done
dcomp simulate "$FIX/small.dcm" --machine ese --data digits:600 --limit 20 -q > small
grep -Eq '^32 PEs, 200 MHz, one of 32 streams side by side: .* inferences/s \(.* of all\), .* mW$' \
    small
dcomp simulate "$FIX/small.dcm" --machine ese --pes 16 --data digits:600 --limit 20 -q > small
grep -Eq '^16 PEs, 200 MHz, one of 32 streams .* of all\)$' small
not grep -qi nan small
# Products a sample are a mean, which is rounded and not cut: 17 steps of 3 samples.
cat > lstm.json <<'END'
{"name": "lstm", "input": {"shape": [6, 8]}, "layers": [
 {"name": "gates", "op": "linear", "n_outputs": 16, "axis": 1},
 {"name": "lstm", "op": "lstm"},
 {"name": "last", "op": "last"},
 {"name": "fc", "op": "linear", "n_outputs": 2}]}
END
python3 - <<'END'
import struct
def npy(path, shape, kind, data):
    head = repr({"descr": kind, "fortran_order": False, "shape": shape}).encode()
    head += b" " * (63 - (10 + len(head)) % 64) + b"\n"
    open(path, "wb").write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head + data)
n = 24
npy("x.npy", (n, 6, 8), "<f4", b"".join(struct.pack("<f", (i * 7 % 11) / 11 - 0.5)
                                         for i in range(n * 48)))
npy("y.npy", (n,), "|u1", bytes(i % 2 for i in range(n)))
npy("l.npy", (n,), "|u1", bytes([6, 6, 5] * (n // 3)))
END
D=npy:x.npy,y.npy,l.npy
dcomp train lstm.json --data $D --epochs 1 -q -o l.bin > talk
dcomp quantize l.bin --bits 4 -q -o l.dcm > talk
dcomp simulate l.dcm --data $D --limit 3 --machine ese -q > l.out
dcomp simulate l.dcm --data $D --limit 3 --machine ese --json -q > l.json
python3 - <<'END'
import json
r = json.load(open("l.json"))
mean = [x for x in r["layers"] if x["n_products"] % 1 > 0]
assert mean and abs(mean[0]["n_products"] * 3 % 1) < 1e-6 and r["n_streams"] == 32, r["layers"]
row = [x.split() for x in open("l.out") if x.startswith(mean[0]["name"] + " ")][0]
assert int(row[2]) == round(mean[0]["n_products"]), row
END
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
