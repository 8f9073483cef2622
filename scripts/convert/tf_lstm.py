#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An LSTM that TensorFlow 1 trained, as what `dcomp import` reads: an architecture and safetensors.

usage: tf_lstm.py NET.npz OUT [--steps T] [--scope NAME]

NET.npz holds the variables of tf.nn.rnn_cell.LSTMCell, perhaps with use_peepholes and num_proj, and
a linear layer on what the last step says, as the keyword LSTMs of ARM's ML-KWS-for-MCU have them:

    SCOPE.kernel             (features + P, 4 H), columns of the gates i, j, f, o
    SCOPE.bias               (4 H); 1 more is added to f when the cell runs (forget_bias)
    SCOPE.w_{i,f,o}_diag     (H) each: peepholes; none of them may be there
    SCOPE.projection.kernel  (H, P); may be missing, then P is H
    W_o, b_o                 (P, classes), (classes)

SCOPE is lstm.rnn.lstm_cell unless --scope says another. The number of steps is not among them: T is
25 by default, a second of sound in windows of 40 ms. Writes OUT.json and OUT.safetensors:

    dcomp import OUT.safetensors --arch OUT.json -o OUT.dcm
"""
import argparse
import json
import os
import struct
import sys

import numpy as np

GATES = "ijfo"  # TensorFlow's
OURS = "iofj"   # ours: i, o, f and what is taken in


def write_safetensors(path, tensors):
    header, at = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(values.shape),
                        "data_offsets": [at, at + values.nbytes]}
        at += values.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(values.tobytes())


def rows_of_gates(columns):
    """(n, 4 H) in TensorFlow's order to (4 H, n) in ours."""
    blocks = dict(zip(GATES, np.split(columns, 4, axis=1)))
    return np.concatenate([blocks[gate].T for gate in OURS])


def convert(variables, scope, n_steps, name):
    """The architecture, and tensors by name."""
    kernel, bias = variables[scope + ".kernel"], variables[scope + ".bias"]
    projection = variables.get(scope + ".projection.kernel")
    n_cells = kernel.shape[1] // 4
    n_said = n_cells if projection is None else projection.shape[1]
    n_features = kernel.shape[0] - n_said
    diagonals = [variables.get(f"{scope}.w_{gate}_diag") for gate in "iof"]
    has_peepholes = all(d is not None for d in diagonals)
    if not has_peepholes and any(d is not None for d in diagonals):
        raise KeyError(f"{scope}.w_?_diag: some of the peepholes")
    lstm = {"name": "lstm", "op": "lstm", "forget_bias": 1}
    tensors = {"gates.weight": rows_of_gates(kernel[:n_features]),
               "gates.bias": rows_of_gates(bias[None])[:, 0],
               "lstm.weight": rows_of_gates(kernel[n_features:])}
    if has_peepholes:
        lstm["peepholes"] = True
        tensors["lstm.peephole"] = np.stack(diagonals)
    if projection is not None:
        lstm["n_outputs"] = n_said
        tensors["lstm.projection"] = projection.T
    tensors["fc.weight"], tensors["fc.bias"] = variables["W_o"].T, variables["b_o"]
    layers = [{"name": "gates", "op": "linear", "n_outputs": 4 * n_cells, "axis": 1}, lstm,
              {"name": "last", "op": "last"},
              {"name": "fc", "op": "linear", "n_outputs": variables["W_o"].shape[1]}]
    arch = {"name": name, "input": {"shape": [n_steps, n_features]}, "layers": layers}
    return arch, {key: np.ascontiguousarray(value, "<f4") for key, value in tensors.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("npz")
    parser.add_argument("out")
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--scope", default="lstm.rnn.lstm_cell")
    args = parser.parse_args()
    name = os.path.splitext(os.path.basename(args.npz))[0]
    try:
        arch, tensors = convert(dict(np.load(args.npz)), args.scope, args.steps, name)
    except (KeyError, OSError, ValueError) as error:
        sys.exit(f"{args.npz}: {error}")
    with open(args.out + ".json", "w", encoding="utf-8") as file:
        json.dump(arch, file, indent=1)
    write_safetensors(args.out + ".safetensors", tensors)


if __name__ == "__main__":
    main()
