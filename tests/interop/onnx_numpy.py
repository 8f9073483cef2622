# SPDX-License-Identifier: MIT
"""Runs ONNX graphs of opset 13 with numpy, written from the operators' page: slow and plain, in
float64, and only the ops that dcomp writes. Floor mode pools only, as dcomp writes them."""
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from onnx import helper, numpy_helper


def windows(x, kernel, strides, dilations=(1, 1)):
    """(N,C,H,W) -> (N,C,H',W',R,S)"""
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations)]
    view = sliding_window_view(x, reach, axis=(2, 3))
    return view[:, :, ::strides[0], ::strides[1], ::dilations[0], ::dilations[1]]


def padded(x, pads, value):
    top, left, bottom, right = pads
    return np.pad(x, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=value)


def conv(a, x, w, b=None):
    n_groups = a["group"]
    view = windows(padded(x, a["pads"], 0), a["kernel_shape"], a["strides"], a["dilations"])
    parts = [np.einsum("nchwrs,kcrs->nkhw", v, p) for v, p in
             zip(np.split(view, n_groups, axis=1), np.split(w, n_groups, axis=0))]
    y = np.concatenate(parts, axis=1)
    return y if b is None else y + b.reshape(1, -1, 1, 1)


def max_pool(a, x):
    view = windows(padded(x, a["pads"], -np.inf), a["kernel_shape"], a["strides"])
    return view.max(axis=(4, 5))


def average_pool(a, x):
    def sums(values):
        return windows(padded(values, a["pads"], 0), a["kernel_shape"], a["strides"]).sum((4, 5))
    counted = np.ones_like(x)
    n = np.prod(a["kernel_shape"]) if a["count_include_pad"] else sums(counted)
    return sums(x) / n


def batch_norm(a, x, scale, shift, mean, variance):
    shape = [1, -1] + [1] * (x.ndim - 2)
    scale, shift, mean, variance = (v.reshape(shape) for v in (scale, shift, mean, variance))
    return (x - mean) / np.sqrt(variance + a["epsilon"]) * scale + shift


def lrn(a, x):
    before = (a["size"] - 1) // 2
    squares = np.pad(x * x, ((0, 0), (before, a["size"] - 1 - before), (0, 0), (0, 0)))
    total = sum(squares[:, i:i + x.shape[1]] for i in range(a["size"]))
    return x / (a["bias"] + a["alpha"] / a["size"] * total) ** a["beta"]


def softmax(a, x):
    e = np.exp(x - x.max(axis=a["axis"], keepdims=True))
    return e / e.sum(axis=a["axis"], keepdims=True)


def pad(a, x, pads):
    n = x.ndim
    return np.pad(x, [(pads[i], pads[n + i]) for i in range(n)])


def slice_(a, x, starts, ends, axes=None):
    where = [slice(None)] * x.ndim
    for i, axis in enumerate(range(len(starts)) if axes is None else axes):
        where[axis] = slice(starts[i], ends[i])
    return x[tuple(where)]


def reshape(a, x, shape):
    return x.reshape([x.shape[i] if dim == 0 else dim for i, dim in enumerate(shape)])


def sigmoid(a, x):
    return 1 / (1 + np.exp(-x))


OPS = {
    "Add": lambda a, x, y: x + y,
    "AveragePool": average_pool,
    "BatchNormalization": batch_norm,
    "Clip": lambda a, x, low, high: np.clip(x, low, high),
    "Concat": lambda a, *xs: np.concatenate(xs, axis=a["axis"]),
    "Conv": conv,
    "Div": lambda a, x, y: x / y,
    "Dropout": lambda a, x, ratio: x,
    "Expand": lambda a, x, shape: x * np.ones(shape),
    "Flatten": lambda a, x: x.reshape(x.shape[0], -1),
    "Gemm": lambda a, x, w, b=0: x @ w.T + b,
    "GlobalAveragePool": lambda a, x: x.mean(axis=(2, 3), keepdims=True),
    "HardSigmoid": lambda a, x: np.clip(a["alpha"] * x + a["beta"], 0, 1),
    "Identity": lambda a, x: x,
    "LRN": lrn,
    "LeakyRelu": lambda a, x: np.where(x < 0, a["alpha"] * x, x),
    "MaxPool": max_pool,
    "Mul": lambda a, x, y: x * y,
    "PRelu": lambda a, x, slope: np.where(x < 0, slope * x, x),
    "Pad": pad,
    "Relu": lambda a, x: np.maximum(x, 0),
    "Reshape": reshape,
    "Shape": lambda a, x: np.array(x.shape),
    "Sigmoid": sigmoid,
    "Slice": slice_,
    "Softmax": softmax,
    "Sub": lambda a, x, y: x - y,
    "Tanh": lambda a, x: np.tanh(x),
    "Transpose": lambda a, x: x.transpose(a["perm"]),
}


def run(model, x):
    """The output of a loaded model for a batch."""
    graph = model.graph
    values = {"": None, graph.input[0].name: x.astype(np.float64)}
    for tensor in graph.initializer:
        value = numpy_helper.to_array(tensor)
        values[tensor.name] = value.astype(np.float64) if value.dtype == np.float32 else value
    for node in graph.node:
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        values[node.output[0]] = OPS[node.op_type](attributes, *(values[i] for i in node.input))
    return values[graph.output[0].name]
