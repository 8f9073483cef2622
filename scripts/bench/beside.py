#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How a network answers beside another one, by what `dcomp eval` left of both: top-1 and loss,
their differences to the other's with 95 % intervals (pairs, normal), and the mean divergence in
nats, the last word of the line.

usage: beside.py DENSE.npy OURS.npy PREDICTIONS.csv     (--dump-output twice, --predictions)
"""
import csv
import sys

import numpy


def log_softmax(outputs):
    y = outputs.astype("f8")
    y -= y.max(1, keepdims=True)
    return y - numpy.log(numpy.exp(y).sum(1, keepdims=True))


def interval(differences):
    return 1.96 * differences.std(ddof=1) / len(differences) ** 0.5


def main():
    dense, ours = (log_softmax(numpy.load(path)) for path in sys.argv[1:3])
    with open(sys.argv[3], encoding="utf-8") as file:
        labels = numpy.array([int(line["label"]) for line in csv.DictReader(file)])
    rows = numpy.arange(len(labels))
    right = [(y.argmax(1) == labels).astype("f8") for y in (dense, ours)]
    losses = [-y[rows, labels] for y in (dense, ours)]
    gain, rise = 100 * (right[1] - right[0]), losses[1] - losses[0]
    divergence = (numpy.exp(dense) * (dense - ours)).sum(1)
    print(f"top-1 {100 * right[1].mean():.1f} % ({gain.mean():+.1f} +- {interval(gain):.1f})  "
          f"loss {losses[1].mean():.4f} ({rise.mean():+.4f} +- {interval(rise):.4f})  "
          f"same answer {100 * (dense.argmax(1) == ours.argmax(1)).mean():.1f} %  "
          f"divergence +- {interval(divergence):.4f} {divergence.mean():.4f}")


main()
