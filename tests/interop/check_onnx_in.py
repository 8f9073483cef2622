#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `dcomp import` makes of ONNX graphs: the numbers that ONNX says, or exit code 6; and what
`dcomp export` makes of that: a graph that can be put in the place of the first.

usage: check_onnx_in.py DCOMP [FIRST N | PREFIX]    ends with 77 where Python lacks numpy or onnx

Graphs of onnx_cases.py, onnx_sequences.py and onnx_steps.py, of which each says what must become of
it; and random ones of onnx_random.py, seeded: those that are imported must compute what
onnx_numpy.py does, all others must be refused as not supported, and most must be imported. A graph
whose batch is 1 is run by NumPy sample by sample. FIRST N: only random graphs, of these seeds, for
a longer search; PREFIX: only such cases.
"""
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnx
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-onnx)")
    sys.exit(77)

import onnx_numpy
import onnx_sequences
import onnx_steps
from onnx_cases import CASES, EITHER
from onnx_random import moved_graph, random_graph

TOLERANCE = 1e-4
N_GRAPHS = 80
UNSUPPORTED = 6


def run_batch(model, x):
    """(samples, ...) for samples x, wherever the graph has the batch."""
    at, out_at = onnx_steps.place_of(model)
    y = onnx_numpy.run(model, np.moveaxis(x, 0, at))
    return np.moveaxis(y, out_at, 0) if out_at else y  # y may be one number


def truth_of(model, x):
    """(samples, values) for samples x."""
    n = model.graph.input[0].type.tensor_type.shape.dim[onnx_steps.place_of(model)[0]].dim_value
    parts = [x[i:i + (n or len(x))] for i in range(0, len(x), n or len(x))]
    if len(parts[-1]) < n:
        parts[-1] = x[-n:]
    y = [run_batch(model, part).reshape(len(part), -1) for part in parts]
    return np.concatenate([*y[:-1], y[-1][-(len(x) - sum(map(len, y[:-1]))):]])


def samples_of(model):
    """Three samples, as ONNX with the batch first and as dcomp has them."""
    kind = model.graph.input[0].type.tensor_type
    dims = [d.dim_value for d in kind.shape.dim]
    dims.pop(onnx_steps.place_of(model)[0])
    x = np.random.default_rng(len(dims)).normal(0, 1, [3] + dims).astype(np.float32)
    if kind.elem_type != onnx.TensorProto.FLOAT:
        x = np.abs(np.round(40 * x))
    return x, x.reshape([3, 1] + dims) if len(dims) == 2 else x


def outputs_of(dcomp, path, x):
    """What is imported computes for x; a text when it is refused."""
    got = subprocess.run([dcomp, "import", path, "-o", path + ".dcm", "-f", "-q"], text=True,
                         capture_output=True, check=False)
    if got.returncode == UNSUPPORTED:
        return got.stderr.strip()
    if got.returncode != 0:
        raise AssertionError(f"import ends with {got.returncode}: {got.stderr}")
    np.save(path + ".npy", x)
    subprocess.run([dcomp, "eval", path + ".dcm", "-q", "--data", f"npy:{path}.npy",
                    "--dump-output", path + ".y.npy", "-f"], check=True, stdout=subprocess.DEVNULL)
    return np.load(path + ".y.npy").reshape(x.shape[0], -1)


def names_of(model):
    """Of its ends; of several outputs the first is taken."""
    return [ends[0].name for ends in (model.graph.input, model.graph.output)]


def check_export(dcomp, path, model, x, own, got):
    """The export has the names and dims of the graph, computes the same, and is read again."""
    again = path + ".again.onnx"
    subprocess.run([dcomp, "export", path + ".dcm", "-o", again, "-f", "-q"], check=True,
                   stdout=subprocess.DEVNULL)
    exported = onnx.load(again)
    onnx.checker.check_model(exported, full_check=True)
    assert names_of(exported) == names_of(model), f"it is exported with {names_of(exported)}"
    if model.graph.name == onnx_sequences.NAME:
        sides, wanted = onnx_sequences.sides_of(exported), onnx_sequences.sides_of(model)
        assert sides == wanted, f"windows {sides}, not {wanted}"
    y = onnx_numpy.run(exported, x)
    dims = [d.dim_value for d in exported.graph.output[0].type.tensor_type.shape.dim]
    assert list(y.shape) == [len(x)] + dims[1:], f"exported as {dims}, computes {y.shape}"
    if onnx_steps.place_of(model) == (0, 0) and \
            model.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 0:
        wanted = onnx_numpy.run(model, x).shape
        assert len(wanted) > 5 or y.shape == wanted, f"exported as {y.shape}, not {wanted}"
    for name, values in (("export", y.reshape(got.shape)),
                         ("import of the export", outputs_of(dcomp, again, own))):
        assert not isinstance(values, str), f"the {name}: {values}"
        error = np.abs(values - got).max() / max(1, np.abs(got).max())
        assert error <= TOLERANCE, f"the {name} differs by {error:.2e}"


def fault_of(dcomp, folder, model):
    """What is wrong with what becomes of a graph, None if nothing is; and why it is refused, None
    if it is not."""
    path = os.path.join(folder, "net.onnx")
    onnx.save(model, path)
    x, own = samples_of(model)
    try:
        got = outputs_of(dcomp, path, own)
        if isinstance(got, str):
            return None, got
        wanted = truth_of(model, x)
        assert got.shape == wanted.shape, f"{got.shape}, wanted {wanted.shape}"
        error = np.abs(got - wanted).max() / max(1, np.abs(wanted).max())
        assert error <= TOLERANCE, f"the outputs differ by {error:.2e}"
        check_export(dcomp, path, model, x, own, got)
    except AssertionError as error:
        return str(error).strip(), None
    return None, None


def check_cases(dcomp, folder, prefix=""):
    """How many cases are not as they must be."""
    n_bad = 0
    cases = {**CASES, **onnx_sequences.CASES, **onnx_steps.CASES}
    cases = {name: make for name, make in cases.items() if name.startswith(prefix)}
    for name, make in cases.items():
        model, wanted = make()
        fault, refusal = fault_of(dcomp, folder, model)
        if fault is None and wanted is None:
            fault = refusal
        elif fault is None and wanted != EITHER and wanted not in (refusal or ""):
            fault = refusal or f"imported, not refused with '{wanted}'"
        if fault is not None:
            print(f"{name}: {fault}")
            n_bad += 1
    print(f"{len(cases) - n_bad} of {len(cases)} cases are as they must be")
    return n_bad


def check_random(dcomp, folder, make, batch, first, n):
    """Whether none of these graphs is wrong, and enough are imported."""
    n_read, n_bad = 0, 0
    for seed in range(first, first + n):
        model = make(seed, batch)
        fault, refusal = fault_of(dcomp, folder, model)
        if fault is not None:
            print(f"seed {seed}: {fault}\n{onnx.helper.printable_graph(model.graph)}")
            n_bad += 1
        n_read += refusal is None
    print(f"{make.__name__}, batch {batch}: {n_read} of {n} graphs are imported, {n_bad} are wrong")
    return n_bad == 0 and n_read >= 0.6 * n


# ---- several inputs ------------------------------------------------------------------------------

def dcomp_of(dcomp, *words):
    return subprocess.run([dcomp, *words], text=True, capture_output=True, check=False)


def fault_of_zeros(dcomp, path):
    """First states that are inputs are taken as zeros, if the user says so."""
    model, states = onnx_steps.with_states()
    onnx.save(model, path)
    x = np.random.default_rng(4).normal(0, 1, (3, *onnx_steps.SAMPLE)).astype(np.float32)
    np.save(path + ".npy", x[:, None])
    for zeros, code, words in (((), UNSUPPORTED, "several inputs, 'x' and 'h0' (--zeros NAME"),
                               (("h0",), UNSUPPORTED, "several inputs, 'x' and 'c0'"),
                               (("h0,c1",), 2, "no input 'c1' to take as zeros, did you mean 'c0'"),
                               (("h0,c0",), 0, "")):
        option = ("--zeros", *zeros) if zeros else ()
        got = dcomp_of(dcomp, "import", path, "-o", path + ".dcm", "-f", "-q", *option)
        if got.returncode != code or words not in got.stderr:
            return f"import with zeros {zeros} ends with {got.returncode}: {got.stderr}"
    got = dcomp_of(dcomp, "eval", path + ".dcm", "-q", "--data", f"npy:{path}.npy",
                   "--dump-output", path + ".y.npy", "-f")
    zeros = {name: np.zeros((1, 3, onnx_steps.H)) for name in states}
    wanted = onnx_numpy.run(model, x.swapaxes(0, 1), zeros)[0]
    return None if np.allclose(np.load(path + ".y.npy"), wanted, atol=1e-5) else "other outputs"


def fault_of_lengths(dcomp, path):
    """An input of lengths is none any more: data has them."""
    model = onnx_steps.with_lengths()
    onnx.save(model, path)
    lengths = np.int32([2, 5, 3])
    x = np.random.default_rng(5).normal(0, 1, (3, *onnx_steps.SAMPLE)).astype(np.float32)
    for name, array in (("x", x), ("y", np.zeros(3, np.int64)), ("l", lengths)):
        np.save(f"{path}.{name}.npy", array)
    got = dcomp_of(dcomp, "import", path, "-o", path + ".dcm", "-f")
    if got.returncode != 0 or "they come with the data" not in got.stderr:
        return f"import ends with {got.returncode}: {got.stderr}"
    data = f"npy:{path}.x.npy,{path}.y.npy,{path}.l.npy"
    got = dcomp_of(dcomp, "eval", path + ".dcm", "-q", "--data", data, "--dump-output",
                   path + ".out.npy", "-f")
    if got.returncode != 0:
        return got.stderr
    wanted = onnx_numpy.run(model, x.swapaxes(0, 1), {"lengths": lengths})
    wanted = np.moveaxis(wanted, 1, 0).reshape(3, -1)
    return None if np.allclose(np.load(path + ".out.npy"), wanted, atol=1e-5) else "other outputs"


def check_inputs(dcomp, folder):
    n_bad = 0
    for fault_of_inputs in (fault_of_zeros, fault_of_lengths):
        fault = fault_of_inputs(dcomp, os.path.join(folder, "inputs.onnx"))
        if fault is not None:
            print(f"{fault_of_inputs.__name__}: {fault}")
            n_bad += 1
    return n_bad


def main():
    dcomp = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        if len(sys.argv) == 3:
            return min(check_cases(dcomp, folder, sys.argv[2]) + check_inputs(dcomp, folder), 1)
        if len(sys.argv) > 2:
            n_bad, (first, n) = 0, (int(text) for text in sys.argv[2:])
        else:
            n_bad, first, n = check_cases(dcomp, folder), 0, N_GRAPHS
            n_bad += check_inputs(dcomp, folder)
        kinds = ((random_graph, 1), (random_graph, "N"), (moved_graph, "N"))
        good = [check_random(dcomp, folder, *kind, first, n) for kind in kinds]
    return 0 if all(good) and n_bad == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
