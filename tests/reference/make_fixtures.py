#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Small networks with all their values and gradients, computed by PyTorch in float64.

    python3 make_fixtures.py fixtures.bin          (made with PyTorch 1.13, seed 1)

Inputs and parameters are rounded to float32 before anything is computed, so that what is stored is
the truth for them. The file is little-endian: the magic "DCREF001", then records, each a letter
and its fields, up to the end. A text is one byte of length and its UTF-8, an array is a u32 count
and its elements.

    C  begins a case: text name, u32 batch, array of u32 (shape of a sample)
    N  a node: text name, text op, array of u32 (inputs), array of (text attribute, f64 value)
    T  a tensor: text name, array of f32
    E  ends the case: u32 node whose value the loss is taken from

Tensors by name: "x"; parameters ("conv1.weight"); "dy", the gradient of the loss at the output
node; a node's name: its value in training; "d x" and "d conv1.weight": gradients; "after bn1.mean":
running state after the step; "eval": the output node's value in prediction, with the state as
before the step. Nets also have "labels" and "loss", softmax cross-entropy, the mean over the batch.
"""
import math
import os
import struct
import sys

import torch
import torch.nn.functional as F

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../spec_reader"))
from fixture_steps import make_recurrent, make_sequences, of_steps, recurrent  # noqa: E402
from ops_table import read_ops  # noqa: E402

OUT = bytearray(b"DCREF001")
DEFAULTS = {op.name: {a.name: a.value if a.form == "real" else int(a.value)
                      for a in op.attrs.values()} for op in read_ops().values()}
EARLY = "relu concat add flatten softmax global_average_pool".split()
BOTH = {"kernel": ("kernel_h", "kernel_w"), "stride": ("stride_h", "stride_w"),
        "dilation": ("dilation_h", "dilation_w"),
        "pad": ("pad_top", "pad_left", "pad_bottom", "pad_right"),
        "output_pad": ("output_pad_h", "output_pad_w")}


def put_text(text):
    raw = text.encode()
    OUT.extend(struct.pack("<B", len(raw)) + raw)


def put_array(letter, values):
    OUT.extend(struct.pack(f"<I{len(values)}{letter}", len(values), *values))


def put_tensor(name, tensor):
    OUT.extend(b"T")
    put_text(name)
    put_array("f", tensor.detach().reshape(-1).tolist())


def rounded(*shape, scale=1.0, shift=0.0):
    return (torch.randn(*shape, dtype=torch.float64) * scale + shift).float().double()


# ---- a node's parameters and value --------------------------------------------------------------

def dims_of(a):
    return [int(a[f"dim_{i}"]) for i in range(4) if a[f"dim_{i}"]]


def make_params(op, a, shape):
    channels = shape[1] if shape else 0
    if op == "conv":
        fan_in = channels // a["groups"] * a["kernel_h"] * a["kernel_w"]
        params = {"weight": rounded(a["n_outputs"], channels // a["groups"], a["kernel_h"],
                                    a["kernel_w"], scale=fan_in ** -0.5)}
    elif op == "conv_transpose":
        params = {"weight": rounded(channels, a["n_outputs"] // a["groups"], a["kernel_h"],
                                    a["kernel_w"], scale=channels ** -0.5)}
    elif op == "linear":
        fan_in = shape[1 + a["axis"]:].numel()
        params = {"weight": rounded(a["n_outputs"], fan_in, scale=fan_in ** -0.5)}
    elif op == "prelu":
        return {"slope": rounded(channels, scale=0.3)}
    elif op == "constant":  # nothing near 0, so that it can divide
        return {"value": (rounded(*dims_of(a)).abs() + 0.5).float().double()}
    elif op in ("layer_norm", "rms_norm", "group_norm"):
        part = shape[1 + a["axis"]:] if "axis" in a else shape[1:2]
        params = {"scale": rounded(*part, scale=0.3, shift=1)}
        if op == "group_norm" or a.get("bias"):
            params["shift"] = rounded(*part, scale=0.3)
        return params
    elif op in ("lstm", "gru", "rnn"):
        return make_recurrent(op, a, shape[2], rounded)
    elif op == "embedding":
        return {"weight": rounded(a["n_symbols"], a["n_outputs"])}
    elif op == "batch_norm":
        return {"scale": rounded(channels, scale=0.2, shift=1),
                "shift": rounded(channels, scale=0.2),
                "mean": rounded(channels, scale=0.3),
                "variance": rounded(channels, scale=0.1).abs() + 0.5}
    else:
        return {}
    if a.get("bias"):
        params["bias"] = rounded(a["n_outputs"], scale=0.3)
    return params


def pool(op, a, x):
    kernel, stride = (a["kernel_h"], a["kernel_w"]), (a["stride_h"], a["stride_w"])
    pads = (a["pad_left"], a["pad_right"], a["pad_top"], a["pad_bottom"])
    is_even = pads[0] == pads[1] and pads[2] == pads[3]
    is_ceil = bool(a["ceil_mode"])
    if not is_even:  # PyTorch has equal pads only: pad first
        assert not is_ceil
        if op == "max_pool":
            return F.max_pool2d(F.pad(x, pads, value=-float("inf")), kernel, stride)
        sums = F.avg_pool2d(F.pad(x, pads), kernel, stride)
        if a["count_pad"]:
            return sums
        return sums / F.avg_pool2d(F.pad(torch.ones_like(x), pads), kernel, stride)
    pad = (pads[2], pads[0])
    if op == "max_pool":
        return F.max_pool2d(x, kernel, stride, pad, ceil_mode=is_ceil)
    return F.avg_pool2d(x, kernel, stride, pad, is_ceil, bool(a["count_pad"]))


def moved(op, a, x):
    """Ops that move values only; None for others."""
    if op == "slice":
        places = torch.arange(a["size"]) * a["step"] + a["begin"]
        return x.index_select(a["axis"] + 1, places)
    if op == "reshape":
        return x.reshape(x.shape[0], *dims_of(a))
    if op == "transpose":
        return x.permute(0, *dims_of(a))
    if op == "pad":
        return F.pad(x, (a["pad_left"], a["pad_right"], a["pad_top"], a["pad_bottom"]))
    return None


def with_params(op, a, x, p):
    """Norms of parts of a sample, transposed convolutions; None for others."""
    if op == "conv_transpose":
        y = F.conv_transpose2d(x, p["weight"], None, (a["stride_h"], a["stride_w"]), 0, 0,
                               a["groups"], (a["dilation_h"], a["dilation_w"]))
        y = F.pad(y, (-a["pad_left"], a["output_pad_w"] - a["pad_right"],
                      -a["pad_top"], a["output_pad_h"] - a["pad_bottom"]))
        return y + p["bias"].reshape(1, -1, 1, 1) if "bias" in p else y
    if op == "layer_norm":
        return F.layer_norm(x, p["scale"].shape, p["scale"], p.get("shift"), a["epsilon"])
    if op == "group_norm":
        return F.group_norm(x, a["groups"], p["scale"], p["shift"], a["epsilon"])
    if op == "rms_norm":
        dims = list(range(1 + a["axis"], x.dim()))
        return x / torch.sqrt((x * x).mean(dims, keepdim=True) + a["epsilon"]) * p["scale"]
    return None


def resized(a, x):
    size = (a["height"], a["width"])
    if not a["linear"]:
        assert a["places"] == 1 and a["rounding"] == 2
        return F.interpolate(x, size, mode="nearest")
    assert a["places"] in (0, 2)
    return F.interpolate(x, size, mode="bilinear", align_corners=a["places"] == 2)


def reduced(op, a, x):
    """None for others."""
    if op in ("arg_max", "arg_min"):
        places = (torch.argmax if op == "arg_max" else torch.argmin)(x, 1 + a["axis"],
                                                                   bool(a["keep_dims"]))
        return places.double() + 0 * x.sum()
    if not op.startswith("reduce_"):
        return None
    dims, keep = [int(d) for d in dims_of(a)], bool(a["keep_dims"])
    if op == "reduce_prod":
        y = x
        for dim in sorted(dims, reverse=True):
            y = y.prod(dim, keepdim=True)
        return y if keep else y.squeeze(dims[0])
    return {"reduce_max": torch.amax, "reduce_min": torch.amin, "reduce_sum": torch.sum,
            "reduce_mean": torch.mean}[op](x, dims, keepdim=keep)


def curves(a, x):
    return {"selu": lambda: a["gain"] * torch.where(x > 0, x, a["k"] * torch.expm1(x)),
            "softsign": lambda: F.softsign(x), "exp": lambda: torch.exp(x),
            "log": lambda: torch.log(x), "sqrt": lambda: torch.sqrt(x),
            "pow": lambda: torch.pow(x, a["exponent"]), "abs": lambda: torch.abs(x),
            "reciprocal": lambda: torch.reciprocal(x), "celu": lambda: F.celu(x, a["k"]),
            "mish": lambda: F.mish(x),
            "thresholded_relu": lambda: F.threshold(x, a["threshold"], 0)}


def later_value(op, a, xs, p, batch):
    """Ops from clip on."""
    if op == "constant":
        return p["value"].expand(batch, *dims_of(a))
    x = xs[0]
    for y in moved(op, a, x), with_params(op, a, x, p), reduced(op, a, x), \
            recurrent(op, a, x, p), of_steps(op, a, x, p):
        if y is not None:
            return y
    return {"clip": lambda: x.clamp(a["min"], a["max"]), "sigmoid": lambda: x.sigmoid(),
            "tanh": lambda: x.tanh(), "hard_swish": lambda: F.hardswish(x),
            "hard_sigmoid": lambda: (a["slope"] * x + 0.5).clamp(0, 1), "silu": lambda: F.silu(x),
            "leaky_relu": lambda: F.leaky_relu(x, a["negative_slope"]),
            "prelu": lambda: F.prelu(x, p["slope"]), "mul": lambda: math.prod(xs[1:], start=x),
            "sub": lambda: x - xs[1], "div": lambda: x / xs[1],
            "log_softmax": lambda: F.log_softmax(x, 1 + a["axis"]),
            "elu": lambda: torch.where(x > 0, x, a["k"] * torch.expm1(x)),
            "softplus": lambda: F.softplus(x), "erf": lambda: torch.erf(x),
            "gelu": lambda: F.gelu(x, approximate="tanh" if a["by_tanh"] else "none"),
            "resize": lambda: resized(a, x), **curves(a, x)}[op]()


def value_of(op, a, xs, p, is_training, batch):
    """Also returns the running state after the step, {} for other ops than batch norm."""
    x = xs[0] if xs else None
    if op == "conv":
        x = F.pad(x, (a["pad_left"], a["pad_right"], a["pad_top"], a["pad_bottom"]))
        return F.conv2d(x, p["weight"], p.get("bias"), (a["stride_h"], a["stride_w"]), 0,
                        (a["dilation_h"], a["dilation_w"]), a["groups"]), {}
    if op == "linear":
        return F.linear(x.flatten(1 + a["axis"]), p["weight"], p.get("bias")), {}
    if op in ("max_pool", "average_pool"):
        return pool(op, a, x), {}
    if op == "batch_norm":
        mean, variance = p["mean"].clone(), p["variance"].clone()
        y = F.batch_norm(x, mean, variance, p["scale"], p["shift"], is_training, a["momentum"],
                         a["epsilon"])
        return y, {"mean": mean, "variance": variance}
    if op == "lrn":
        return F.local_response_norm(x, a["size"], a["alpha"], a["beta"], a["k"]), {}
    if op == "dropout":
        assert a["ratio"] == 0
        return x * 1, {}
    if op not in EARLY:
        return later_value(op, a, xs, p, batch), {}
    return {"relu": lambda: F.relu(x), "concat": lambda: torch.cat(xs, 1), "add": lambda: sum(xs),
            "flatten": lambda: x.flatten(1), "softmax": lambda: F.softmax(x, 1 + a["axis"]),
            "global_average_pool": lambda: x.mean((2, 3))}[op](), {}


# ---- cases --------------------------------------------------------------------------------------

def spread_sides(attrs):
    out = {}
    for key, value in attrs.items():
        if key == "dims":
            out.update({f"dim_{i}": dim for i, dim in enumerate(value)})
            continue
        for name in BOTH.get(key, (key,)):
            out[name] = value
    return out


def make_case(name, batch, shape, nodes, n_classes=0, logits=None):
    """A node is (name, op, inputs by name or None for the one before, attributes)."""
    OUT.extend(b"C")
    put_text(name)
    OUT.extend(struct.pack("<I", batch))
    put_array("I", shape)
    names, params, x = ["input"], {}, rounded(batch, *shape).requires_grad_()
    values, evals, after = [x], [x], {}
    for node_name, op, inputs, said in nodes:
        said = spread_sides(said)
        attrs = {**DEFAULTS[op], **said}
        inputs = [len(names) - 1] if inputs is None else [names.index(i) for i in inputs]
        p = make_params(op, attrs, values[inputs[0]].shape if inputs else ())
        for role, tensor in p.items():
            if role not in ("mean", "variance"):
                tensor.requires_grad_()
            params[f"{node_name}.{role}"] = tensor
        y, state = value_of(op, attrs, [values[i] for i in inputs], p, True, batch)
        after.update({f"{node_name}.{role}": tensor for role, tensor in state.items()})
        values.append(y)
        evals.append(value_of(op, attrs, [evals[i] for i in inputs], p, False, batch)[0])
        names.append(node_name)
        OUT.extend(b"N")
        put_text(node_name)
        put_text(op)
        put_array("I", inputs)
        OUT.extend(struct.pack("<I", len(said)))
        for key, value in said.items():
            put_text(key)
            OUT.extend(struct.pack("<d", value))
    output = names.index(logits) if logits else len(names) - 1
    y = values[output]
    if n_classes:
        labels = torch.randint(n_classes, (batch,))
        y.retain_grad()
        loss = F.cross_entropy(y, labels)
        loss.backward()
        dy = y.grad
        put_tensor("labels", labels.double())
        put_tensor("loss", loss)
    else:
        dy = rounded(*y.shape)
        y.backward(dy)
    put_tensor("x", x)
    put_tensor("dy", dy)
    put_tensor("d x", x.grad)
    put_tensor("eval", evals[output])
    for node_name, value in list(zip(names, values))[1:]:
        put_tensor(node_name, value)
    for param_name, tensor in params.items():
        put_tensor(param_name, tensor)
        if tensor.requires_grad:
            put_tensor(f"d {param_name}", tensor.grad)
    for param_name, tensor in after.items():
        put_tensor(f"after {param_name}", tensor)
    OUT.extend(b"E" + struct.pack("<I", output))


def make_op(op, text, batch, shape, **attrs):
    make_case(f"{op}, {text}", batch, shape, [(op, op, None, attrs)])


def make_ops():
    make_op("conv", "plain", 2, (3, 7, 8), n_outputs=5, kernel=3)
    make_op("conv", "one pixel", 2, (5, 4, 3), n_outputs=4)
    make_op("conv", "groups, dilation, no bias", 2, (4, 9, 8), n_outputs=6, groups=2, kernel=3,
            dilation=2, pad=2, bias=0)
    make_op("conv", "depthwise, stride", 2, (4, 7, 7), n_outputs=4, groups=4, kernel=3, stride=2,
            pad=1)
    make_op("conv", "uneven everything", 2, (2, 9, 11), n_outputs=3, kernel_h=3, kernel_w=2,
            stride_h=2, stride_w=3, pad_top=0, pad_left=1, pad_bottom=2, pad_right=3, dilation_h=2)
    make_op("linear", "vector", 3, (11,), n_outputs=7)
    make_op("linear", "picture, no bias", 3, (2, 3, 4), n_outputs=5, bias=0)
    make_op("max_pool", "2x2", 2, (3, 6, 8), kernel=2, stride=2)
    make_op("max_pool", "overlap, ceil", 2, (2, 8, 7), kernel=3, stride=2, ceil_mode=1)
    make_op("max_pool", "pad, ceil", 2, (2, 7, 8), kernel=3, stride=2, pad=1, ceil_mode=1)
    make_op("max_pool", "uneven pads", 2, (2, 6, 7), kernel_h=3, kernel_w=2, stride_h=2, pad_top=2,
            pad_left=1, pad_bottom=1, pad_right=0)
    make_op("average_pool", "2x2", 2, (3, 6, 8), kernel=2, stride=2)
    for count_pad in 0, 1:
        make_op("average_pool", f"pad, ceil, count {count_pad}", 2, (2, 7, 8), kernel=3, stride=2,
                pad=1, ceil_mode=1, count_pad=count_pad)
        make_op("average_pool", f"uneven pads, count {count_pad}", 2, (2, 6, 7), kernel=3,
                stride=2, pad_top=2, pad_left=1, pad_bottom=1, pad_right=0, count_pad=count_pad)
    make_op("global_average_pool", "picture", 3, (4, 5, 3))
    make_op("relu", "picture", 2, (3, 4, 5))
    make_op("batch_norm", "picture", 3, (4, 3, 5))
    make_op("batch_norm", "vector", 5, (6,), epsilon=1e-3, momentum=0.25)
    make_op("lrn", "5 channels", 2, (8, 3, 4), alpha=0.5)
    make_op("lrn", "3 channels, k 2", 2, (4, 3, 3), size=3, alpha=1e-2, beta=0.5, k=2)
    make_op("dropout", "off", 2, (3, 4, 5), ratio=0)
    make_op("flatten", "picture", 2, (3, 4, 5))
    make_op("softmax", "vector", 3, (9,))
    make_op("softmax", "picture", 2, (5, 3, 2))
    fork = [("left", "conv", ["input"], dict(n_outputs=3, kernel=1)),
            ("right", "relu", ["input"], {})]
    make_case("concat, picture", 2, (2, 4, 5),
              fork + [("concat", "concat", ["left", "right", "input"], {})])
    make_case("add, three", 2, (3, 4, 5), fork + [("add", "add", ["left", "right", "input"], {})])


def make_nets():
    make_case("net lenet", 4, (1, 16, 16), [
        ("conv1", "conv", None, dict(n_outputs=4, kernel=5)),
        ("pool1", "max_pool", None, dict(kernel=2, stride=2)),
        ("conv2", "conv", None, dict(n_outputs=8, kernel=3)),
        ("pool2", "max_pool", None, dict(kernel=2, stride=2)),
        ("fc1", "linear", None, dict(n_outputs=24)),
        ("relu1", "relu", None, {}),
        ("fc2", "linear", None, dict(n_outputs=10))], n_classes=10)
    make_case("net residual", 3, (3, 8, 8), [
        ("conv1", "conv", None, dict(n_outputs=8, kernel=3, pad=1, bias=0)),
        ("bn1", "batch_norm", None, {}),
        ("relu1", "relu", None, {}),
        ("conv2", "conv", None, dict(n_outputs=8, kernel=3, pad=2, dilation=2, groups=2)),
        ("bn2", "batch_norm", None, {}),
        ("add", "add", ["relu1", "bn2"], {}),
        ("relu2", "relu", None, {}),
        ("narrow", "conv", None, dict(n_outputs=6)),
        ("smooth", "average_pool", ["relu2"], dict(kernel=3, pad=1)),
        ("concat", "concat", ["narrow", "smooth"], {}),
        ("pool", "max_pool", None, dict(kernel=3, stride=2, ceil_mode=1)),
        ("last", "conv", None, dict(n_outputs=10)),
        ("logits", "global_average_pool", None, {})], n_classes=10)
    make_case("net norm", 3, (3, 9, 9), [
        ("conv1", "conv", None, dict(n_outputs=9, kernel=3, pad=1)),
        ("relu1", "relu", None, {}),
        ("norm1", "lrn", None, dict(alpha=0.05)),
        ("pool1", "max_pool", None, dict(kernel=3, stride=2)),
        ("drop1", "dropout", None, dict(ratio=0)),
        ("conv2", "conv", None, dict(n_outputs=6, kernel=3, stride=2, groups=3, pad=1)),
        ("relu2", "relu", None, {}),
        ("norm2", "lrn", None, dict(size=3, alpha=0.1, beta=0.6, k=2)),
        ("flat", "flatten", None, {}),
        ("fc1", "linear", None, dict(n_outputs=20)),
        ("relu3", "relu", None, {}),
        ("drop2", "dropout", None, dict(ratio=0)),
        ("fc2", "linear", None, dict(n_outputs=7)),
        ("prob", "softmax", None, {})], n_classes=7, logits="fc2")


def make_later_ops():
    make_op("clip", "relu6", 2, (3, 4, 5))
    make_op("clip", "two ends", 3, (11,), min=-0.75, max=0.5)
    for op in "sigmoid", "tanh", "hard_swish", "silu":
        make_op(op, "picture", 2, (3, 4, 5))
    make_op("hard_sigmoid", "a sixth", 2, (3, 4, 5))
    make_op("hard_sigmoid", "steep", 2, (13,), slope=0.6)
    make_op("leaky_relu", "picture", 2, (3, 4, 5))
    make_op("leaky_relu", "falling", 2, (9,), negative_slope=-0.4)
    make_op("prelu", "picture", 2, (3, 4, 5))
    make_op("prelu", "vector", 3, (7,))
    make_op("slice", "channels", 2, (6, 3, 4), begin=1, size=4)
    make_op("slice", "columns", 2, (2, 3, 7), axis=2, begin=3, size=2)
    make_op("reshape", "to four dims", 2, (4, 3, 5), dims=[2, 2, 5, 3])
    make_op("transpose", "picture", 2, (2, 3, 5), dims=[2, 3, 1])
    make_op("pad", "uneven", 2, (2, 3, 4), pad_top=1, pad_left=0, pad_bottom=2, pad_right=3)

    def constant(*dims):
        return ("k", "constant", [], dict(dims=dims))
    for op, dims in ("add", [3, 1, 1]), ("mul", [1, 4, 5]), ("sub", [1, 1, 5]), ("div", [3, 4, 1]):
        make_case(f"{op}, broadcast", 2, (3, 4, 5), [
            constant(*dims), (op, op, ["input", "k"], {}), ("back", op, [op, "k"], {})])
    make_case("narrow first", 2, (3, 1, 5), [
        constant(1, 4, 5), ("sub", "sub", ["k", "input"], {}),
        ("mul", "mul", ["input", "sub", "k"], {}),
        ("div", "div", ["input", "k"], {}), ("add", "add", ["input", "div", "mul"], {})])


def make_more_curves():
    for op in "selu", "softsign", "exp", "pow", "abs", "celu", "mish":
        make_op(op, "picture", 2, (3, 4, 5))
    make_op("gelu", "by tanh", 2, (3, 4, 5), by_tanh=1)
    make_op("selu", "other scales", 2, (9,), k=0.5, gain=-2)
    make_op("celu", "steeper", 2, (9,), k=0.4)
    for op, attrs in ("log", {}), ("sqrt", {}), ("reciprocal", {}), ("pow", dict(exponent=-0.5)):
        make_case(f"{op}, of positive ones", 2, (3, 4, 5), [
            ("positive", "softplus", None, {}), (op, op, None, attrs)])


def make_threshold():
    make_op("thresholded_relu", "picture", 2, (3, 4, 5), threshold=0.25)


def make_norms():
    make_op("layer_norm", "vector", 3, (7,))
    make_op("layer_norm", "rows, no shift", 2, (2, 3, 5), axis=2, bias=0, epsilon=1e-3)
    make_op("layer_norm", "planes", 2, (2, 3, 5), axis=1)
    make_op("rms_norm", "rows", 2, (3, 4, 5), axis=2)
    make_op("group_norm", "two groups", 2, (6, 3, 4), groups=2)
    make_op("group_norm", "channels", 2, (3, 4, 5), groups=3, epsilon=1e-3)


def make_transposed():
    make_op("conv_transpose", "plain", 2, (3, 4, 5), n_outputs=4, kernel=3)
    make_op("conv_transpose", "groups, stride, no bias", 2, (4, 3, 4), n_outputs=6, groups=2,
            kernel=2, stride=2, bias=0)
    make_op("conv_transpose", "uneven everything", 2, (2, 5, 4), n_outputs=3, kernel_h=3,
            kernel_w=2, stride_h=2, stride_w=3, pad_top=0, pad_left=1, pad_bottom=2, pad_right=1,
            dilation_h=2, output_pad_h=1, output_pad_w=2)


def make_resizes():
    make_op("resize", "nearest, larger", 2, (3, 4, 5), height=8, width=7, places=1, rounding=2)
    make_op("resize", "nearest, smaller", 2, (3, 7, 5), height=3, width=2, places=1, rounding=2)
    make_op("resize", "linear", 2, (3, 4, 5), height=9, width=3, linear=1)
    make_op("resize", "linear, corners", 2, (3, 4, 5), height=9, width=3, linear=1, places=2)


def make_reductions():
    for op in "max", "min", "sum", "mean", "prod":
        make_op("reduce_" + op, "rows", 2, (3, 4, 5), dims=[3], keep_dims=0)
        make_op("reduce_" + op, "planes", 2, (3, 4, 5), dims=[2, 3])
    for op in "arg_max", "arg_min":
        make_op(op, "channels", 2, (4, 3, 2))
        make_op(op, "rows", 2, (3, 2, 5), axis=2, keep_dims=0)


def make_steps():
    make_op("slice", "every third column", 2, (2, 3, 8), axis=2, begin=1, size=3, step=3)
    make_op("slice", "rows from the last", 2, (2, 5, 3), axis=1, begin=4, size=5, step=-1)
    make_op("slice", "every other channel back", 2, (6, 2, 3), begin=4, size=2, step=-2)


def make_later_nets():
    conv = dict(bias=0)
    make_case("net mobile", 3, (3, 9, 8), [
        ("stem", "conv", None, dict(n_outputs=16, kernel=3, stride=2, pad=1, **conv)),
        ("bn1", "batch_norm", None, {}),
        ("act1", "hard_swish", None, {}),
        ("deep", "conv", None, dict(n_outputs=16, kernel=3, groups=16, pad=1, **conv)),
        ("bn2", "batch_norm", None, {}),
        ("act2", "clip", None, {}),
        ("gap", "global_average_pool", None, {}),
        ("gap4", "reshape", None, dict(dims=[16, 1, 1])),
        ("squeeze", "conv", None, dict(n_outputs=4)),
        ("act3", "relu", None, {}),
        ("excite", "conv", None, dict(n_outputs=16)),
        ("gate", "hard_sigmoid", None, {}),
        ("gated", "mul", ["act2", "gate"], {}),
        ("point", "conv", None, dict(n_outputs=16, **conv)),
        ("bn3", "batch_norm", None, {}),
        ("skip", "add", ["act1", "bn3"], {}),
        ("wide", "conv", None, dict(n_outputs=24)),
        ("act4", "clip", None, dict(min=-0.5, max=1)),
        ("gate4", "sigmoid", None, {}),
        ("swish", "mul", ["act4", "gate4"], {}),
        ("pool", "global_average_pool", None, {}),
        ("flat", "reshape", None, dict(dims=[24])),
        ("fc", "linear", None, dict(n_outputs=10))], n_classes=10)
    make_case("net shuffle", 3, (4, 7, 6), [
        ("stem", "conv", None, dict(n_outputs=12, kernel=3)),
        ("act1", "leaky_relu", None, dict(negative_slope=0.1)),
        ("left", "slice", None, dict(begin=0, size=6)),
        ("right", "slice", ["act1"], dict(begin=6, size=6)),
        ("branch", "conv", None, dict(n_outputs=6, kernel=3, pad=1)),
        ("act2", "prelu", None, {}),
        ("concat", "concat", ["left", "act2"], {}),
        ("groups", "reshape", None, dict(dims=[2, 6, 5, 4])),
        ("turn", "transpose", None, dict(dims=[2, 1, 3, 4])),
        ("shuffled", "reshape", None, dict(dims=[12, 5, 4])),
        ("padded", "pad", None, dict(pad_top=1, pad_left=1)),
        ("last", "conv", None, dict(n_outputs=8, kernel=2, stride=2, **conv)),
        ("bn", "batch_norm", None, {}),
        ("act3", "silu", None, {}),
        ("vector", "reshape", None, dict(dims=[8, 6])),
        ("turned", "transpose", None, dict(dims=[2, 1])),
        ("act4", "tanh", None, {}),
        ("fc", "linear", None, dict(n_outputs=7)),
        ("prob", "softmax", None, {})], n_classes=7, logits="fc")
    make_case("net scaled", 3, (2, 6, 6), [
        ("mean", "constant", [], dict(dims=[2, 1, 1])),
        ("centred", "sub", ["input", "mean"], {}),
        ("scale", "constant", [], dict(dims=[1, 1, 1])),
        ("scaled", "div", ["centred", "scale"], {}),
        ("conv", "conv", None, dict(n_outputs=5, kernel=3)),
        ("bn", "batch_norm", None, {}),
        ("mask", "constant", [], dict(dims=[1, 4, 4])),
        ("masked", "mul", ["bn", "mask"], {}),
        ("places", "constant", [], dict(dims=[5, 4, 4])),
        ("placed", "add", ["masked", "places"], {}),
        ("act", "sigmoid", None, {}),
        ("twice", "mul", ["act", "act"], {}),
        ("rows", "reshape", None, dict(dims=[20, 4])),
        ("fc", "linear", None, dict(n_outputs=6))], n_classes=6)


def make_vector_ops():
    make_op("linear", "rows of a picture", 2, (2, 3, 4), n_outputs=5, axis=2)
    make_op("linear", "flat from dim 1 on, no bias", 3, (3, 2, 4), n_outputs=2, axis=1, bias=0)
    make_op("softmax", "middle dim", 2, (3, 5, 2), axis=1)
    make_op("softmax", "last dim", 2, (3, 2, 5), axis=2)
    make_op("log_softmax", "vector", 3, (9,))
    make_op("log_softmax", "channels", 2, (5, 3, 2))
    make_op("log_softmax", "last dim", 2, (3, 2, 5), axis=2)
    make_op("elu", "picture", 2, (3, 4, 5))
    make_op("elu", "steeper below 0", 3, (7,), k=1.75)
    make_op("softplus", "picture", 2, (3, 4, 5))
    make_op("erf", "vector", 3, (7,))
    make_op("gelu", "picture", 2, (3, 4, 5))


def make_vector_nets():
    make_case("net mixer", 3, (3, 4, 6), [
        ("stem", "conv", None, dict(n_outputs=8, kernel=2, stride=2)),
        ("act1", "elu", None, {}),
        ("places", "reshape", None, dict(dims=[8, 6])),
        ("turn", "transpose", None, dict(dims=[2, 1])),
        ("wide", "linear", None, dict(n_outputs=12, axis=1)),
        ("act2", "gelu", None, {}),
        ("narrow", "linear", None, dict(n_outputs=8, axis=1)),
        ("skip", "add", ["turn", "narrow"], {}),
        ("shares", "softmax", None, dict(axis=1)),
        ("act3", "softplus", None, {}),
        ("fc", "linear", None, dict(n_outputs=5)),
        ("logs", "log_softmax", None, {})], n_classes=5, logits="fc")


torch.manual_seed(1)
make_ops()
make_nets()
make_later_ops()  # new cases come last: those before keep their bytes
make_later_nets()
make_vector_ops()
make_vector_nets()
make_more_curves()
make_threshold()
make_norms()
make_transposed()
make_resizes()
make_reductions()
make_steps()
make_sequences(make_op, make_case)
with open(sys.argv[1], "wb") as file:
    file.write(OUT)
print(f"{len(OUT)} bytes")
