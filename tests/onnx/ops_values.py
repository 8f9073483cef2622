# SPDX-License-Identifier: MIT
"""Cases of activations and arithmetic."""
import numpy as np
import torch
import torch.nn.functional as F

from graphs import case, t, weights


@case((2, 3, 3), opset=9)
def clip_by_attributes(g, x):
    return g.node("Clip", "x", min=-0.5, max=1.25), x.clamp(-0.5, 1.25)


@case((2, 3, 3), opset=11)
def clip_by_inputs(g, x):
    low, high = g.tensor(np.float32(-0.75)), g.tensor(np.float32(1))
    y = g.node("Sub", g.node("Clip", "x", low), g.node("Clip", "x", "", high))
    y = g.node("Add", y, g.node("Clip", "x", low, high))
    return y, x.clamp(min=-0.75) - x.clamp(max=1) + x.clamp(-0.75, 1)


@case((2, 3, 3))
def clip_is_relu(g, x):
    zero, far = g.tensor(np.float32(0)), g.tensor(np.float32(3.4e38))
    y = g.node("Add", g.node("Clip", "x", zero), g.node("Clip", "x", zero, far))
    return y, 2 * x.relu()


@case((2, 3, 3), opset=14)
def activations(g, x):
    y, z = "x", x
    for op, attrs, f in (("Tanh", {}, torch.tanh), ("HardSwish", {}, F.hardswish),
                         ("LeakyRelu", {"alpha": 0.2}, lambda v: F.leaky_relu(v, 0.2)),
                         ("HardSigmoid", {"alpha": 0.3}, lambda v: (0.3 * v + 0.5).clamp(0, 1)),
                         ("Sigmoid", {}, torch.sigmoid), ("Relu", {}, torch.relu)):
        y, z = g.node(op, y, **attrs), f(z)
    return y, z


@case((2, 3, 3))
def gates(g, x):
    y = g.node("Mul", "x", g.node("Sigmoid", "x"))
    y = g.node("Mul", g.node("HardSigmoid", y, alpha=1 / 6), y)
    return y, F.hardswish(F.silu(x))


@case((2, 3, 3))
def hard_swish_in_parts(g, x):
    three, zero, six = (g.tensor(np.float32(v)) for v in (3, 0, 6))
    y = g.node("Clip", g.node("Add", "x", three), zero, six)
    return g.node("Div", g.node("Mul", "x", y), six), F.hardswish(x)


@case((4, 3, 3))
def prelu_of_channels(g, x):
    s, one = weights(4, 1, 1, scale=0.3), weights(1, shift=0.4, scale=0.0)
    y = g.node("PRelu", "x", g.tensor(s, "act.weight"))
    y = g.node("PRelu", y, g.tensor(one))
    return y, F.prelu(F.prelu(x, t(s).reshape(-1)), t(one))


# ---- softmax -------------------------------------------------------------------------------------

@case((5, 2, 2), opset=11)
def softmax_of_opset_11(g, x):
    return g.node("Softmax", "x"), x.flatten(1).softmax(1).reshape(x.shape)


@case((5, 2, 3))
def softmax_of_channels(g, x):
    return g.node("Softmax", "x", axis=1), x.softmax(1)


@case((1, 1, 7))
def softmax_of_the_last(g, x):
    return g.node("Flatten", g.node("Softmax", "x")), x.softmax(3).flatten(1)


# ---- arithmetic ----------------------------------------------------------------------------------

@case((4, 3, 5))
def arithmetic_with_constants(g, x):
    row, channel = weights(5), weights(4, 1, 1, shift=2.0)
    y = g.node("Sub", g.tensor(np.float32(1)), "x")
    y = g.node("Mul", y, g.tensor(channel))
    y = g.node("Add", y, g.tensor(row, "row"))
    y = g.node("Div", y, g.tensor(np.array([[2]], dtype=np.float32)))
    return y, ((1 - x) * t(channel) + t(row)) / 2


@case((4, 3, 5))
def squeeze_and_excite(g, x):
    w1, w2 = weights(2, 4, 1, 1), weights(4, 2, 1, 1)
    s = g.node("GlobalAveragePool", "x")
    s = g.node("Relu", g.node("Conv", s, g.tensor(w1)))
    s = g.node("Sigmoid", g.node("Conv", s, g.tensor(w2)))
    z = torch.sigmoid(F.conv2d(F.conv2d(x.mean((2, 3), True), t(w1)).relu(), t(w2)))
    return g.node("Mul", s, "x"), x * z


@case((4, 3, 5))
def repeated_in_both(g, x):
    rows = g.node("ReduceMean", "x", axes=[3])
    planes = g.node("GlobalAveragePool", "x")
    a = g.node("Mul", planes, rows)
    return g.node("Sum", a, "x", planes), \
        x.mean((2, 3), True) * x.mean(3, True) + x + x.mean((2, 3), True)


@case((6,))
def scalars_with_vectors(g, x):
    w = weights(6, 6)
    y = g.node("MatMul", "x", g.tensor(w))
    y = g.node("Add", y, g.tensor(np.float32(0.5)))
    y = g.node("Mul", y, g.tensor(np.array([3], dtype=np.float32)))
    return g.node("Sum", y), (x @ t(w) + 0.5) * 3


@case((2, 3, 3), opset=11)
def dropout_of_opset_11(g, x):
    return g.node("Dropout", g.node("Relu", "x"), ratio=0.3), x.relu()


@case((2, 3, 3))
def dropout_of_opset_13(g, x):
    y = g.node("Dropout", "x", g.tensor(np.float32(0.25)), g.tensor(np.array(False)))
    return g.node("Relu", y), x.relu()
