# SPDX-License-Identifier: MIT
"""Cases of ops over one dim of several, of later curves, and of what is written out in parts."""
import numpy as np
import torch
import torch.nn.functional as F

from graphs import case, t, weights


# ---- softmaxes -----------------------------------------------------------------------------------

def each_softmax(g, x, op):
    """Over every dim, one after the other; the last one of a value with five dims."""
    y, z = "x", x
    f = torch.softmax if op == "Softmax" else torch.log_softmax
    for axis in (1, 2, -1):
        y, z = g.node(op, y, axis=axis), f(z, axis)
        y, z = g.node("Mul", y, g.tensor(np.float32(3))), z * 3
    y = g.node(op, g.node("Reshape", y, g.ints(0, 2, 2, 3, 5, 1)), axis=2)
    z = f(z.reshape(-1, 2, 2, 3, 5, 1), 2)
    return g.node("Reshape", y, g.ints(0, -1)), z.flatten(1)


@case((4, 3, 5))
def softmax_of_each_dim(g, x):
    return each_softmax(g, x, "Softmax")


@case((4, 3, 5))
def log_softmax_of_each_dim(g, x):
    return each_softmax(g, x, "LogSoftmax")


@case((4, 3, 5), opset=11)
def log_softmax_of_opset_11(g, x):
    y = g.node("LogSoftmax", g.node("LogSoftmax", "x"), axis=2)
    z = x.flatten(1).log_softmax(1).reshape(x.shape)
    return y, z.flatten(2).log_softmax(2).reshape(x.shape)


@case((9,))
def log_softmax_of_a_vector(g, x):
    return g.node("LogSoftmax", "x"), x.log_softmax(1)


@case((6, 4))
def scores_of_places(g, x):
    """As detectors end: a class for each place."""
    w, b = weights(4, 3), weights(3)
    y = g.node("Add", g.node("MatMul", "x", g.tensor(w)), g.tensor(b))
    return g.node("Softmax", y, axis=-1), (x @ t(w) + t(b)).softmax(-1)


# ---- products of several vectors -----------------------------------------------------------------

@case((3, 5, 4))
def matmul_of_rows(g, x):
    w, b, v = weights(4, 6), weights(6), weights(6, 2)
    y = g.node("Add", g.tensor(b, "fc.bias"), g.node("MatMul", "x", g.tensor(w)))
    y = g.node("MatMul", g.node("Relu", y), g.tensor(v))
    return y, (x @ t(w) + t(b)).relu() @ t(v)


@case((4, 3, 4))
def matmul_of_many_dims(g, x):
    w, b = weights(1, 1, 4, 5, scale=0.5), weights(1, 5)
    y = g.node("Reshape", "x", g.ints(0, 2, 2, 3, 1, 4))
    y = g.node("Add", g.node("MatMul", y, g.tensor(w)), g.tensor(b))
    return g.node("Flatten", y), (x @ t(w)[0, 0] + t(b)).flatten(1)


@case((5, 4))
def matmul_by_a_vector(g, x):
    w, v = weights(4, scale=0.5), weights(5, scale=0.5)
    y = g.node("MatMul", g.node("MatMul", "x", g.tensor(w)), g.tensor(v))
    return g.node("Unsqueeze", y, g.ints(1)), ((x @ t(w)) @ t(v)).unsqueeze(1)


@case((5, 4))
def matmul_with_a_bias_of_places(g, x):
    w, b = weights(4, 3), weights(5, 1)
    return g.node("Add", g.node("MatMul", "x", g.tensor(w)), g.tensor(b)), x @ t(w) + t(b)


@case((6,))
def folded_products(g, x):
    """Weights that are products of constants, and a shape that is one."""
    a, b, c = weights(6, 2), weights(2, 4), weights(4)
    w = g.node("MatMul", g.tensor(a), g.tensor(b))
    v = g.node("Gemm", g.tensor(b), g.tensor(a), g.tensor(c[:, None]), alpha=0.5, beta=2.0,
               transA=1, transB=1)
    y = g.node("Add", g.node("MatMul", "x", w), g.node("Gemm", "x", v, transB=1))
    n = g.node("ReduceProd", g.tensor(np.array([[2, 1], [1, 2]])), axes=[1], keepdims=0)
    y = g.node("Reshape", y, g.node("Concat", g.ints(-1), n, axis=0))
    z = x @ t(a) @ t(b) + x @ (0.5 * t(b).T @ t(a).T + 2 * t(c)[:, None]).T
    return y, z.reshape(-1, 2, 2)


# ---- curves --------------------------------------------------------------------------------------

@case((2, 3, 3))
def elu_and_selu(g, x):
    y = g.node("Add", g.node("Elu", "x"), g.node("Elu", "x", alpha=1.75))
    z = F.elu(x) + F.elu(x, 1.75)
    return g.node("Selu", g.node("Sub", y, g.tensor(np.float32(1)))), F.selu(z - 1)


@case((2, 3, 3))
def selu_of_other_numbers(g, x):
    return g.node("Selu", "x", alpha=0.7, gamma=1.5), 1.5 * F.elu(x, 0.7)


@case((2, 3, 3))
def softplus_and_erf(g, x):
    return g.node("Erf", g.node("Softplus", "x")), torch.erf(F.softplus(x))


@case((2, 3, 3))
def gelu_in_parts(g, x):
    """As PyTorch writes it."""
    root, one, half = (g.tensor(np.float32(v)) for v in (2 ** 0.5, 1, 0.5))
    gate = g.node("Add", g.node("Erf", g.node("Div", "x", root)), one)
    return g.node("Mul", g.node("Mul", "x", gate), half), F.gelu(x)


@case((2, 3, 3))
def gelu_in_other_parts(g, x):
    root, one, half = (g.tensor(np.float32(v)) for v in (0.5 ** 0.5, 1, 0.5))
    gate = g.node("Add", one, g.node("Erf", g.node("Mul", root, "x")))
    y = g.node("Mul", gate, g.node("Mul", half, "x"))
    return g.node("Add", y, g.node("Mul", g.node("Mul", half, gate), "x")), 2 * F.gelu(x)


@case((2, 3, 3))
def nearly_gelu(g, x):
    """Parts of which one is another number."""
    root, one, half = (g.tensor(np.float32(v)) for v in (1.5, 1, 0.5))
    gate = g.node("Add", g.node("Erf", g.node("Div", "x", root)), one)
    return g.node("Mul", g.node("Mul", "x", gate), half), x * (torch.erf(x / 1.5) + 1) / 2


@case((2, 3, 3), opset=20, must_check=False)
def gelu_of_opset_20(g, x):
    y = g.node("Gelu", g.node("Gelu", "x"), approximate="tanh")
    z = F.gelu(x)
    return y, z * (1 + torch.tanh((2 / np.pi) ** 0.5 * (z + 0.044715 * z ** 3))) / 2


@case((2, 3, 3))
def hard_sigmoid_of_any_line(g, x):
    y, z = "x", x
    for alpha, beta in ((0.5, 0.6), (-0.7, 0.3), (0.4, 0.5)):
        y, z = g.node("HardSigmoid", y, alpha=alpha, beta=beta), (alpha * z + beta).clamp(0, 1)
    return y, z


@case((3, 2, 4))
def prelu_of_places(g, x):
    y, z = "x", x
    for shape in ((3, 2, 4), (4,), (2, 1), (1, 3, 1, 4)):
        s = weights(*shape, scale=0.5)
        y, z = g.node("PRelu", y, g.tensor(s)), torch.where(z > 0, z, z * t(s))
        y, z = g.node("Sub", y, g.tensor(np.float32(0.25))), z - 0.25
    return y, z


# ---- pads and means ------------------------------------------------------------------------------

@case((2, 3, 4))
def pad_with_a_number(g, x):
    y = g.node("Pad", "x", g.ints(0, 0, 1, 0, 0, 0, 2, 3), g.tensor(np.float32(-1.5)))
    return y, F.pad(x, (0, 3, 1, 2), value=-1.5)


@case((2, 3, 4), opset=9)
def pad_with_a_number_of_opset_9(g, x):
    return g.node("Pad", "x", pads=[0, 0, 0, 1, 0, 0, 1, 0], value=0.75), \
        F.pad(x, (1, 0, 0, 1), value=0.75)


@case((2, 4, 5))
def pad_by_repeating(g, x):
    y = g.node("Pad", "x", g.ints(0, 0, 3, 1, 0, 0, 2, 0), mode="edge")
    z = F.pad(x, (1, 0, 3, 2), mode="replicate")
    y = g.node("Pad", y, g.ints(0, 0, 2, 3, 0, 0, 0, 4), mode="reflect")
    return y, F.pad(z, (3, 4, 2, 0), mode="reflect")


@case((2, 3, 4), opset=19, must_check=False)
def pad_by_wrapping(g, x):
    return g.node("Pad", "x", g.ints(0, 0, 1, 4, 0, 0, 3, 2), mode="wrap"), \
        F.pad(x, (4, 2, 1, 3), mode="circular")


@case((3, 4, 5))
def means_between(g, x):
    y = g.node("Sub", g.node("ReduceMean", "x", axes=[1]), g.node("ReduceMean", "x", axes=[2]))
    y = g.node("Add", y, g.node("ReduceMean", "x", axes=[1, 3]))
    z = x.mean(1, keepdim=True) - x.mean(2, keepdim=True) + x.mean((1, 3), keepdim=True)
    return g.node("ReduceMean", y, axes=[-2], keepdims=0), z.mean(2)


@case((4, 5, 6))
def slices_back(g, x):
    y = g.node("Slice", "x", g.ints(-1, -1), g.ints(-2**63 + 1, -2**63 + 1), g.ints(1, 3),
               g.ints(-1, -1))
    z = g.node("Slice", y, g.ints(3), g.ints(-9), g.ints(2), g.ints(-2))
    return z, x.flip(1, 3)[:, :, [3, 1]]
