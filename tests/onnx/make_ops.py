#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Graphs of a few nodes by hand: each op, attribute, opset and number type that is read.

    python3 make_ops.py            (made with PyTorch 1.13, onnx 1.12)

A case is a function of the graph and of the input, which gives the output's name and its truth.
"""
import ops_layers  # noqa: F401  registers its cases, as the others do
import ops_shapes  # noqa: F401
import ops_values  # noqa: F401
import ops_vectors  # noqa: F401  last: what is before keeps its bytes
from common import Truths
from graphs import CASES


def main():
    truths = Truths("ops.bin")
    for run in CASES:
        truths.add(*run())
    truths.close()


if __name__ == "__main__":
    main()
