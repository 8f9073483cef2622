#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ONNX's own tests of single nodes, through `dcomp import` and `dcomp eval`.

usage: check_onnx_nodes.py DCOMP TABLE [--update] [--all] [TEST...]
       ends with 77 where Python lacks numpy or onnx, or the tests are not installed

The tests (Debian: libonnx-testdata) give a graph of one op, its inputs and its outputs. dcomp
reads networks of one input, so a test is tried in variants, until one is right:

    direct    one of the inputs is the network's, its first dim the batch; the others are constants
    steps     the same of layers over time, whose second dim is the batch
    reshaped  that input is a vector of a batch of 1, seen through Reshape in its own dims
    folded    all inputs are constants; what is computed of them is added to the network's input

A variant that is imported and computes something else is wrong, and so is its test. A test that no
variant passes is refused, when all imports end with exit code 6, else failed. Outputs beside the
main one (masks, places of maxima, statistics) may be refused.

Tests in opsets before 7 are run as 7, in which their ops are the same.

TABLE has, for each op that dcomp claims to read, how many tests there are and how many pass. The
check fails when one is wrong or failed, or an op passes less; an op of which another version of
ONNX has more or fewer tests is only looked at for wrong ones. --update writes the table. With --all
variants are tried after one that is right, too.
"""
import concurrent.futures
import glob
import os
import subprocess
import sys
import tempfile

try:
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
except ImportError as error:
    print(f"skipped: {error} (Debian: python3-onnx)")
    sys.exit(77)

FOLDER = os.environ.get("DCOMP_ONNX_NODES", "/usr/share/libonnx-testdata/data/node")
UNSUPPORTED = 6
MIN_OPSET = 7
TRIES_ALL = "--all" in sys.argv
SIDE_OUTPUTS = ("BatchNormalization", "Dropout", "LayerNormalization", "MaxPool")
N_WORKERS = 2
ENV = {**os.environ, "OMP_NUM_THREADS": "1"}
CODES = (1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13)  # types that numpy has too


class NotTensors(Exception):
    """A test that is about sequences, texts, bfloat16 or the like."""


def arrays_of(folder, kind):
    paths = glob.glob(os.path.join(folder, "test_data_set_0", kind + "_*.pb"))
    arrays = []
    for path in sorted(paths, key=lambda p: int(p[:-3].rsplit("_", 1)[1])):
        tensor = TensorProto()
        with open(path, "rb") as file:
            tensor.ParseFromString(file.read())
        arrays.append(numpy_helper.to_array(tensor))
    return arrays


def load(name):
    folder = os.path.join(FOLDER, name)
    model = onnx.load(os.path.join(folder, "model.onnx"))
    for value in [*model.graph.input, *model.graph.output]:
        kind = value.type.tensor_type.elem_type if value.type.HasField("tensor_type") else 0
        if kind not in CODES:
            raise NotTensors
    for opset in model.opset_import:
        opset.version = max(opset.version, MIN_OPSET) if not opset.domain else opset.version
    inputs = dict(zip([i.name for i in model.graph.input], arrays_of(folder, "input")))
    outputs = dict(zip([o.name for o in model.graph.output], arrays_of(folder, "output")))
    return model, inputs, outputs


def ops_of(name):
    path = os.path.join(FOLDER, name, "model.onnx")
    return "+".join(sorted({node.op_type for node in onnx.load(path).graph.node}))


# ---- variants -----------------------------------------------------------------------------------

def graph_of(model, name, dims, output, nodes_before=(), nodes_behind=(), constants=None):
    """The test's nodes between others, with one input and one output."""
    info = helper.make_tensor_value_info(name, TensorProto.FLOAT, dims)
    result = helper.make_tensor_value_info(output, TensorProto.FLOAT, None)
    tensors = [numpy_helper.from_array(value, key) for key, value in (constants or {}).items()]
    graph = helper.make_graph([*nodes_before, *model.graph.node, *nodes_behind], "test", [info],
                              [result], [*model.graph.initializer, *tensors])
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=8)


def has_steps_first(model, data):
    node = model.graph.node[0]
    return node.op_type in ("GRU", "LSTM", "RNN") and data == node.input[0] and \
        not any(a.name == "layout" and a.i == 1 for a in node.attribute)


def direct(model, inputs, data, output, value):
    x = inputs[data]
    others = {k: v for k, v in inputs.items() if k != data}
    if has_steps_first(model, data):
        return None
    if not 2 <= x.ndim <= 4 or not value.ndim or value.shape[0] != x.shape[0] or x.size == 0:
        return None
    samples = x.reshape(x.shape[0], 1, *x.shape[1:]) if x.ndim == 3 else x
    return graph_of(model, data, x.shape, output, constants=others), samples, value


def steps(model, inputs, data, output, value):
    """dcomp has samples (T,C), and the outputs of each."""
    x = inputs[data]
    if not has_steps_first(model, data):
        return None
    others = {k: v for k, v in inputs.items() if k != data}
    samples = np.moveaxis(x, 1, 0)
    graph = graph_of(model, data, x.shape, output, constants=others)
    return graph, samples[:, None], np.moveaxis(value, -2, 0)


def reshaped(model, inputs, data, output, value):
    x = inputs[data]
    others = {k: v for k, v in inputs.items() if k != data}
    if x.size == 0:
        return None
    others["dcomp_dims"] = np.array(x.shape, np.int64)
    others["dcomp_row"] = np.array([1, -1], np.int64)
    others["dcomp_one"] = np.ones(1, np.float32)
    before = [helper.make_node("Reshape", ["dcomp_x", "dcomp_dims"], [data])]
    behind = [helper.make_node("Cast", [output], ["dcomp_float"], to=TensorProto.FLOAT),
              helper.make_node("Reshape", ["dcomp_float", "dcomp_row"], ["dcomp_flat"]),
              helper.make_node("Mul", ["dcomp_flat", "dcomp_one"], ["dcomp_y"])]
    graph = graph_of(model, "dcomp_x", [1, x.size], "dcomp_y", before, behind, others)
    return graph, x.reshape(1, -1), value.reshape(1, -1)


def folded(model, inputs, data, output, value):
    """`data` is of no matter."""
    constants = {**inputs, "dcomp_row": np.array([1, -1], np.int64)}
    x = np.linspace(-1, 1, value.size, dtype=np.float32).reshape(1, -1)
    behind = [helper.make_node("Cast", [output], ["dcomp_float"], to=TensorProto.FLOAT),
              helper.make_node("Reshape", ["dcomp_float", "dcomp_row"], ["dcomp_flat"]),
              helper.make_node("Add", ["dcomp_x", "dcomp_flat"], ["dcomp_y"])]
    if value.size == 0:
        return None
    graph = graph_of(model, "dcomp_x", x.shape, "dcomp_y", (), behind, constants)
    return graph, x, x + value.reshape(1, -1)


# ---- running them -------------------------------------------------------------------------------

def run(dcomp, path, variant):
    """"right", "wrong: ...", "refused: ..." or "failed: ..."."""
    model, x, wanted = variant
    onnx.save(model, path + ".onnx")
    got = subprocess.run([dcomp, "import", path + ".onnx", "-o", path + ".dcm", "-f", "-q"],
                         text=True, capture_output=True, check=False, env=ENV)
    if got.returncode != 0:
        said = "refused" if got.returncode == UNSUPPORTED else f"failed ({got.returncode})"
        return f"{said}: {got.stderr.strip()}"
    np.save(path + ".npy", x.astype(np.float32))
    subprocess.run([dcomp, "eval", path + ".dcm", "-q", "--data", f"npy:{path}.npy",
                    "--dump-output", path + ".y.npy", "-f"], check=True, env=ENV,
                   stdout=subprocess.DEVNULL)
    y, wanted = np.load(path + ".y.npy"), wanted.astype(np.float64)
    if y.size != wanted.size:
        return f"wrong: {y.size} values, not {wanted.size}"
    largest = np.abs(wanted[np.isfinite(wanted)]).max(initial=0)
    if np.allclose(y.reshape(-1), wanted.reshape(-1), rtol=1e-3, atol=1e-5 * max(largest, 1),
                   equal_nan=True):
        return "right"
    return f"wrong: differs by {np.nanmax(np.abs(y.reshape(-1) - wanted.reshape(-1))):.3g}"


def try_variants(dcomp, path, model, inputs, output, value):
    """What becomes of one output: "right (direct, x)", or the first that is wrong or failed."""
    best = None
    for make in (direct, steps, reshaped, folded):
        for data in inputs if make is not folded else [None]:
            variant = make(model, inputs, data, output, value)
            if variant is None:
                continue
            result = f"{run(dcomp, path, variant)} ({make.__name__}, {data})"
            if result.startswith("wrong"):
                return result
            if best is None or not best.startswith(("right", "failed")):
                best = result
            if best.startswith("right") and not TRIES_ALL:
                return best
    return best or "refused: no variant"


def check(dcomp, folder, name):
    """The worst over the test's outputs."""
    try:
        model, inputs, outputs = load(name)
    except NotTensors:
        return "refused: no tensors"
    path = os.path.join(folder, name)
    results = [try_variants(dcomp, path, model, inputs, *item) for item in outputs.items()]
    if model.graph.node[0].op_type in SIDE_OUTPUTS:
        results = results[:1] + [r for r in results[1:] if not r.startswith("refused")]
    for word in ("wrong", "failed", "refused"):
        for result in results:
            if result.startswith(word):
                return result
    return results[0]


# ---- the table ----------------------------------------------------------------------------------

def read_table(path):
    """{op: (tests, passes)}"""
    with open(path, encoding="utf-8") as file:
        rows = [line.split() for line in file if not line.startswith("#")]
    return {op: (int(n), int(n_right)) for op, n, n_right in rows}


def write_table(path, counts):
    with open(path, "w", encoding="utf-8") as file:
        file.write("# op, node tests of onnx 1.12 (Debian 12), of which pass;"
                   " written by check_onnx_nodes.py --update\n")
        for op, (n, n_right) in sorted(counts.items()):
            file.write(f"{op} {n} {n_right}\n")


def tests_of(table, chosen):
    names = chosen or sorted(os.listdir(FOLDER))
    tests = {name: ops_of(name) for name in names}
    return {name: ops for name, ops in tests.items() if chosen or ops in table}


def main():
    dcomp, path = sys.argv[1:3]
    chosen = [name for name in sys.argv[3:] if not name.startswith("--")]
    if not os.path.isdir(FOLDER):
        print(f"skipped: no tests of ONNX in {FOLDER} (Debian: libonnx-testdata)")
        return 77
    table = read_table(path)
    tests = tests_of(table, chosen)
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(N_WORKERS) as pool:
        results = dict(zip(tests, pool.map(lambda name: check(dcomp, folder, name), tests)))
    counts, n_bad = {}, 0
    for name, ops in tests.items():
        n, n_right = counts.get(ops, (0, 0))
        is_right = results[name].startswith("right")
        counts[ops] = (n + 1, n_right + is_right)
        if not is_right:
            print(f"{ops:20} {name}: {results[name]}")
        n_bad += results[name].startswith(("wrong", "failed"))
    print(f"\n{'op':20} tests pass refused")
    for ops, (n, n_right) in sorted(counts.items()):
        is_other = not chosen and n != table[ops][0]
        is_less = not chosen and not is_other and n_right < table[ops][1]
        n_bad += is_less
        note = "  less than before" if is_less else "  of another version" if is_other else ""
        print(f"{ops:20} {n:5} {n_right:4} {n - n_right:7}{note}")
    print(f"{sum(n for _, n in counts.values())} of {len(tests)} tests pass, {n_bad} findings")
    if "--update" in sys.argv:
        write_table(path, counts)
    return 1 if n_bad else 0


if __name__ == "__main__":
    sys.exit(main())
