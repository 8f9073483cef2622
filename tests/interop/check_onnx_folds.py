#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `dcomp import` makes of ops of constants, as onnx_folds.py draws them: each must be folded,
and to the dims and the numbers that NumPy says.

usage: check_onnx_folds.py DCOMP [FIRST N]     ends with 77 where Python lacks numpy or onnx

FIRST N: seeds, for a longer search. The ops of one seed are one graph, which adds what they say to
its input; where that is refused or wrong, each op's result is looked at alone, and the op is named.
"""
import os
import subprocess
import sys
import tempfile
import warnings

try:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-onnx)")
    sys.exit(77)

from onnx_folds import OPS, Folds

N_SEEDS = 30
FLOAT = TensorProto.FLOAT


def is_finite(value):
    return np.isfinite(value.astype("float32"))


def exactly(g, name, wanted):
    return (g.node("Cast", g.node("Equal", name, g.raw(wanted)), to=FLOAT), wanted == wanted)


def words_of(g, name, value):
    """The op's result as float vectors, and what they must be: its dims, its elements if those are
    finite, and, of others and of whole numbers, whether each is what NumPy says."""
    value = np.asarray(value)
    words = [(g.node("Cast", g.node("Shape", name), to=FLOAT), np.array(value.shape))]
    if value.size == 0:
        return words
    row = g.ints(-1)
    flat = g.node("Reshape", name, row)
    value = value.reshape(-1)
    if value.dtype.kind != "f":
        near = [(g.node("Cast", flat, to=FLOAT), value)] if is_finite(value).all() else []
        return words + near + [exactly(g, flat, value)]
    # What is finite may differ in the last bit: NumPy's exp is not the same on all machines.
    for places in (np.flatnonzero(is_finite(value)), np.flatnonzero(~is_finite(value))):
        part = g.node("Gather", flat, g.raw(places.astype("int64")))
        if places.size > 0 and is_finite(value[places]).all():
            words.append((g.node("Cast", part, to=FLOAT), value[places]))
        elif places.size > 0:
            words.append(exactly(g, part, value[places]))
    return words


def graph_of(seed, chosen):
    """The model with these ops' results, and what is to be added to the input."""
    g = Folds(seed)
    words = []
    for op, draw in OPS.items():
        result = words_of(g, *draw(g))
        words += result if op in chosen else []
    wanted = np.concatenate([np.asarray(value).reshape(-1).astype("float64") for _, value in words])
    x = helper.make_tensor_value_info("x", FLOAT, [1, wanted.size + 1])
    y = helper.make_tensor_value_info("y", FLOAT, None)
    g.nodes.append(helper.make_node("Concat", [name for name, _ in words] +
                                    [g.raw(np.zeros(1, "float32"))], ["sum"], axis=0))
    g.nodes.append(helper.make_node("Add", ["x", "sum"], ["y"]))
    graph = helper.make_graph(g.nodes, "folds", [x], [y], g.tensors)
    return helper.make_model(graph, ir_version=8,
                             opset_imports=[helper.make_opsetid("", g.opset)]), wanted


def fault_of(dcomp, folder, seed, chosen):
    """None when all is right."""
    path = os.path.join(folder, "net")
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model, wanted = graph_of(seed, chosen)
    onnx.save(model, path + ".onnx")
    got = subprocess.run([dcomp, "import", path + ".onnx", "-o", path + ".dcm", "-f", "-q"],
                         text=True, capture_output=True, check=False)
    if got.returncode != 0:
        return f"import ends with {got.returncode}: {got.stderr.strip()}"
    np.save(path + ".npy", np.zeros((1, wanted.size + 1), np.float32))
    subprocess.run([dcomp, "eval", path + ".dcm", "-q", "--data", f"npy:{path}.npy",
                    "--dump-output", path + ".y.npy", "-f"], check=True, stdout=subprocess.DEVNULL)
    y = np.load(path + ".y.npy").reshape(-1)[:-1]
    if np.allclose(y, wanted, rtol=2e-3, atol=1e-6):
        return None
    at = int(np.argmax(~np.isclose(y, wanted, rtol=2e-3, atol=1e-6)))
    return f"number {at} is {y[at]:g}, not {wanted[at]:g}"


def check_seed(dcomp, folder, seed):
    """How many ops are not as they must be."""
    if fault_of(dcomp, folder, seed, OPS) is None:
        return 0
    faults = {op: fault_of(dcomp, folder, seed, [op]) for op in OPS}
    for op, fault in faults.items():
        if fault is not None:
            print(f"seed {seed}, {op}: {fault}")
    return sum(fault is not None for fault in faults.values())


def main():
    dcomp = sys.argv[1]
    first, n = (int(text) for text in sys.argv[2:]) if len(sys.argv) > 2 else (0, N_SEEDS)
    with tempfile.TemporaryDirectory() as folder:
        n_bad = sum(check_seed(dcomp, folder, seed) for seed in range(first, first + n))
    print(f"{n} graphs of {len(OPS)} ops of constants: {n_bad} faults")
    return 1 if n_bad else 0


if __name__ == "__main__":
    sys.exit(main())
