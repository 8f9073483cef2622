#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs layer folders on the Verilated machine.

usage: run_rtl.py [--define NAME]... [--expect EXIT] CACHE LAYERS COMMAND...

Empties the folder LAYERS, runs COMMAND, which writes a folder per layer below it, and runs them on
machines built with the parameters of their layer.json; a machine is built below CACHE and built
again only when what it is made of changes. EXIT is what every run must leave with: 0, or 1 where
--define chose a fault that must be found.
"""
import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
UNITS = ("pkg", "lnzd", "queue", "act", "arith", "pe", "ccu", "top")
SOURCES = [os.path.join(HERE, f"eie_{unit}.sv") for unit in UNITS]
DRIVER = os.path.join(HERE, "rtl_main.cpp")
# A test is built more often than it runs long; a benchmark sets -O3.
MAKE_FLAGS = (f"OPT_FAST={os.environ.get('DCOMP_RTL_OPT', '-O1')}", "OPT_SLOW=-O0",
              "OPT_GLOBAL=-O0")
# The name of a parameter of eie_top and its key in layer.json.
KEYS = {"N": "n_pes", "FIFO_DEPTH": "fifo_depth", "SRAM_WIDTH": "sram_width",
        "CODE_BITS": "code_bits", "INDEX_BITS": "index_bits", "B": "precision",
        "R": "act_registers"}


def read_layer(folder):
    with open(os.path.join(folder, "layer.json"), encoding="utf-8") as file:
        return json.load(file)


def with_depths(machine, layers):
    """Adds the depths of the memories: the paper's or more, so that most layers share a build."""
    values = dict(machine)
    lanes = max(1, 64 // values["B"])
    lines = -(-values["R"] // lanes)
    needed = {"SPMAT_DEPTH": [2 ** 20 // values["SRAM_WIDTH"]], "PTR_DEPTH": [16384],
              "BIAS_DEPTH": [4096], "ACT_DEPTH": [8192]}
    for layer in layers:
        for name in ("SPMAT_DEPTH", "PTR_DEPTH", "BIAS_DEPTH"):
            needed[name].append(layer.get(name.lower(), 0))
        needed["ACT_DEPTH"].append((layer["n_batches"] + layer["n_blocks"]) * lines * lanes)
    return machine + tuple((name, 1 << (max(depths) - 1).bit_length())
                           for name, depths in needed.items())


def run(command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False, **options)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}\nexit {done.returncode}")
    return done.stdout


def verilate_command(folder, machine, defines):
    flags = [f"-G{name}={value}" for name, value in machine]
    # A newer Verilator may warn of more; the test rtl_lint is where warnings count.
    flags += ["--cc", "--exe", "-O3", "-Wno-fatal", "-Wno-lint", "--x-initial", "unique",
              "--top-module", "eie_top", "--Mdir", folder]
    flags += [f"+define+{name}" for name in defines]
    flags += ["-CFLAGS", " ".join(f"-DEIE_{name}={value}" for name, value in machine)]
    return ["verilator"] + flags + SOURCES + [DRIVER]


def stamp_of(command, sources):
    digest = hashlib.sha256("\0".join(command + list(MAKE_FLAGS)).encode())
    digest.update(run(["verilator", "--version"]).encode())
    for path in sources:
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def build(cache, name, top, command_in, sources):
    """The program for a machine, by Verilator's command_in(folder). Tests that run side by side
    wait here for one of them."""
    folder = os.path.join(cache, name)
    os.makedirs(folder, exist_ok=True)
    program = os.path.join(folder, f"V{top}")
    stamp_path = os.path.join(folder, "stamp")
    command = command_in(folder)
    stamp = stamp_of(command, sources)
    with open(os.path.join(cache, name + ".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(stamp_path) and os.path.exists(program):
            with open(stamp_path, encoding="ascii") as file:
                if file.read() == stamp:
                    return program
        shutil.rmtree(folder)
        os.makedirs(folder)
        run(command)
        run(["make", "-s", "-j2", "-C", folder, "-f", f"V{top}.mk", *MAKE_FLAGS])
        with open(stamp_path, "w", encoding="ascii") as file:
            file.write(stamp)
    return program


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--define", action="append", default=[])
    parser.add_argument("--expect", type=int, default=0)
    parser.add_argument("cache")
    parser.add_argument("layers")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    args = parser.parse_args()

    shutil.rmtree(args.layers, ignore_errors=True)
    os.makedirs(args.layers)
    print(" ".join(args.command))
    run(args.command)
    machines = {}
    for parent, inner, names in os.walk(args.layers):
        inner.sort()
        if "layer.json" in names:
            layer = read_layer(parent)
            machine = tuple((name, layer[key]) for name, key in KEYS.items())
            machines.setdefault(machine, []).append((parent, layer))
    if not machines:
        sys.exit(f"{args.layers}: no layers were written")
    failed = False
    for machine, found in machines.items():
        print(" ".join(f"{name}={value}" for name, value in machine), flush=True)
        machine = with_depths(machine, [layer for _, layer in found])
        name = "_".join([str(value) for _, value in machine] + args.define)
        program = build(args.cache, name, "eie_top",
                        lambda folder, of=machine: verilate_command(folder, of, args.define),
                        SOURCES + [DRIVER])
        code = subprocess.run([program, *(folder for folder, _ in found)], check=False).returncode
        print(f"exit {code}, expected {args.expect}", flush=True)
        failed = failed or code != args.expect
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
