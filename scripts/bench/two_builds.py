#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Speed of two builds in turns, as before and after a change: two_builds.py BEFORE AFTER [REPEATS]

BEFORE and AFTER are build folders with the programs of tests/bench (targets bench_train,
bench_predict, bench_kmeans, bench_huffman, bench_eie). Of each measure both medians are printed,
their ratio (over 1: AFTER is faster), and the median of the ratios turn by turn, which a machine
that changes its speed moves less.
"""
import os
import re
import statistics
import subprocess
import sys
import tempfile

MODELS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "models")
NUMBER = r"[\d.]+"


def report(name, before, after, more_is_better):
    ratios = [(b / a if more_is_better else a / b) for a, b in zip(before, after)]
    first, last = statistics.median(before), statistics.median(after)
    ratio = last / first if more_is_better else first / last
    print(f"{name:26} {first:11.5g} {last:11.5g}  {ratio:5.2f}  {statistics.median(ratios):5.2f}  "
          f"[{min(ratios):.2f} .. {max(ratios):.2f}]", flush=True)


def in_turns(n, measures):
    """n values of each of two measures, A B, B A, A B ..."""
    values = [[], []]
    for turn in range(n):
        for i in (0, 1) if turn % 2 == 0 else (1, 0):
            values[i].append(measures[i]())
    return values


def talkers(builds, program, *args):
    """Programs that do a round for each line that they read, the first one done already."""
    def start(build):
        p = subprocess.Popen([os.path.join(build, "tests/bench", program), *args], text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        p.stdout.readline()

        def measure():
            p.stdin.write("go\n")
            p.stdin.flush()
            return float(p.stdout.readline().split()[0])
        measure()
        return measure
    return [start(build) for build in builds]


def runners(builds, program, pattern, *args):
    """Programs that print one number each time they run."""
    def measure(build):
        out = subprocess.run([os.path.join(build, "tests/bench", program), *args], text=True,
                             capture_output=True, check=True).stdout
        return float(re.search(pattern, out)[1])
    return [lambda build=build: measure(build) for build in builds]


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    builds, n = sys.argv[1:3], int(sys.argv[3]) if len(sys.argv) == 4 else 9
    print(f"{'':26} {'before':>11} {'after':>11}  ratio  by turns")
    for name in ("lenet-5", "lenet-300-100"):
        arch = os.path.join(MODELS, name + ".json")
        report(f"train {name}, images/s",
               *in_turns(n, talkers(builds, "bench_train", arch, "f32", "64", "20000")), True)
    for name in ("squeezenet-1.0", "resnet-18"):
        arch = os.path.join(MODELS, name + ".json")
        report(f"predict {name}, s",
               *in_turns(n, talkers(builds, "bench_predict", arch, "f32", "32")), False)
    with tempfile.TemporaryDirectory() as folder:
        weights = os.path.join(folder, "weights.f32")
        subprocess.run([os.path.join(builds[0], "tests/bench/bench_kmeans"), "make", weights,
                        "4000000"], check=True)
        for init in ("near_optimal", "optimal"):
            report(f"k-means {init}, s", *in_turns(n, runners(
                builds, "bench_kmeans", f"^({NUMBER})", "run", weights, "32", init, "3")), False)
    report("Huffman decode, MB/s", *in_turns(n, runners(
        builds, "bench_huffman", rf"decode +(?:dcomp )?({NUMBER}) MB/s", "20000000", "7")), True)
    report("EIE, million PE-cycles/s", *in_turns(n, runners(
        builds, "bench_eie", rf"all .* ({NUMBER}) million", "3")), True)


main()
