# SPDX-License-Identifier: MIT
"""Cases of layers with weights, of pools and of normalization, and of where weights lie."""
import os

import numpy as np
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper

from common import FOLDER
from graphs import bfloat16, case, t, typed, weights


# ---- convolution ---------------------------------------------------------------------------------

@case((3, 9, 8), opset=9)
def conv_asymmetric_pads(g, x):
    w = weights(4, 3, 3, 2)
    y = g.node("Conv", "x", g.tensor(w, "conv.weight"), pads=[0, 1, 2, 0], strides=[2, 1],
               dilations=[1, 2], kernel_shape=[3, 2])
    return y, F.conv2d(F.pad(x, (1, 0, 0, 2)), t(w), stride=(2, 1), dilation=(1, 2))


def same_pads(x, w, stride, is_upper, dilation=1):
    pads = []
    for n, k in zip(x.shape[:1:-1], w.shape[:1:-1]):
        total = max((-(-n // stride) - 1) * stride + dilation * (k - 1) + 1 - n, 0)
        small, large = total // 2, total - total // 2
        pads += [small, large] if is_upper else [large, small]
    return F.conv2d(F.pad(x, pads), t(w), stride=stride, dilation=dilation)


@case((2, 9, 8), opset=11)
def conv_same_upper(g, x):
    w = weights(3, 2, 4, 3)
    y = g.node("Conv", "x", g.tensor(w), auto_pad="SAME_UPPER", strides=[2, 2])
    return y, same_pads(x, w, 2, True)


@case((2, 9, 8), opset=17)
def conv_same_lower(g, x):
    w = weights(3, 2, 2, 4)
    y = g.node("Conv", "x", g.tensor(w), auto_pad="SAME_LOWER", dilations=[3, 3])
    return y, same_pads(x, w, 1, False, 3)


@case((2, 6, 7))
def conv_valid(g, x):
    w, b = weights(3, 2, 3, 3), weights(3)
    y = g.node("Conv", "x", g.tensor(w), g.tensor(b), auto_pad="VALID")
    return y, F.conv2d(x, t(w), t(b))


@case((6, 5, 5), opset=17)
def conv_groups(g, x):
    w, b = weights(12, 2, 3, 3), weights(12)
    y = g.node("Conv", "x", g.tensor(w, "features.0.weight"), g.tensor(b, "features.0.bias"),
               group=3, pads=[1, 1, 1, 1], kernel_shape=[3, 3], name="/features/features.0/Conv")
    return y, F.conv2d(x, t(w), t(b), padding=1, groups=3)


@case((2, 5, 5))
def conv_with_added_bias(g, x):
    w, b = weights(3, 2, 3, 3), weights(1, 3, 1, 1, scale=0.5)
    y = g.node("Conv", "x", g.tensor(w))
    return g.node("Add", g.tensor(b), y), F.conv2d(x, t(w)) + t(b)


@case((2, 5, 5))
def conv_used_twice_before_the_bias(g, x):
    w, b = weights(3, 2, 3, 3), weights(3, 1, 1)
    y = g.node("Conv", "x", g.tensor(w))
    z = F.conv2d(x, t(w))
    return g.node("Mul", y, g.node("Add", y, g.tensor(b))), z * (z + t(b))


# ---- where weights lie ---------------------------------------------------------------------------

@case((2, 5, 5))
def data_typed_f32(g, x):
    w = weights(3, 2, 3, 3)
    return g.node("Conv", "x", g.tensor(typed("w", w))), F.conv2d(x, t(w))


@case((2, 5, 5), opset=11, kind=TensorProto.DOUBLE)
def data_f64(g, x):
    w, b = weights(3, 2, 3, 3).astype(np.float64), weights(3).astype(np.float64)
    y = g.node("Conv", "x", g.tensor(w), g.tensor(typed("b", b, TensorProto.DOUBLE)))
    return y, F.conv2d(x, t(w), t(b))


@case((2, 5, 5), kind=TensorProto.FLOAT16)
def data_f16(g, x):
    w, b = weights(3, 2, 3, 3).astype(np.float16), weights(3).astype(np.float16)
    y = g.node("Conv", "x", g.tensor(w), g.tensor(typed("b", b, TensorProto.FLOAT16)))
    y = g.node("Cast", y, to=TensorProto.FLOAT)
    return y, F.conv2d(x, t(w), t(b))


@case((2, 5, 5))
def data_half_weights_made_wide(g, x):
    w = weights(3, 2, 3, 3).astype(np.float16)
    b = (weights(3).view(np.uint32) & 0xFFFF0000).view(np.float32)
    wide_w = g.node("Cast", g.tensor(w), to=TensorProto.FLOAT)
    wide_b = g.node("Cast", g.tensor(bfloat16("b", b)), to=TensorProto.FLOAT)
    return g.node("Conv", "x", wide_w, wide_b), F.conv2d(x, t(w), t(b))


@case((2, 5, 5), must_check=False)
def data_external(g, x):
    w, b = weights(3, 2, 3, 3), weights(3)
    place = 16
    with open(os.path.join(FOLDER, "data_external.bin"), "wb") as file:
        file.write(b"\0" * place + w.tobytes() + b.tobytes())
    for name, array in (("w", w), ("b", b)):
        tensor = TensorProto(name=name, data_type=TensorProto.FLOAT, dims=array.shape,
                             data_location=TensorProto.EXTERNAL)
        for key, value in (("location", "data_external.bin"), ("offset", place),
                           ("length", array.nbytes)):
            tensor.external_data.add(key=key, value=str(value))
        g.tensor(tensor)
        place += array.nbytes
    return g.node("Conv", "x", "w", "b"), F.conv2d(x, t(w), t(b))


@case((3, 6, 6))
def data_turned_in_the_graph(g, x):
    w, s = weights(3, 3, 3, 4, scale=0.3), weights(2, 2, scale=0.2, shift=1)
    turned = g.node("Transpose", g.node("Identity", g.tensor(w)), perm=[3, 2, 0, 1])
    y = g.node("Conv", "x", turned, kernel_shape=[3, 3])
    flat = g.node("Reshape", g.node("Transpose", g.tensor(s)), g.ints(-1))
    lifted = g.node("Squeeze", g.node("Unsqueeze", flat, g.ints(0, 2)), g.ints(2, 0))
    y = g.node("BatchNormalization", y, lifted, lifted, lifted, lifted)
    v = t(s).T.reshape(-1)
    return y, F.batch_norm(F.conv2d(x, t(w).permute(3, 2, 0, 1)), v, v, v, v)


# ---- matrices ------------------------------------------------------------------------------------

@case((6,), opset=9)
def gemm_as_it_lies(g, x):
    b, c = weights(6, 4, scale=0.4), weights(4)
    y = g.node("Gemm", "x", g.tensor(b), g.tensor(c), alpha=0.5, beta=2.0)
    return y, 0.5 * (x @ t(b)) + 2 * t(c)


@case((2, 2, 3), opset=11)
def gemm_turned(g, x):
    b, c = weights(5, 12), np.float32(0.25)
    flat = g.node("Flatten", "x")
    y = g.node("Gemm", flat, g.tensor(b, "fc.weight"), g.tensor(c), transB=1)
    return g.node("Gemm", y, g.tensor(weights(3, 5) * 0 + 1), transB=1), \
        (x.flatten(1) @ t(b).T + 0.25).sum(1, keepdim=True).expand(-1, 3)


@case((18,))
def gemm_with_a_wide_weight(g, x):
    b, c = weights(18, 260, scale=0.2), weights(1, 260, scale=0.5)
    return g.node("Gemm", "x", g.tensor(b), g.tensor(c)), x @ t(b) + t(c)


@case((1, 6))
def matmul_with_added_bias(g, x):
    b, c = weights(6, 4), weights(4)
    y = g.node("Add", g.node("MatMul", "x", g.tensor(b)), g.tensor(c))
    d, e = weights(4, 3), weights(1, 3, scale=0.5)
    y = g.node("Squeeze", y, g.ints(1))
    y = g.node("Add", g.tensor(e), g.node("MatMul", y, g.tensor(d)))
    return y, ((x @ t(b) + t(c)) @ t(d) + t(e)).squeeze(1)


# ---- pools ---------------------------------------------------------------------------------------

@case((2, 8, 7), opset=11)
def max_pool_ceil(g, x):
    y = g.node("MaxPool", "x", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=1)
    return y, F.max_pool2d(x, 3, 2, 1, ceil_mode=True)


@case((2, 8, 7), opset=12)
def max_pool_same(g, x):
    y = g.node("MaxPool", "x", kernel_shape=[3, 2], strides=[2, 2], auto_pad="SAME_UPPER")
    far = F.pad(x, (0, 1, 0, 1), value=-100.0)
    return y, F.max_pool2d(far, (3, 2), 2)


@case((2, 8, 7), opset=9)
def average_pool_without_pads(g, x):
    y = g.node("AveragePool", "x", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])
    return y, F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)


@case((2, 8, 7))
def average_pool_with_pads(g, x):
    y = g.node("AveragePool", "x", kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1],
               count_include_pad=1, ceil_mode=1)
    return y, F.avg_pool2d(x, 3, 2, 1, ceil_mode=True)


@case((2, 6, 5))
def global_pools(g, x):
    high = g.node("GlobalMaxPool", "x")
    mean = g.node("GlobalAveragePool", "x")
    return g.node("Sub", high, mean), x.amax((2, 3), True) - x.mean((2, 3), True)


@case((3, 6, 5), opset=11)
def reduce_mean_by_attribute(g, x):
    y = g.node("ReduceMean", "x", axes=[2, 3], keepdims=0)
    w = weights(2, 3)
    return g.node("Gemm", y, g.tensor(w), transB=1), x.mean((2, 3)) @ t(w).T


@case((3, 6, 5), must_check=False, opset=18)
def reduce_mean_by_input(g, x):
    y = g.node("ReduceMean", "x", g.ints(-1, -2))
    return g.node("Mul", "x", y), x * x.mean((2, 3), True)


@case((3, 6))
def reduce_mean_of_rows(g, x):
    return g.node("ReduceMean", "x", axes=[-1], keepdims=0), x.mean(2)


# ---- normalization -------------------------------------------------------------------------------

@case((5,), opset=15)
def batch_norm_of_a_vector(g, x):
    s, b, m = weights(5, shift=1), weights(5), weights(5)
    v = np.abs(weights(5)) + np.float32(0.5)
    y = g.node("BatchNormalization", "x", *[g.tensor(p) for p in (s, b, m, v)], epsilon=1e-3,
               momentum=0.99)
    return y, F.batch_norm(x, t(m), t(v), t(s), t(b), eps=float(np.float32(1e-3)))


@case((4, 5, 3), opset=7)
def batch_norm_of_opset_7(g, x):
    s, b, m = weights(4, shift=1), weights(4), weights(4)
    v = np.abs(weights(4)) + np.float32(0.5)
    names = [f"bn1.{n}" for n in ("weight", "bias", "running_mean", "running_var")]
    y = g.node("BatchNormalization", "x",
               *[g.tensor(p, n) for p, n in zip((s, b, m, v), names)])
    return y, F.batch_norm(x, t(m), t(v), t(s), t(b))


@case((7, 3, 3))
def lrn(g, x):
    y = g.node("LRN", "x", size=5, alpha=0.1, beta=0.6, bias=2.0)
    return y, F.local_response_norm(x, 5, float(np.float32(0.1)), float(np.float32(0.6)), 2.0)
