#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs random programs on the Verilated channel of ESE.

usage: run_ese.py [--define NAME] [--expect EXIT] CACHE OUT PROGRAMS PARAMETER... SEED COUNT

PROGRAMS, which is ese_programs, writes COUNT folders below OUT for a machine with these parameters;
each is run on the channel that is built for it. EXIT is what one of them at least must leave with:
0 means all of them, 1 that a fault of --define was found.
"""
import argparse
import os
import shutil
import subprocess
import sys

from run_rtl import HERE, build, run

NAMES = ("N", "K", "DEPTH", "WBITS", "IBITS", "WBUF", "PBUF", "ABUF", "DIMMS", "BUS", "LATENCY",
         "REFI", "RFC", "VLAT", "SAMPLES")
SOURCES = [os.path.join(HERE, name) for name in ("ese_channel.sv", "ese_main.cpp")]


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--define", action="append", default=[])
    parser.add_argument("--expect", type=int, default=0)
    parser.add_argument("cache")
    parser.add_argument("out")
    parser.add_argument("programs")
    parser.add_argument("numbers", nargs=len(NAMES) + 2)
    args = parser.parse_args()
    parameters = args.numbers[:len(NAMES)]

    shutil.rmtree(args.out, ignore_errors=True)
    os.makedirs(args.out)
    run([args.programs, args.out, *args.numbers])
    flags = [f"-G{name}={value}" for name, value in zip(NAMES, parameters)]
    flags += [f"+define+{name}" for name in args.define]
    # A newer Verilator may warn of more; the test rtl_lint is where warnings count.
    flags += ["-O3", "-Wno-fatal", "-Wno-lint", "--x-initial", "unique"]
    name = "_".join(["ese", *parameters, *args.define])
    program = build(args.cache, name, "ese_channel",
                    lambda folder: ["verilator", "--cc", "--exe", "--top-module", "ese_channel",
                                    "--Mdir", folder, *flags, *SOURCES], SOURCES)
    codes = []
    for folder in sorted(os.listdir(args.out)):
        done = subprocess.run([program, f"+dir={os.path.join(args.out, folder)}"], check=False,
                              stdout=subprocess.PIPE, text=True)
        codes.append(done.returncode)
        if done.returncode != args.expect:
            print(f"{folder}: exit {done.returncode}\n" + "\n".join(done.stdout.split("\n")[:8]))
    print(f"{len(codes)} programs, {codes.count(args.expect)} with exit {args.expect}")
    if args.expect == 0:
        return 1 if any(codes) else 0
    return 0 if args.expect in codes and set(codes) <= {0, args.expect} else 1


if __name__ == "__main__":
    sys.exit(main())
