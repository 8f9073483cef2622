# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
# The keys that scripts rely on.
dcomp simulate "$FIX/small.dcm" --code-bits 5 --pes 4 --json -q > a.json
has a.json n_pes clock_mhz cycles time_us energy_nj power_mw outputs_match n_samples machine.pes \
    layers[].name layers[].n_rows layers[].n_cols layers[].weight_density layers[].act_density \
    layers[].n_macs layers[].n_padding layers[].cycles layers[].theoretical_cycles \
    layers[].load_balance layers[].time_us layers[].energy_nj layers[].fraction_bits.output \
    layers[].counters.bypasses energy_by_module_nj.spmat_read
grep -q '"schema":.*dcomp.simulate/1' a.json
grep -q '"outputs_match":.*true' a.json
dcomp simulate --layer 100x200 --sweep fifo=2..8 --json -q > s.json
has s.json parameter points[].value points[].cycles points[].layers[].cycles
[ "$(grep -c '"value":' s.json)" = 3 ]
dcomp simulate --layer 100x100 --sweep code-bits=8,4 --csv -q > c.csv
[ "$(wc -l < c.csv)" = 3 ]
dcomp simulate --layer 100x200 --sweep pes=1,2,5 --csv -q > s.csv
head -n 1 s.csv
wc -l < s.csv
