#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Cycles of `dcomp simulate` are, to the cycle, those of the EIE authors' C++ simulator.

usage: check_cycles.py DCOMP       ends with 77 without DCOMP_DATA

A row of eie-cycles/cycles.csv is a layer (an ONNX file and its input), a machine and the cycles.
"""
import csv
import json
import os
import subprocess
import sys
import tempfile

LEAST_ROWS = 60
# The authors keep all inputs in registers: no row has more than 128 of them in a PE.
REGISTERS = ["--act-registers", "128"]


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def cycles_of(dcomp, model, inputs, row):
    told = json.loads(run(dcomp, "simulate", model, "--input", inputs, "--pes", row["pes"],
                          "--fifo-depth", row["fifo_depth"], "--sram-width", row["sram_width"],
                          *REGISTERS, "--json", "-q"))
    assert told["outputs_match"], row
    return told["layers"][0]["cycles"]


def main():
    dcomp = sys.argv[1]
    data = os.path.join(os.environ.get("DCOMP_DATA", ""), "eie-cycles")
    if "DCOMP_DATA" not in os.environ or not os.path.isdir(data):
        print("skipped: DCOMP_DATA has no eie-cycles")
        return 77
    with open(os.path.join(data, "cycles.csv"), encoding="ascii", newline="") as file:
        rows = list(csv.DictReader(file))
    n_wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for row in rows:
            source = os.path.join(data, row["case"])
            model = os.path.join(folder, row["case"] + ".dcm")
            if not os.path.exists(model):
                run(dcomp, "import", source + ".onnx", "-o", model, "-q")
            cycles = cycles_of(dcomp, model, source + ".npy", row)
            if cycles != int(row["cycles"]):
                n_wrong += 1
                print(f"{', '.join(f'{key} {value}' for key, value in row.items())}: got {cycles}")
    print(f"{len(rows) - n_wrong} of {len(rows)} rows are equal")
    return 0 if n_wrong == 0 and len(rows) >= LEAST_ROWS else 1


if __name__ == "__main__":
    sys.exit(main())
