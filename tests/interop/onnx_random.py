# SPDX-License-Identifier: MIT
"""Random ONNX graphs of ops that move dims about and of ops that count them.

A chain grows from the input: each step takes the newest value, now and then with an earlier one,
through an op that ONNX allows for its dims. With a batch of 1 the batch is a dim as any other and
may be squeezed, gathered or transposed away; with a free batch ("N") it stays the first dim.
"""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

import onnx_numpy


class Graph:
    """Grows node by node, and knows the dims of each value by computing it."""

    def __init__(self, shape, batch=1, opset=13, kind=TensorProto.FLOAT):
        self.opset, self.batch, self.kind = opset, batch, kind
        self.nodes, self.tensors, self.shape = [], [], list(shape)
        self.more_outputs = []
        self.dims = {"x": (3 if batch == "N" else batch, *shape)}

    def tensor(self, array, name=None):
        name = name or f"t{len(self.tensors)}"
        self.tensors.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def floats(self, rng, *shape):
        return self.tensor(rng.normal(0, 1, shape).astype(np.float32))

    def ints(self, *values):
        return self.tensor(np.array(values, dtype=np.int64))

    def node(self, op, *inputs, n_outputs=1, name="", **attrs):
        outputs = [f"v{len(self.nodes)}_{i}" for i in range(n_outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), outputs, name=name, **attrs))
        return outputs[0] if n_outputs == 1 else outputs

    def axes(self, op, x, axes):
        """Squeeze, Unsqueeze, ReduceMean, which took their axes from an attribute once."""
        is_input = self.opset >= (18 if op == "ReduceMean" else 13)
        if axes is None:
            return self.node(op, x)
        if is_input:
            return self.node(op, x, self.ints(*axes))
        return self.node(op, x, axes=list(axes))

    def model(self, output, shape=None):
        infos = [helper.make_tensor_value_info("x", self.kind, [self.batch, *self.shape])]
        outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                   for name in [output, *self.more_outputs]]
        graph = helper.make_graph(self.nodes, "g", infos, outputs, self.tensors)
        return helper.make_model(graph, ir_version=8,
                                 opset_imports=[helper.make_opsetid("", self.opset)])

    def measure(self, rng, value):
        """The dims of a new value, once it is computed; raises when NumPy cannot."""
        x = rng.normal(0, 1, self.dims["x"])
        self.dims[value] = onnx_numpy.run(self.model(value), x).shape
        return self.dims[value]


def squeeze(g, rng, x, first):
    ones = [i for i, dim in enumerate(g.dims[x]) if dim == 1 and i >= first]
    if not ones or rng.random() < 0.5:
        return g.axes("Squeeze", x, None)
    return g.axes("Squeeze", x, rng.choice(ones, rng.integers(1, len(ones) + 1), replace=False))


def unsqueeze(g, rng, x, first):
    return g.axes("Unsqueeze", x, [rng.integers(first, len(g.dims[x]) + 1)])


def reshape(g, rng, x, first):
    dims = list(g.dims[x])
    at = rng.integers(first, len(dims))
    if rng.random() < 0.5 and at + 1 < len(dims):
        dims[at:at + 2] = [dims[at] * dims[at + 1]]
    else:
        divisor = next((d for d in (2, 3) if dims[at] % d == 0), 1)
        dims[at:at + 1] = [dims[at] // divisor, divisor]
    if first > 0:
        dims[0] = 0 if rng.random() < 0.5 else -1
    return g.node("Reshape", x, g.ints(*dims))


def flatten(g, rng, x, first):
    return g.node("Flatten", x, axis=1 if first else int(rng.integers(0, len(g.dims[x]) + 1)))


def transpose(g, rng, x, first):
    order = list(range(first)) + [int(i) for i in first + rng.permutation(len(g.dims[x]) - first)]
    return g.node("Transpose", x, perm=order)


def gather(g, rng, x, first):
    axis = int(rng.integers(first, len(g.dims[x])))
    place = np.array(rng.integers(-g.dims[x][axis], g.dims[x][axis]), dtype=np.int64)
    return g.node("Gather", x, g.tensor(place if rng.random() < 0.7 else place.reshape(1)),
                  axis=axis)


def slice_(g, rng, x, first):
    axis = rng.integers(first, len(g.dims[x]))
    begin = rng.integers(0, g.dims[x][axis])
    if rng.random() < 0.3:
        return g.node("Slice", x, g.ints(begin), g.ints(-2 ** 63), g.ints(axis),
                      g.ints(-int(rng.integers(1, 3))))
    return g.node("Slice", x, g.ints(begin), g.ints(g.dims[x][axis]), g.ints(axis))


def split(g, rng, x, first):
    axis = int(rng.integers(first, len(g.dims[x])))
    n = next((d for d in (2, 3) if g.dims[x][axis] % d == 0), 1)
    parts = g.node("Split", x, n_outputs=n, axis=axis - (len(g.dims[x]) if first else 0))
    return parts if n == 1 else parts[int(rng.integers(n))]


def concat(g, rng, x, first):
    axis = int(rng.integers(first, len(g.dims[x])))
    parts = [x, g.node("Tanh", x)]
    if first == 0 and rng.random() < 0.4:
        dims = list(g.dims[x])
        dims[axis] = int(rng.integers(0, 4))
        parts.append(g.floats(rng, *dims))
    return g.node("Concat", *(parts[i] for i in rng.permutation(len(parts))), axis=axis)


def softmax(g, rng, x, first):
    op = "Softmax" if rng.random() < 0.6 else "LogSoftmax"
    return g.node(op, x, axis=int(rng.integers(first, len(g.dims[x]))))


def reduce_mean(g, rng, x, first):
    n = len(g.dims[x])
    axes = list(range(int(rng.integers(first, n)), n))
    if rng.random() < 0.4:
        axes = sorted(int(i) for i in rng.choice(range(first, n), rng.integers(1, n - first + 1),
                                                 replace=False))
    if first == 0 and rng.random() < 0.3:
        axes = sorted({0, *axes})
    keeps = int(rng.integers(2))
    if g.opset >= 18:
        return g.node("ReduceMean", x, g.ints(*axes), keepdims=keeps)
    return g.node("ReduceMean", x, axes=axes, keepdims=keeps)


def batch_norm(g, rng, x, first):
    n = g.dims[x][1]
    scale, shift, mean = (g.floats(rng, n) for _ in range(3))
    variance = g.tensor(rng.uniform(0.5, 2, n).astype(np.float32))
    return g.node("BatchNormalization", x, scale, shift, mean, variance)


def conv(g, rng, x, first):
    _, n_channels, *sides = g.dims[x]
    sides = [min(2, side) for side in sides]
    return g.node("Conv", x, g.floats(rng, 4, n_channels, *sides), g.floats(rng, 4))


def matmul(g, rng, x, first):
    y = g.node("MatMul", x, g.floats(rng, g.dims[x][-1], 3))
    return y if rng.random() < 0.5 else g.node("Add", y, g.floats(rng, 3))


def gemm(g, rng, x, first):
    return g.node("Gemm", x, g.floats(rng, 4, g.dims[x][1]), g.floats(rng, 4), transB=1)


def curve(g, rng, x, first):
    op = rng.choice(["Elu", "Selu", "Softplus", "Erf", "HardSigmoid", "Gelu"])
    if op == "HardSigmoid":
        return g.node(op, x, alpha=rng.normal(), beta=rng.normal())
    if op == "Gelu":
        root, one, half = (g.tensor(np.float32(v)) for v in (2 ** 0.5, 1, 0.5))
        gate = g.node("Add", g.node("Erf", g.node("Div", x, root)), one)
        return g.node("Mul", g.node("Mul", x, gate), half)
    return g.node(op, x)


def pad(g, rng, x, first):
    sides = g.dims[x][2:]
    mode = str(rng.choice(["constant", "edge", "reflect"]))
    before, behind = ([int(rng.integers(0, min(3, n))) for n in sides] for _ in range(2))
    pads = [0, 0, *before, 0, 0, *behind]
    value = float(rng.normal())
    if g.opset < 11:
        return g.node("Pad", x, pads=pads, mode=mode, value=value)
    return g.node("Pad", x, g.ints(*pads), g.tensor(np.float32(value)), mode=mode)


def prelu(g, rng, x, first):
    if rng.random() < 0.3:
        return g.node("PRelu", x, g.floats(rng, *g.dims[x][first:]))
    slope = [1] * len(g.dims[x])
    slope[first:first + 1] = g.dims[x][first:first + 1]
    return g.node("PRelu", x, g.floats(rng, *slope[first:]))


def add_constant(g, rng, x, first):
    shape = [dim if rng.random() < 0.6 else 1 for dim in g.dims[x]]
    return g.node("Mul", x, g.floats(rng, *shape[first + int(rng.integers(2)):]))


def widen(g, rng, x, first):
    """A constant with more dims than the value."""
    return g.node("Sub", x, g.floats(rng, *([2] if rng.random() < 0.3 else []), *g.dims[x]))


def join(g, rng, x, first):
    """With an earlier value, repeated to common dims where that is possible."""
    for other in rng.permutation(list(g.dims)):
        try:
            np.broadcast_shapes(g.dims[x], g.dims[str(other)])
            return g.node("Add", x, str(other))
        except ValueError:
            continue
    return g.node("Relu", x)


def pool(g, rng, x, first):
    return g.node("GlobalAveragePool" if rng.random() < 0.5 else "GlobalMaxPool", x)


def max_pool(g, rng, x, first):
    return g.node("MaxPool", x, kernel_shape=[min(2, dim) for dim in g.dims[x][2:]])


def step(g, rng, x):
    """The newest value after one more op."""
    first = 1 if g.batch == "N" else 0
    n = len(g.dims[x])
    steps = [squeeze, squeeze, unsqueeze, join]
    if n > first:
        steps += [reshape, flatten, transpose, transpose, gather, slice_, split, concat, softmax,
                  reduce_mean, add_constant, matmul, prelu, curve]
    if first == 0 and 0 < n < 4:
        steps += [widen]
    if n >= 2:
        steps += [batch_norm]
    if n == 2:
        steps += [gemm, gemm]
    if n > 2:
        steps += [pool]
    if n == 3:
        steps += [conv, max_pool]
    if n == 4:
        steps += [conv, conv, max_pool, pad]
    return steps[rng.integers(len(steps))](g, rng, x, first)


def random_graph(seed, batch):
    """A graph of a few steps and the dims of its output."""
    rng = np.random.default_rng(seed)
    shape = [int(rng.choice([1, 2, 4, 5, 6])) for _ in range(rng.integers(1, 4))]
    g = Graph(shape, batch, int(rng.choice([9, 11, 12, 13, 17, 18])))
    x = g.node("Tanh", "x") # so that no Transpose of the input makes it Keras'
    g.measure(rng, x)
    for _ in range(rng.integers(2, 6)):
        y = step(g, rng, x)
        if g.batch == "N" and g.measure(rng, y)[:1] != (3,):
            break
        x = y
        g.measure(rng, x)
    x = g.node("Mul", x, g.tensor(np.float32(0.5)))
    return g.model(x)


# ---- a free batch that is not always the first dim -----------------------------------------------

def place_of_batch(g, rng, value):
    """The dim that grows with the batch."""
    x = rng.normal(0, 1, (5, *g.dims["x"][1:]))
    dims = onnx_numpy.run(g.model(value), x).shape
    return next(i for i, (a, b) in enumerate(zip(g.dims[value], dims)) if a != b)


def moved_step(g, rng, x, at):
    """After one more op, which leaves the batch, dim `at`, a dim."""
    n = len(g.dims[x])
    others = [i for i in range(n) if i != at]
    axis = int(rng.choice(others)) if others else None
    ops = ["Transpose", "Transpose", "Unsqueeze", "Tanh"]
    if others:
        ops += ["Squeeze", "Gather", "Slice", "Concat", "Softmax", "ReduceMean", "Reshape"]
    if others and at < n - 1:
        ops += ["MatMul", "Mul"]
    op = ops[rng.integers(len(ops))]
    if op == "Transpose":
        return g.node(op, x, perm=[int(i) for i in rng.permutation(n)])
    if op == "Unsqueeze":
        return g.axes(op, x, [int(rng.integers(0, n + 1))])
    if op == "Squeeze":
        ones = [i for i in others if g.dims[x][i] == 1]
        return g.axes(op, x, ones) if ones else g.node("Tanh", x)
    if op == "Gather":
        return g.node(op, x, g.tensor(np.int64(rng.integers(g.dims[x][axis]))), axis=axis)
    if op == "Slice":
        return g.node(op, x, g.ints(0), g.ints(int(rng.integers(1, 4))), g.ints(axis))
    if op == "Concat":
        return g.node(op, x, g.node("Tanh", x), axis=axis)
    if op == "Softmax":
        return g.node(op, x, axis=axis - n if rng.random() < 0.5 else axis)
    if op == "ReduceMean":
        chosen = rng.choice(others, rng.integers(1, len(others) + 1), replace=False)
        return g.node(op, x, axes=sorted(int(i) for i in chosen), keepdims=int(rng.integers(2)))
    if op == "Reshape":
        dims = [-1 if i == at else dim for i, dim in enumerate(g.dims[x])]
        if at + 2 < n:
            dims[at + 1:] = [int(np.prod(dims[at + 1:]))]
        return g.node(op, x, g.ints(*dims))
    if op == "MatMul":
        return g.node(op, x, g.floats(rng, g.dims[x][-1], 3))
    return g.node(op, x, g.floats(rng, g.dims[x][-1])) if op == "Mul" else g.node(op, x)


def moved_graph(seed, batch):
    """Of steps that move the batch, which is the first dim in the end."""
    rng = np.random.default_rng(seed)
    shape = [int(rng.choice([1, 2, 4, 6])) for _ in range(rng.integers(1, 4))]
    g = Graph(shape, batch, 13)
    x = g.node("Tanh", "x")
    g.measure(rng, x)
    for _ in range(rng.integers(3, 8)):
        y = moved_step(g, rng, x, place_of_batch(g, rng, x))
        if len(g.measure(rng, y)) > 5:
            break
        x = y
    at, n = place_of_batch(g, rng, x), len(g.dims[x])
    x = g.node("Mul", x, g.tensor(np.float32(0.5)))
    return g.model(g.node("Transpose", x, perm=[at, *(i for i in range(n) if i != at)]))
