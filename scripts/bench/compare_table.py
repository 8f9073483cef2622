#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The table of scripts/compare.sh: rows of several seeds become means with their standard errors.

usage: compare_table.py ROWS POINTS

A row is "SEED.METHOD.SIZE weights bytes error". Prints Markdown; POINTS gets "method,bytes,error"
for bench_chart.
"""
import math
import sys

NAMES = {
    "dense": ("dense, float32", "dense"),
    "similar": ("similar neurons merged, no data", "similar neurons"),
    "svd": ("truncated SVD, retrained", "SVD"),
    "l1": ("L1 penalty, threshold, retrained", "L1"),
    "greedy": ("greedy thresholds by layer, retrained", "greedy"),
    "naive": ("fewer neurons, from scratch", "naive cut"),
    "random": ("random removal, retrained", "random"),
    "once": ("magnitude, one cut, retrained", "one cut"),
    "gradual": ("magnitude, gradual", "gradual"),
    "compress": ("`compress`, by the price of bits", "compress"),
}


def spread(values, form):
    """The mean, and what it is uncertain by."""
    mean = sum(values) / len(values)
    if len(values) < 2:
        return form.format(mean)
    deviation = math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1))
    return form.format(mean) + " ± " + form.format(deviation / math.sqrt(len(values)))


def read(path):
    """Of each method and size a list of (weights, bytes, error)."""
    rows = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            key, weights, size, error = line.split()
            _, method, setting = key.split(".", 2)
            row = (int(weights), int(size), float(error))
            rows.setdefault(method, {}).setdefault(setting, []).append(row)
    return rows


def main():
    rows = read(sys.argv[1])
    n = max(len(found) for sizes in rows.values() for found in sizes.values())
    print("| method | setting | weights not 0 | bytes of the file | test error [%] |")
    print("|---|---|---|---|---|")
    with open(sys.argv[2], "w", encoding="utf-8") as points:
        for method, (name, short) in NAMES.items():
            sizes = sorted(rows.get(method, {}).items(), key=lambda item: -item[1][0][1])
            for setting, found in sizes:
                weights, size, error = zip(*found)
                missing = "" if len(found) == n else f" ({len(found)} of {n} seeds)"
                shown = "" if method == "dense" else setting
                print(f"| {name} | {shown} | {spread(weights, '{:,.0f}')} "
                      f"| {spread(size, '{:,.0f}')} | {spread(error, '{:.2f}')}{missing} |")
                if method != "dense":
                    points.write(f"{short},{sum(size) / len(size)},{sum(error) / len(error)}\n")


if __name__ == "__main__":
    main()
