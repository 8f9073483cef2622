# SPDX-License-Identifier: MIT
"""Cases of ops that join, cut and reshape values, of shapes computed in the graph, and of graphs as
a whole."""
import numpy as np
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper

from graphs import case, t, typed, weights


@case((6, 3, 3))
def split_three_ways(g, x):
    a, b, c = g.node("Split", "x", g.ints(1, 2, 3), n_outputs=3, axis=1)
    y = g.node("Concat", c, a, b, axis=1)
    return y, torch.cat([x[:, 3:], x[:, :1], x[:, 1:3]], 1)


@case((6, 3, 4), opset=11)
def split_by_attribute(g, x):
    a, b = g.node("Split", "x", n_outputs=2, axis=-3, split=[2, 4])
    c, d = g.node("Split", b, n_outputs=2, axis=3)
    y = g.node("Concat", a, g.node("Concat", "x", a, axis=-3), axis=1)
    z = g.node("Mul", c, d)
    y = g.node("Concat", g.node("Flatten", y), g.node("Flatten", z), axis=1)
    parts = [torch.cat([x[:, :2], x, x[:, :2]], 1), x[:, 2:, :, :2] * x[:, 2:, :, 2:]]
    return y, torch.cat([p.flatten(1) for p in parts], 1)


@case((4, 5, 6), opset=9)
def slice_by_attributes(g, x):
    y = g.node("Slice", "x", starts=[1, -4], ends=[3, 2**31 - 1], axes=[1, 3])
    return y, x[:, 1:3, :, -4:]


@case((4, 5, 6))
def slice_by_inputs(g, x):
    y = g.node("Slice", "x", g.ints(0, 0, 2), g.ints(2**62, -1, 5), g.ints(0, -3, 2),
               g.ints(1, 1, 1))
    return y, x[:, :-1, 2:5]


@case((3, 4, 4))
def gather_of_channels(g, x):
    zero, last = g.tensor(np.array(0)), g.tensor(np.array([-1]))
    a = g.node("Unsqueeze", g.node("Gather", "x", zero, axis=1), g.ints(1))
    b = g.node("Gather", "x", last, axis=1)
    return g.node("Concat", a, b, axis=1), torch.stack([x[:, 0], x[:, 2]], 1)


@case((8, 3, 3))
def shuffle_of_channels(g, x):
    y = g.node("Reshape", "x", g.ints(-1, 2, 4, 3, 3))
    y = g.node("Transpose", y, perm=[0, 2, 1, 3, 4])
    y = g.node("Reshape", y, g.ints(-1, 8, 3, 3))
    return y, F.channel_shuffle(x.float(), 2).double()


@case((3, 4, 5))
def transposes(g, x):
    y = g.node("Transpose", "x", perm=[0, 2, 3, 1])
    y = g.node("Relu", g.node("Flatten", y))
    return y, x.permute(0, 2, 3, 1).flatten(1).relu()


@case((4, 1, 1), opset=11)
def dims_of_one(g, x):
    y = g.node("Transpose", g.node("Relu", "x"), perm=[0, 2, 3, 1])
    y = g.node("Squeeze", y, axes=[1, 2])
    y = g.node("Unsqueeze", y, axes=[1, -1])
    y = g.node("Flatten", y, axis=2)
    w = weights(3, 4)
    return g.node("Gemm", y, g.tensor(w), transB=1), x.flatten(1).relu() @ t(w).T


@case((2, 3, 4), opset=9)
def pad_by_attribute(g, x):
    y = g.node("Pad", g.node("Relu", "x"), pads=[0, 0, 1, 2, 0, 0, 3, 0])
    return y, F.pad(x.relu(), (2, 0, 1, 3))


@case((2, 3, 4))
def pad_by_input(g, x):
    y = g.node("Pad", "x", g.ints(0, 0, 0, 1, 0, 0, 0, 1), g.tensor(np.float32(0)))
    w = weights(2, 2, 2, 3)
    return g.node("Conv", y, g.tensor(w)), F.conv2d(F.pad(x, (1, 1)), t(w))


# ---- shapes that are computed in the graph -------------------------------------------------------

@case((2, 3, 4))
def shape_of_the_batch(g, x):
    batch = g.node("Gather", g.node("Shape", "x"), g.node("Constant", value_int=0), axis=0)
    shape = g.node("Concat", g.node("Unsqueeze", batch, g.ints(0)),
                   g.node("Constant", value_ints=[-1]), axis=0)
    w = weights(5, 24)
    y = g.node("Gemm", g.node("Reshape", "x", shape), g.tensor(w), transB=1)
    return y, x.flatten(1) @ t(w).T


@case((4, 3, 4), batch=2)
def shape_in_steps(g, x):
    """Channels halved by floats, sides by a slice; the batch is a number."""
    shape = g.node("Shape", "x")
    first = g.node("Slice", shape, g.ints(0), g.ints(1), g.ints(0))
    sides = g.node("Slice", shape, g.ints(-1), g.ints(1), g.ints(0), g.ints(-1))
    channels = g.node("Gather", shape, g.ints(1))
    half = g.node("Div", g.node("Cast", channels, to=TensorProto.FLOAT),
                  g.tensor(np.array([1.5], dtype=np.float32)))
    half = g.node("Cast", g.node("Floor", half), to=TensorProto.INT64)
    two = g.node("Div", channels, half)
    y = g.node("Reshape", "x", g.node("Concat", first, two, half, sides, axis=0))
    return g.node("Transpose", y, perm=[0, 2, 1, 3, 4]), \
        x.reshape(2, 2, 2, 4, 3).permute(0, 2, 1, 3, 4)


@case((3, 4, 4))
def constants_by_ops(g, x):
    ones = g.node("ConstantOfShape", g.ints(3, 1, 1),
                  value=helper.make_tensor("v", TensorProto.FLOAT, [1], [1.0]))
    step = g.node("Range", *[g.tensor(np.float32(v)) for v in (0, 3, 1)])
    step = g.node("Reshape", step, g.ints(3, 1, 1))
    scale = g.node("Add", g.node("Mul", step, ones), ones)
    wide = g.node("Expand", g.node("Sqrt", scale), g.ints(1, 3, 1, 4))
    return g.node("Mul", "x", wide), x * t([1, 2, 3]).sqrt().reshape(3, 1, 1)


@case((3, 4, 4))
def expand_as_pytorch_writes_it(g, x):
    shape = g.tensor(typed("shape", np.array([1, 3, -1, -1]), TensorProto.INT64))
    ones = g.node("ConstantOfShape", g.node("Shape", shape),
                  value=helper.make_tensor("v", TensorProto.INT64, [1], [1]))
    minus = g.node("Mul", ones, g.ints(-1))
    shape = g.node("Where", g.node("Equal", shape, minus), ones, shape)
    bias = weights(1, 3, 1, 1, scale=1)
    return g.node("Add", "x", g.node("Expand", g.tensor(bias), shape)), x + t(bias)


# ---- graphs as a whole ---------------------------------------------------------------------------

@case((6, 5, 3), opset=12)
def keras_nhwc(g, x):
    """(N,H,W,C) in, turned for the convolution, turned back to be flattened. What is imported wants
    (N,C,H,W), so that is how the truth sees the input's values."""
    x = x.reshape(-1, 3, 6, 5)
    w, b, k, c = weights(4, 3, 3, 2), weights(4), weights(48, 5), weights(5)
    y = g.node("Transpose", "x", perm=[0, 3, 1, 2], name="model/conv2d/Conv2D__6")
    y = g.node("Conv", y, g.tensor(w), g.tensor(b), auto_pad="SAME_UPPER", strides=[2, 1],
               name="model/conv2d/Conv2D")
    y = g.node("MaxPool", g.node("Relu", y), kernel_shape=[1, 2], strides=[1, 1])
    y = g.node("Transpose", y, perm=[0, 2, 3, 1])
    y = g.node("MatMul", g.node("Reshape", y, g.ints(-1, 48)), g.tensor(k))
    y = g.node("Softmax", g.node("Add", y, g.tensor(c)), axis=1)
    z = F.conv2d(F.pad(x, (0, 1, 0, 1)), t(w), t(b), stride=(2, 1)).relu()
    z = F.max_pool2d(z, (1, 2), 1).permute(0, 2, 3, 1).flatten(1)
    return y, (z @ t(k) + t(c)).softmax(1)


@case((5, 6, 3))
def keras_nhwc_prepared(g, x):
    """Pixels are scaled before they are turned."""
    x = x.reshape(-1, 3, 5, 6)
    mean, w = weights(3), weights(4, 3, 2, 2)
    y = g.node("Mul", g.node("Sub", "x", g.tensor(mean)), g.tensor(np.float32(0.5)))
    y = g.node("Conv", g.node("Transpose", y, perm=[0, 3, 1, 2]), g.tensor(w))
    return y, F.conv2d((x - t(mean).reshape(3, 1, 1)) * 0.5, t(w))


@case((4, 5), opset=9)
def rows_of_a_picture(g, x):
    w, b = weights(3, 20), weights(3)
    y = g.node("Gemm", g.node("Flatten", "x"), g.tensor(w), g.tensor(b), transB=1)
    return y, x.flatten(1) @ t(w).T + t(b)


@case((2, 4, 4), must_check=False)
def nodes_in_disorder(g, x):
    y = g.node("Relu", "x")
    z = g.node("Sub", y, "x")
    g.nodes.reverse()
    return z, x.relu() - x


@case((2, 4, 4), must_check=False)
def two_outputs_and_dead_nodes(g, x):
    y = g.node("Relu", "x")
    g.node("Erf", y)
    g.node("MaxPool", y, n_outputs=2, kernel_shape=[2, 2])
    g.more_outputs.append(g.node("Softmax", "x"))
    return y, x.relu()
