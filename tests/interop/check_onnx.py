#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What `dcomp export` writes as ONNX: valid, and with the outputs of `dcomp eval`.

usage: check_onnx.py DCOMP          ends with 77 where Python lacks numpy or onnx

Small networks that together have every op; pools of seeded random shapes besides. Each is made of
an architecture and a safetensors file of seeded weights, exported, checked by onnx's own checker
with shape inference, and run by onnx_numpy.py. Imported again, it must still compute the same.
"""
import json
import os
import random
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
from tensors import write_safetensors

TOLERANCE = 1e-5
# Constants that have to be widened to the batch, softmaxes over later dims: `dcomp import` refuses
# them by name.
NOT_BACK = ("constants only", "one constant", "joined constant", "softmaxes")
RNG = np.random.default_rng(11)


def layer(name, op, *inputs, params=None, **attrs):
    row = {"name": name, "op": op, **attrs}
    if inputs:
        row["inputs"] = list(inputs)
    return row, {f"{name}.{role}": shape for role, shape in (params or {}).items()}


def conv(name, shape, *inputs, **attrs):
    return layer(name, "conv", *inputs, n_outputs=shape[0], kernel=list(shape[2:]),
                 params={"weight": shape, "bias": shape[:1]}, **attrs)


def linear(name, shape, *inputs, **attrs):
    params = {"weight": shape} if attrs.get("bias") is False else \
        {"weight": shape, "bias": shape[:1]}
    return layer(name, "linear", *inputs, n_outputs=shape[0], params=params, **attrs)


def norm(name, n, *inputs, **attrs):
    return layer(name, "batch_norm", *inputs, **attrs, params={
        role: (n,) for role in ("scale", "shift", "mean", "variance")})


NETS = {
    "layers": ([3, 13, 11], [
        conv("c1", (8, 3, 3, 2), pad=[1, 0, 2, 1], stride=[2, 1]),
        norm("bn", 8, epsilon=0.001), layer("relu", "relu"), layer("lrn", "lrn", alpha=0.1, k=2),
        layer("pool", "max_pool", kernel=3, stride=2, ceil_mode=True),
        layer("drop", "dropout", ratio=0.25),
        conv("c2", (8, 4, 3, 3), groups=2, dilation=[1, 2], pad=[1, 2]),
        layer("prelu", "prelu", params={"slope": (8,)}),
        layer("mean", "global_average_pool"), norm("bn2", 8), linear("fc", (5, 8)),
        layer("slopes", "prelu", params={"slope": (5,)}), layer("softmax", "softmax")]),
    "curves": ([4, 5, 6], [
        layer("clip", "clip", min=-0.5, max=1.25), layer("sigmoid", "sigmoid", "input"),
        layer("tanh", "tanh", "input"), layer("hard_sigmoid", "hard_sigmoid", "input", slope=0.2),
        layer("hard_swish", "hard_swish", "input"), layer("silu", "silu", "input"),
        layer("leaky", "leaky_relu", "input", negative_slope=0.1),
        layer("sum", "add", "clip", "sigmoid", "tanh", "hard_sigmoid"),
        layer("product", "mul", "hard_swish", "silu", "leaky"),
        layer("both", "concat", "sum", "product"), layer("per_place", "softmax"),
        linear("fc", (6, 240), bias=False)]),
    "more curves": ([4, 5, 6], [
        layer("selu", "selu", "input"), layer("bent", "selu", k=0.5, gain=-2),
        layer("celu", "celu", "input", k=0.75), layer("softsign", "softsign", "input"),
        layer("abs", "abs", "input"), layer("square", "pow", "input"),
        layer("exp", "exp", "input"), layer("log", "log"),
        layer("root", "sqrt", "exp"), layer("inverse", "reciprocal", "exp"),
        layer("odd", "pow", "exp", exponent=-0.3),
        layer("sum", "add", "selu", "bent", "celu", "softsign", "abs", "square", "log"),
        layer("product", "mul", "root", "inverse", "odd"),
        layer("both", "concat", "sum", "product")]),
    "younger curves": ([4, 5, 6], [
        layer("mish", "mish"), layer("gelu", "gelu", "input", by_tanh=True),
        layer("sum", "add", "mish", "gelu")]),
    "transposed": ([4, 5, 6], [
        layer("up", "conv_transpose", n_outputs=6, groups=2, kernel=[3, 2], stride=[2, 3],
              pad=[1, 0, 2, 1], output_pad=[1, 2],
              params={"weight": (4, 3, 3, 2), "bias": (6,)}),
        layer("again", "conv_transpose", n_outputs=2, kernel=2, dilation=2, bias=False,
              params={"weight": (6, 2, 2, 2)})]),
    "resized": ([4, 5, 7], [
        layer("twice", "resize", height=10, width=14, places=1, rounding=2),
        layer("smaller", "resize", "input", height=3, width=5, linear=True),
        layer("corners", "resize", height=10, width=14, linear=True, places=2),
        layer("pytorch", "resize", "input", height=10, width=14, linear=True, places=3),
        layer("up", "resize", "input", height=10, width=14, rounding=1),
        layer("sum", "add", "twice", "corners", "pytorch", "up")]),
    "reduced": ([4, 5, 6], [
        layer("top", "reduce_max", "input", dims=[3]),
        layer("low", "reduce_min", "input", dims=[3]),
        layer("total", "reduce_sum", "input", dims=[3]),
        layer("mean", "reduce_mean", "input", dims=[3]),
        layer("product", "reduce_prod", "input", dims=[3]),
        layer("place", "arg_max", "input", axis=2, last=True),
        layer("other place", "arg_min", "input", axis=2),
        layer("sum", "add", "top", "low", "total", "mean", "product", "place", "other place"),
        layer("less", "reduce_sum", dims=[2, 3], keep_dims=False),
        layer("one", "reduce_max", dims=[1], keep_dims=False)]),
    "lstm": ([5, 6], [
        linear("gates", (12, 6), axis=1),
        layer("lstm", "lstm", peepholes=True, forget_bias=1, cell_curve=36,
              params={"weight": (12, 3), "peephole": (3, 3)}),
        linear("gates2", (8, 3), axis=1, bias=False),
        layer("back", "lstm", reverse=True, params={"weight": (8, 2)}),
        layer("last", "last"), linear("fc", (4, 2))]),
    "lstm with states": ([5, 6], [
        linear("gates", (12, 6), axis=1),
        layer("h0", "constant", dims=[3], params={"value": (3,)}),
        layer("c0", "constant", dims=[3], params={"value": (3,)}),
        layer("lstm", "lstm", "gates", "h0", "c0", cells=True, input_forget=True, clip=0.75,
              params={"weight": (12, 3)}),
        layer("said", "slice", "lstm", axis=1, size=3), layer("mean", "step_mean"),
        layer("last", "last", "lstm"), layer("both", "concat", "mean", "last")]),
    "lstm back with cells": ([5, 6], [
        linear("gates", (12, 6), axis=1), layer("state", "slice", "input", axis=0, size=1),
        linear("first", (3, 6)), layer("lstm", "lstm", "gates", "first", cells=True, reverse=True,
                                       cell_curve=31, alpha=0.4, params={"weight": (12, 3)}),
        layer("step", "slice", "lstm", axis=0, size=1), layer("flat", "flatten"),
        linear("fc", (2, 6))]),
    "gru": ([5, 9], [
        layer("own gates", "gru", params={"weight": (9, 3), "bias": (3,)}),
        linear("gates", (6, 3), axis=1),
        layer("back", "gru", reverse=True, reset_after=False, gate_curve=16,
              params={"weight": (6, 2)}),
        layer("mean", "step_mean")]),
    "rnn": ([4, 5], [
        linear("gates", (3, 5), axis=1), layer("rnn", "rnn", params={"weight": (3, 3)}),
        layer("both", "add", "gates", "rnn"), layer("again", "rnn", cell_curve=5,
                                                    params={"weight": (3, 3)})]),
    "symbols": ([6], [
        layer("abs", "abs"), layer("table", "embedding", n_outputs=4, n_symbols=9,
                                   params={"weight": (9, 4)}),
        layer("rnn", "rnn", params={"weight": (4, 4)})]),
    "norms": ([4, 5, 6], [
        layer("rows", "layer_norm", axis=2, params={"scale": (6,), "shift": (6,)}),
        layer("planes", "layer_norm", axis=1, bias=False, params={"scale": (5, 6)}),
        layer("instance", "group_norm", groups=4, epsilon=0.01,
              params={"scale": (4,), "shift": (4,)})]),
    "younger norms": ([4, 5, 6], [
        layer("groups", "group_norm", groups=2, params={"scale": (4,), "shift": (4,)}),
        layer("rms", "rms_norm", axis=2, params={"scale": (6,)})]),
    "shapes": ([4, 6, 5], [
        layer("slice", "slice", axis=1, begin=2, size=3),
        layer("stepped", "slice", "input", axis=1, begin=1, size=3, step=2),
        layer("both slices", "add", "slice", "stepped"),
        layer("turned", "transpose", dims=[3, 1, 2]),
        layer("reshaped", "reshape", dims=[6, 2, 5]),
        layer("padded", "pad", pad=[1, 0, 2, 3]),
        layer("factor", "constant", dims=[6, 1, 1], params={"value": (6, 1, 1)}),
        layer("scaled", "mul", "padded", "factor"),
        layer("row", "constant", dims=[1, 1, 8], params={"value": (1, 1, 8)}),
        layer("less", "sub", "row", "scaled"), layer("share", "div", "less", "factor"),
        layer("long", "reshape", dims=[4, 6, 5, 2]),
        layer("turned_long", "transpose", dims=[2, 4, 1, 3]),
        layer("flat", "flatten")]),
    "back": ([4, 6, 5], [
        layer("rows", "slice", axis=1, begin=5, size=6, step=-1),
        layer("odd rows", "slice", axis=1, begin=5, size=3, step=-2),
        layer("channels", "slice", begin=2, size=2, step=-2),
        layer("columns", "slice", axis=2, begin=3, size=3, step=-1)]),
    "turned cube": ([3, 3, 3], [
        layer("turned", "transpose", dims=[3, 1, 2]), conv("c", (2, 3, 1, 1)),
        linear("fc", (2, 18))]),
    "vectors": ([3, 5, 4], [
        linear("rows", (6, 4), axis=2), layer("elu", "elu", k=1.5),
        layer("shares", "softmax", axis=1), linear("planes", (8, 30), axis=1, bias=False),
        layer("gelu", "gelu"), layer("plus", "softplus"), layer("erf", "erf"),
        linear("again", (5, 8), axis=1), layer("logs", "log_softmax", axis=1)]),
    "joined constant": ([2, 5, 8], [
        layer("plane", "constant", dims=[1, 5, 8], params={"value": (1, 5, 8)}),
        layer("joined", "concat", "plane", "input", "plane")]),
    "softmaxes": ([4, 3, 5], [
        layer("over channels", "softmax"), layer("over rows", "softmax", axis=1),
        layer("over columns", "log_softmax", axis=2)]),
    "constants only": ([2, 3, 3], [
        layer("c", "constant", dims=[4], params={"value": (4,)}), layer("relu", "tanh")]),
    "one constant": ([2, 3, 3], [
        layer("c", "constant", dims=[3], params={"value": (3,)})]),
    "names": ([7], [
        linear("fc", (4, 7)), layer("fc.weight", "relu"), layer("out/gate", "tanh"),
        layer("out", "silu"), layer("fc.bias", "add", "out", "fc.weight"),
        layer("fc.weight'", "relu")]),
}


def random_pool(rng):
    """A pool that fits an input of 3 channels, and one more on its result."""
    sides = [rng.randint(5, 14), rng.randint(5, 14)]
    kernel = [rng.randint(1, 5), rng.randint(1, 5)]
    pad = [rng.randint(0, k - 1) for k in kernel * 2]
    attrs = {"kernel": kernel, "stride": [rng.randint(1, 4), rng.randint(1, 4)], "pad": pad,
             "ceil_mode": rng.random() < 0.7}
    op = rng.choice(["max_pool", "average_pool"])
    if op == "average_pool":
        attrs["count_pad"] = rng.random() < 0.6
    return [3] + sides, [layer("pool", op, **attrs), layer("flat", "flatten")]


def values_of(name, shape):
    values = RNG.normal(0, 0.5, shape)
    if name.endswith((".variance", ".value")):
        values = RNG.uniform(0.5, 1.5, shape)
    return values.astype(np.float32)


def write_net(path, name, shape, layers):
    """An architecture and seeded weights."""
    arch = {"name": name, "input": {"shape": shape}, "layers": [row for row, _ in layers]}
    with open(path + ".json", "w", encoding="utf-8") as file:
        json.dump(arch, file)
    params = {key: dims for _, rows in layers for key, dims in rows.items()}
    write_safetensors(path + ".safetensors", {k: values_of(k, v) for k, v in params.items()})
    return arch


def check(dcomp, folder, name, shape, layers):
    path = os.path.join(folder, "net")
    arch = write_net(path, name, shape, layers)
    x = RNG.normal(0, 1, [3] + shape).astype(np.float32)
    np.save(path + ".npy", x)

    def run(*args):
        subprocess.run([dcomp, *args, "-f", "-q"], check=True, stdout=subprocess.DEVNULL)
    run("import", path + ".safetensors", "--arch", path + ".json", "-o", path + ".dcm")
    run("export", path + ".dcm", "-o", path + ".onnx")
    run("eval", path + ".dcm", "--data", f"npy:{path}.npy", "--dump-output", path + ".y.npy")
    model = onnx.load(path + ".onnx")
    if model.opset_import[0].version <= onnx.defs.onnx_opset_version():
        onnx.checker.check_model(model, full_check=True)
    wanted = np.load(path + ".y.npy")
    got = [onnx_numpy.run(model, x).reshape(wanted.shape)]
    if name not in NOT_BACK:
        run("import", path + ".onnx", "-o", path + ".dcm")
        run("eval", path + ".dcm", "--data", f"npy:{path}.npy", "--dump-output", path + ".z.npy")
        got.append(np.load(path + ".z.npy"))
    error = max(np.abs(y - wanted).max() for y in got) / max(1, np.abs(wanted).max())
    assert model.graph.output[0].name == layers[-1][0]["name"]
    if not error <= TOLERANCE:
        print(f"{name}: the outputs differ by {error:.2e}: {json.dumps(arch)}")
    return error <= TOLERANCE


# What ONNX has no form of, and the reason that an export gives.
REFUSALS = {
    "no recurrent projection": ([5, 6], [
        linear("gates", (12, 6), axis=1),
        layer("lstm", "lstm", n_outputs=2, params={"weight": (12, 2), "projection": (2, 3)})]),
    "its cell_curve is 'gelu', which ONNX has not": ([5, 6], [
        linear("gates", (3, 6), axis=1),
        layer("rnn", "rnn", cell_curve=34, params={"weight": (3, 3)})]),
    "its cells are read": ([5, 6], [
        linear("gates", (12, 6), axis=1),
        layer("lstm", "lstm", cells=True, params={"weight": (12, 3)}), layer("tanh", "tanh")]),
}


def check_refusals(dcomp, folder):
    """That a reason is given, and that lengths which get lost are warned of."""
    n_bad, path = 0, os.path.join(folder, "net")
    for reason, (shape, layers) in {**REFUSALS, "'rnn' takes all 4 steps": NETS["rnn"]}.items():
        write_net(path, reason, shape, layers)
        subprocess.run([dcomp, "import", path + ".safetensors", "--arch", path + ".json", "-o",
                        path + ".dcm", "-f", "-q"], check=True, stdout=subprocess.DEVNULL)
        got = subprocess.run([dcomp, "export", path + ".dcm", "-o", path + ".onnx", "-f"],
                             text=True, capture_output=True, check=False)
        if reason not in got.stderr or got.returncode != (6 if reason in REFUSALS else 0):
            print(f"'{reason}' wanted, export ends with {got.returncode}: {got.stderr}")
            n_bad += 1
    return n_bad


def main():
    dcomp = sys.argv[1]
    rng = random.Random(5)
    nets = dict(NETS, **{f"pool {i}": random_pool(rng) for i in range(40)})
    with tempfile.TemporaryDirectory() as folder:
        good = [check(dcomp, folder, name, *net) for name, net in nets.items()]
        n_bad = check_refusals(dcomp, folder)
    print(f"{sum(good)} of {len(good)} networks agree, {n_bad} refusals are not as they must be")
    return 0 if all(good) and n_bad == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
