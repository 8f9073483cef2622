# SPDX-License-Identifier: MIT
"""ONNX graphs with windows over sequences (N,C,L): imported, they are pictures (C,L,1), and an
export has sequences again (check_onnx_in.py): its windows have as many sides as the graph's."""
import numpy as np

from onnx_random import Graph

CASES = {}
RNG = np.random.default_rng(5)
NAME = "sequences"  # of graphs whose windows must come back as they went in
WINDOWS = ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "Resize")


def case(shape, batch="N", opset=13):
    def register(make):
        def run():
            graph = Graph(shape, batch, opset)
            model = graph.model(make(graph))
            model.graph.name = NAME
            return model, None
        CASES["sequence_" + make.__name__] = run
        return make
    return register


def norm(g, x, n):
    variance = g.tensor(RNG.uniform(0.5, 2, n).astype(np.float32))
    return g.node("BatchNormalization", x, *(g.floats(RNG, n) for _ in range(3)), variance)


@case((4, 21))
def of_a_classifier(g):
    y = g.node("Conv", "x", g.floats(RNG, 6, 4, 3), g.floats(RNG, 6), pads=[1, 2], strides=[2])
    y = g.node("Relu", norm(g, y, 6))
    y = g.node("MaxPool", y, kernel_shape=[3], strides=[2], ceil_mode=1)
    y = g.node("Conv", y, g.floats(RNG, 6, 1, 2), group=6, dilations=[2])
    return g.node("Gemm", g.node("Flatten", y), g.floats(RNG, 18, 5))


@case((4, 9), batch=1)
def back_to_its_length(g):
    y = g.node("Conv", "x", g.floats(RNG, 3, 4, 2), strides=[2])
    y = g.node("PRelu", y, g.floats(RNG, 3, 1))
    y = g.node("ConvTranspose", y, g.floats(RNG, 3, 2, 3), g.floats(RNG, 2), strides=[2],
               pads=[1, 0], output_padding=[1])
    return g.node("Sigmoid", y)


@case((3, 11))
def in_branches(g):
    a = g.node("Conv", "x", g.floats(RNG, 5, 3, 3), pads=[1, 1])
    b = g.node("Conv", "x", g.floats(RNG, 5, 3, 1))
    y = g.node("Concat", g.node("Add", a, b), b, axis=1)
    y = g.node("AveragePool", y, kernel_shape=[3], pads=[1, 1], count_include_pad=1)
    z = g.node("AveragePool", y, kernel_shape=[4], pads=[1, 2], strides=[3], ceil_mode=1,
               count_include_pad=1)
    return g.node("GlobalAveragePool", g.node("Elu", z))


@case((1, 16))
def of_one_channel(g):
    return g.node("Softmax", g.node("Conv", "x", g.floats(RNG, 3, 1, 4)), axis=1)


@case((7, 6))
def of_tokens(g):
    """Samples are (T,C): transposed, cut, and mixed with what is no window."""
    y = g.node("MatMul", "x", g.floats(RNG, 6, 4))
    y = g.node("Conv", g.node("Transpose", y, perm=[0, 2, 1]), g.floats(RNG, 4, 4, 3), pads=[1, 1])
    y = g.node("Slice", y, g.ints(-1), g.ints(-2 ** 63), g.ints(2), g.ints(-1))
    y = g.node("Transpose", g.node("Conv", y, g.floats(RNG, 4, 4, 1)), perm=[0, 2, 1])
    return g.node("MatMul", y, g.floats(RNG, 4, 2))


@case((6, 5))
def with_a_gate(g):
    y = g.node("Conv", "x", g.floats(RNG, 8, 6, 2))
    gate = g.node("Conv", g.node("GlobalAveragePool", y), g.floats(RNG, 8, 8, 1))
    return g.node("Mul", y, g.node("Sigmoid", gate))


@case((12,))
def of_a_vector(g):
    y = g.node("Reshape", "x", g.ints(0, 3, 4))
    return g.node("MaxPool", g.node("Conv", y, g.floats(RNG, 2, 3, 2)), kernel_shape=[2])


@case((3, 5))
def made_longer(g):
    y = g.node("Conv", "x", g.floats(RNG, 4, 3, 2))
    return g.node("Resize", y, "", g.tensor(np.float32([1, 1, 2.5])), mode="linear",
                  coordinate_transformation_mode="asymmetric")


@case((5, 4, 3))
def over_channels(g):
    """A picture's channels as a sequence, beside windows over the picture."""
    y = g.node("Conv", "x", g.floats(RNG, 8, 5, 2, 2))
    mean = g.node("GlobalAveragePool", y)
    line = g.node("Reshape", mean, g.ints(0, 1, 8))
    line = g.node("Conv", line, g.floats(RNG, 1, 1, 3), pads=[1, 1])
    return g.node("Mul", y, g.node("Sigmoid", g.node("Reshape", line, g.ints(0, 8, 1, 1))))


@case((5, 4, 3))
def not_of_single_places(g):
    """What a pool of the whole picture leaves is a picture, although it has no width."""
    y = g.node("Conv", "x", g.floats(RNG, 8, 5, 2, 2))
    gate = g.node("Conv", g.node("GlobalAveragePool", y), g.floats(RNG, 8, 8, 1, 1))
    return g.node("Mul", y, g.node("Sigmoid", gate))


def sides_of(model):
    """Of each op over windows, sorted."""
    dims = {t.name: t.dims for t in model.graph.initializer}
    sides = []
    for node in model.graph.node:
        if node.op_type in WINDOWS:
            kernel = next((a.ints for a in node.attribute if a.name == "kernel_shape"), None)
            scales = dims[node.input[2]][0] - 2 if node.op_type == "Resize" else None
            sides.append((node.op_type, scales or len(kernel or dims[node.input[1]][2:])))
    return sorted(sides)
