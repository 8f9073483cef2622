#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: lint_rtl.sh 'N FIFO_DEPTH SRAM_WIDTH CODE_BITS INDEX_BITS PRECISION ACT_REGISTERS'...
# Lints the machine with every warning of Verilator, once per set of parameters and per fault.
set -eu
cd "$(dirname "$0")"
for machine in "$@"; do
    # shellcheck disable=SC2086
    set -- $machine
    for fault in NONE STALL BYPASS; do
        verilator --lint-only -Wall --top-module eie_top "+define+EIE_MUTATE_$fault" \
            -GN="$1" -GFIFO_DEPTH="$2" -GSRAM_WIDTH="$3" -GCODE_BITS="$4" -GINDEX_BITS="$5" \
            -GB="$6" -GR="$7" eie_pkg.sv eie_lnzd.sv eie_queue.sv eie_act.sv eie_arith.sv \
            eie_pe.sv eie_ccu.sv eie_top.sv
    done
done
# Whole numbers index memories of any size: that they are wider than need be is no fault.
for fault in NONE REFRESH ROUND; do
    verilator --lint-only -Wall -Wno-UNUSEDSIGNAL --top-module ese_channel \
        "+define+ESE_MUTATE_$fault" ese_channel.sv
done
