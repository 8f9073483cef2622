# SPDX-License-Identifier: MIT
"""Runs ONNX graphs with numpy, written from the operators' page: slow and plain, in float64. The
ops that dcomp writes, in opset 13 and with floor mode pools only, and those that the graphs of
check_onnx_in.py have, as opsets 7 and later define them."""
import math

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


def of_sequences(of_pictures):
    """The same of (N,C,L), as a picture of width 1."""
    def run_it(a, x, *more):
        if x.ndim != 3:
            return of_pictures(a, x, *more)
        wide = {name: [*a[name], fill] for name, fill in
                (("kernel_shape", 1), ("strides", 1), ("dilations", 1), ("output_padding", 0))
                if name in a}
        if "pads" in a:
            wide["pads"] = [a["pads"][0], 0, a["pads"][1], 0]
        more = [m[..., None] if m is not None and m.ndim == 3 else m for m in more]
        return of_pictures({**a, **wide}, x[..., None], *more)[..., 0]
    return run_it


@of_sequences
def conv(a, x, w, b=None):
    n_groups = a.get("group", 1)
    view = windows(padded(x, a.get("pads", [0] * 4), 0), w.shape[2:], a.get("strides", [1, 1]),
                   a.get("dilations", [1, 1]))
    parts = [np.einsum("nchwrs,kcrs->nkhw", v, p) for v, p in
             zip(np.split(view, n_groups, axis=1), np.split(w, n_groups, axis=0))]
    y = np.concatenate(parts, axis=1)
    return y if b is None else y + b.reshape(1, -1, 1, 1)


@of_sequences
def conv_transpose(a, x, w, b=None):
    n_groups, (n, c, height, width) = a.get("group", 1), x.shape
    stride, dilation = a.get("strides", [1, 1]), a.get("dilations", [1, 1])
    more, pads = a.get("output_padding", [0, 0]), a.get("pads", [0] * 4)
    sides = [(x.shape[2 + i] - 1) * stride[i] + (w.shape[2 + i] - 1) * dilation[i] + 1
             for i in (0, 1)]
    y = np.zeros((n, w.shape[1] * n_groups, sides[0] + more[0], sides[1] + more[1]))
    for k, (part, kernels) in enumerate(zip(np.split(x, n_groups, 1), np.split(w, n_groups, 0))):
        to = y[:, k * w.shape[1]:(k + 1) * w.shape[1]]
        for i, j, r, s in np.ndindex(height, width, *w.shape[2:]):
            to[:, :, i * stride[0] + r * dilation[0], j * stride[1] + s * dilation[1]] += \
                part[:, :, i, j] @ kernels[:, :, r, s]
    y = y[:, :, pads[0]:y.shape[2] - pads[2], pads[1]:y.shape[3] - pads[3]]
    return y if b is None else y + b.reshape(1, -1, 1, 1)


def side_weights(n, scale, a):
    """(m, n): what each of m pixels takes of n."""
    m, mode = int(np.floor(n * scale)), a["coordinate_transformation_mode"].decode()
    i = np.arange(m)
    p = {"half_pixel": (i + 0.5) / scale - 0.5, "asymmetric": i / scale,
         "align_corners": i * (n - 1) / max(m - 1, 1),
         "pytorch_half_pixel": (i + 0.5) / scale - 0.5 if m > 1 else 0 * i}[mode]
    if a["mode"] == b"nearest":
        p = {"round_prefer_floor": np.ceil(p - 0.5), "round_prefer_ceil": np.floor(p + 0.5),
             "floor": np.floor(p), "ceil": np.ceil(p)}[a["nearest_mode"].decode()]
    p = np.clip(p, 0, n - 1)
    return np.maximum(1 - np.abs(p[:, None] - np.arange(n)), 0)


def resize(a, x, _, scales):
    for axis in range(2, x.ndim):
        place = list(a["axes"]).index(axis) if "axes" in a else axis
        side = side_weights(x.shape[axis], float(scales[place]), a)
        x = np.moveaxis(np.tensordot(side, x, (1, axis)), 0, axis)
    return x


def reduction(of):
    def run_it(a, x, axes):
        return of(x, axis=tuple(int(i) for i in axes), keepdims=bool(a["keepdims"]))
    return run_it


def place_of(a, x, of):
    axis = a["axis"]
    if a.get("select_last_index", 0):
        places = x.shape[axis] - 1 - of(np.flip(x, axis), axis)
    else:
        places = of(x, axis)
    return np.expand_dims(places, axis) if a["keepdims"] else places


@of_sequences
def max_pool(a, x):
    view = windows(padded(x, a.get("pads", [0] * 4), -np.inf), a["kernel_shape"],
                   a.get("strides", [1, 1]))
    return view.max(axis=(4, 5))


@of_sequences
def average_pool(a, x):
    pads, strides = a.get("pads", [0] * 4), a.get("strides", [1, 1])

    def sums(values):
        return windows(padded(values, pads, 0), a["kernel_shape"], strides).sum((4, 5))
    counted = np.ones_like(x)
    n = np.prod(a["kernel_shape"]) if a.get("count_include_pad", 0) else sums(counted)
    return sums(x) / n


def batch_norm(a, x, scale, shift, mean, variance):
    shape = [1, -1] + [1] * (x.ndim - 2)
    scale, shift, mean, variance = (v.reshape(shape) for v in (scale, shift, mean, variance))
    return (x - mean) / np.sqrt(variance + a.get("epsilon", 1e-5)) * scale + shift


def normed(a, x, axes, is_centred=True):
    x = x - x.mean(axis=axes, keepdims=True) if is_centred else x
    return x / np.sqrt((x * x).mean(axis=axes, keepdims=True) + a.get("epsilon", 1e-5))


def layer_norm(a, x, scale, shift=0.0):
    return normed(a, x, tuple(range(a.get("axis", -1) % x.ndim, x.ndim))) * scale + shift


def rms_norm(a, x, scale):
    return normed(a, x, tuple(range(a.get("axis", -1) % x.ndim, x.ndim)), False) * scale


def group_norm(a, x, scale, shift):
    n_groups, shape = a.get("num_groups", x.shape[1]), [1, -1] + [1] * (x.ndim - 2)
    parts = x.reshape(x.shape[0], n_groups, -1)
    return normed(a, parts, (2,)).reshape(x.shape) * scale.reshape(shape) + shift.reshape(shape)


def lrn(a, x):
    before = (a["size"] - 1) // 2
    squares = np.pad(x * x, ((0, 0), (before, a["size"] - 1 - before), (0, 0), (0, 0)))
    total = sum(squares[:, i:i + x.shape[1]] for i in range(a["size"]))
    return x / (a["bias"] + a["alpha"] / a["size"] * total) ** a["beta"]


def softmax(a, x):
    """Before opset 13 over all dims from the axis on."""
    if a["opset"] < 13:
        axis = a.get("axis", 1) % max(x.ndim, 1)
        flat = x.reshape(int(np.prod(x.shape[:axis])), -1)
        return softmax({"opset": 13}, flat).reshape(x.shape)
    e = np.exp(x - x.max(axis=a.get("axis", -1), keepdims=True))
    return e / e.sum(axis=a.get("axis", -1), keepdims=True)


def pad(a, x, pads=None, value=None, axes=None):
    n, pads, value = x.ndim, a.get("pads", pads), 0.0 if value is None else value
    if axes is not None:
        said = dict(zip((int(axis) % n for axis in axes), zip(pads, pads[len(axes):])))
        pads = [said.get(i % n, (0, 0))[i // n] for i in range(2 * n)]
    mode = a.get("mode", b"constant").decode()
    how = {"constant_values": a.get("value", value)} if mode == "constant" else {}
    return np.pad(x, [(pads[i], pads[n + i]) for i in range(n)], mode, **how)


def elu(x, alpha):
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def selu(a, x):
    return a.get("gamma", 1.05070102) * elu(x, a.get("alpha", 1.67326319))


def erf(x):
    return np.vectorize(math.erf)(x) if x.size else x


def gelu(a, x):
    if a.get("approximate", b"none") == b"tanh":
        return x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x ** 3))) / 2
    return x * (1 + erf(x / 2 ** 0.5)) / 2


def hard_sigmoid(a, x):
    return np.clip(a.get("alpha", 0.2) * x + a.get("beta", 0.5), 0, 1)


def slice_(a, x, starts=None, ends=None, axes=None, steps=None):
    starts, ends = a.get("starts", starts), a.get("ends", ends)
    axes = a.get("axes", range(len(starts)) if axes is None else axes)
    where = [slice(None)] * x.ndim
    for i, axis in enumerate(axes):
        where[axis] = slice(starts[i], ends[i], None if steps is None else steps[i])
    return x[tuple(where)]


def reshape(a, x, shape):
    copies = not a.get("allowzero", 0)
    return x.reshape([x.shape[i] if dim == 0 and copies else dim for i, dim in enumerate(shape)])


def flatten(a, x):
    axis = a.get("axis", 1)
    return x.reshape(int(np.prod(x.shape[:axis])), -1)


def squeeze(a, x, axes=None):
    axes = a.get("axes", axes)
    return np.squeeze(x, None if axes is None else tuple(int(axis) for axis in axes))


def unsqueeze(a, x, axes=None):
    return np.expand_dims(x, tuple(int(axis) for axis in a.get("axes", axes)))


def split(a, x, sizes=None):
    axis = a.get("axis", 0)
    sizes = a.get("split", sizes)
    if sizes is None:
        return np.split(x, a["n_outputs"], axis)
    return np.split(x, np.cumsum(sizes)[:-1], axis)


def depth_to_space(a, x):
    n, c, h, w = x.shape
    b = a["blocksize"]
    if a.get("mode", b"DCR") == b"DCR":
        y = x.reshape(n, b, b, c // b ** 2, h, w).transpose(0, 3, 4, 1, 5, 2)
    else:
        y = x.reshape(n, c // b ** 2, b, b, h, w).transpose(0, 1, 4, 2, 5, 3)
    return y.reshape(n, c // b ** 2, h * b, w * b)


def space_to_depth(a, x):
    n, c, h, w = x.shape
    b = a["blocksize"]
    y = x.reshape(n, c, h // b, b, w // b, b).transpose(0, 3, 5, 1, 2, 4)
    return y.reshape(n, c * b ** 2, h // b, w // b)


def gather(a, x, places):
    return np.take(x, places, axis=a.get("axis", 0))


def reduce_mean(a, x, axes=None):
    axes = a.get("axes", axes)
    if axes is None and a.get("noop_with_empty_axes", 0):
        return x
    return x.mean(axis=None if axes is None else tuple(int(axis) for axis in axes),
                  keepdims=bool(a.get("keepdims", 1)))


def gemm(a, x, w, c=0.0):
    x = x.T if a.get("transA", 0) else x
    y = a.get("alpha", 1.0) * (x @ (w.T if a.get("transB", 0) else w))
    return y + a.get("beta", 1.0) * c


def clip(a, x, low=None, high=None):
    low, high = a.get("min", low), a.get("max", high)
    x = x if low is None else np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def sigmoid(a, x):
    return 1 / (1 + np.exp(-x))


def spatial_mean(a, x):
    return x.mean(axis=tuple(range(2, x.ndim)), keepdims=True)


def spatial_max(a, x):
    return x.max(axis=tuple(range(2, x.ndim)), keepdims=True)


def leaky_relu(x, alpha):
    return np.where(x > 0, x, alpha * x)


# Of layers over time: the usual alpha (None: it has none) and beta, and the curve.
ACTIVATIONS = {
    "Sigmoid": (None, None, lambda x, a, b: 1 / (1 + np.exp(-x))),
    "Tanh": (None, None, lambda x, a, b: np.tanh(x)),
    "Relu": (None, None, lambda x, a, b: np.maximum(x, 0)),
    "LeakyRelu": (0.01, None, lambda x, a, b: leaky_relu(x, a)),
    "ThresholdedRelu": (1.0, None, lambda x, a, b: np.where(x > a, x, 0)),
    "HardSigmoid": (0.2, 0.5, lambda x, a, b: np.clip(a * x + b, 0, 1)),
    "Elu": (1.0, None, lambda x, a, b: elu(x, a)),
    "Softsign": (None, None, lambda x, a, b: x / (1 + np.abs(x))),
    "Softplus": (None, None, lambda x, a, b: np.logaddexp(0, x)),
}


def activations(a, usual, direction):
    """Those of a direction, each of which takes the next alpha and beta if it has one."""
    names = [n.decode() if isinstance(n, bytes) else n for n in a.get("activations", usual * 2)]
    alphas, betas = list(a.get("activation_alpha", [])), list(a.get("activation_beta", []))
    limit, curves = a.get("clip", np.inf), []
    for name in names:
        alpha, beta, curve = ACTIVATIONS[name]
        alpha = alphas.pop(0) if alpha is not None and alphas else alpha
        beta = betas.pop(0) if beta is not None and betas else beta
        curves.append(lambda x, c=curve, v=alpha, w=beta: c(np.clip(x, -limit, limit), v, w))
    return curves[len(usual) * direction:len(usual) * (direction + 1)]


def recurrent(n_gates, usual, n_states, step):
    """`step` makes the next states of the states, the gates by the inputs and the rest."""
    def op(a, x, w, r, b=None, lengths=None, h0=None, c0=None, p=None):
        is_batch_first = a.get("layout", 0) == 1
        x = x.swapaxes(0, 1) if is_batch_first else x
        n_steps, n_samples, n_directions, n = *x.shape[:2], w.shape[0], r.shape[2]
        lengths = np.full(n_samples, n_steps) if lengths is None else lengths.astype(int)
        b = np.zeros((n_directions, 2 * n_gates * n)) if b is None else b
        p = np.zeros((n_directions, 3 * n)) if p is None else p
        firsts = [np.zeros((n_directions, n_samples, n)) if s is None else
                  s.swapaxes(0, 1) if is_batch_first else s for s in (h0, c0)[:n_states]]
        all_steps = np.zeros((n_steps, n_directions, n_samples, n))
        lasts = [f.copy() for f in firsts]
        for d in range(n_directions):
            curves = activations(a, usual, d)
            is_back = d == 1 or a.get("direction", b"forward") in (b"reverse", "reverse")
            for k in range(n_samples):
                state, order = [f[d, k:k + 1] for f in firsts], range(lengths[k])
                for t in reversed(order) if is_back else order:
                    gates = x[t, k:k + 1] @ w[d].T + b[d, :n_gates * n]
                    state = step(a, curves, state, gates, r[d], b[d, n_gates * n:], p[d])
                    all_steps[t, d, k] = state[0][0]
                for last, value in zip(lasts, state):
                    last[d, k] = value[0]
        if is_batch_first:
            return [all_steps.transpose(2, 0, 1, 3), *(last.swapaxes(0, 1) for last in lasts)]
        return [all_steps, *lasts]
    return op


def lstm_step(a, curves, state, gates, r, b, p):
    f, g, h = curves
    said, cell = state
    i, o, k, c = np.split(gates + said @ r.T + b, 4, axis=1)
    pi, po, pf = np.split(p, 3)
    taken = f(i + pi * cell)
    kept = 1 - taken if a.get("input_forget", 0) else f(k + pf * cell)
    after = kept * cell + taken * g(c)
    return f(o + po * after) * h(after), after


def gru_step(a, curves, state, gates, r, b, p):
    f, g = curves
    said, = state
    n = said.shape[1]
    z, k = np.split(f(gates[:, :2 * n] + said @ r[:2 * n].T + b[:2 * n]), 2, axis=1)
    if a.get("linear_before_reset", 0):
        inner = k * (said @ r[2 * n:].T + b[2 * n:])
    else:
        inner = (k * said) @ r[2 * n:].T + b[2 * n:]
    return ((1 - z) * g(gates[:, 2 * n:] + inner) + z * said,)


def rnn_step(a, curves, state, gates, r, b, p):
    return (curves[0](gates + state[0] @ r.T + b),)


CURVES = {
    "Abs": lambda a, x: np.abs(x),
    "Celu": lambda a, x: np.maximum(x, 0) + a["alpha"] * np.expm1(np.minimum(x, 0) / a["alpha"]),
    "Exp": lambda a, x: np.exp(x),
    "Log": lambda a, x: np.log(x),
    "Mish": lambda a, x: x * np.tanh(np.logaddexp(0, x)),
    "Neg": lambda a, x: -x,
    "Pow": lambda a, x, y: x ** y,
    "Reciprocal": lambda a, x: 1 / x,
    "Softsign": lambda a, x: x / (1 + np.abs(x)),
    "Sqrt": lambda a, x: np.sqrt(x),
}

OPS = {
    **CURVES,
    "ArgMax": lambda a, x: place_of(a, x, np.argmax),
    "ArgMin": lambda a, x: place_of(a, x, np.argmin),
    "ReduceMax": reduction(np.max),
    "ReduceMin": reduction(np.min),
    "ReduceProd": reduction(np.prod),
    "ReduceSum": reduction(np.sum),
    "GRU": recurrent(3, ["Sigmoid", "Tanh"], 1, gru_step),
    "LSTM": recurrent(4, ["Sigmoid", "Tanh", "Tanh"], 2, lstm_step),
    "RNN": recurrent(1, ["Tanh"], 1, rnn_step),
    "GroupNormalization": group_norm,
    "InstanceNormalization": group_norm,
    "LayerNormalization": layer_norm,
    "RMSNormalization": rms_norm,
    "Add": lambda a, x, y: x + y,
    "AveragePool": average_pool,
    "BatchNormalization": batch_norm,
    "Cast": lambda a, x: np.trunc(x).astype(np.int64) if a["to"] == 7 else x,
    "Clip": clip,
    "Concat": lambda a, *xs: np.concatenate(xs, axis=a["axis"]),
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "DepthToSpace": depth_to_space,
    "Div": lambda a, x, y: x / y,
    "Dropout": lambda a, x, ratio=None, is_training=False: x,
    "Elu": lambda a, x: elu(x, a.get("alpha", 1.0)),
    "Erf": lambda a, x: erf(x),
    "Expand": lambda a, x, shape: x * np.ones(shape),
    "Flatten": flatten,
    "Gather": gather,
    "Gelu": gelu,
    "Gemm": gemm,
    "GlobalAveragePool": spatial_mean,
    "GlobalMaxPool": spatial_max,
    "HardSigmoid": hard_sigmoid,
    "HardSwish": lambda a, x: x * np.clip(x / 6 + 0.5, 0, 1),
    "Identity": lambda a, x: x,
    "LRN": lrn,
    "LeakyRelu": lambda a, x: np.where(x < 0, a["alpha"] * x, x),
    "LogSoftmax": lambda a, x: np.log(softmax(a, x)),
    "MatMul": lambda a, x, w: x @ w,
    "Max": lambda a, *xs: np.maximum.reduce(np.broadcast_arrays(*xs)),
    "MaxPool": max_pool,
    "Mean": lambda a, *xs: sum(xs) / len(xs),
    "Min": lambda a, *xs: np.minimum.reduce(np.broadcast_arrays(*xs)),
    "Mul": lambda a, x, y: x * y,
    "PRelu": lambda a, x, slope: np.where(x < 0, slope * x, x),
    "Pad": pad,
    "ReduceMean": reduce_mean,
    "Relu": lambda a, x: np.maximum(x, 0),
    "Reshape": reshape,
    "Resize": resize,
    "Selu": selu,
    "Shape": lambda a, x: np.array(x.shape[a.get("start"):a.get("end")]),
    "Sigmoid": sigmoid,
    "Slice": slice_,
    "Softmax": softmax,
    "Softplus": lambda a, x: np.logaddexp(0, x),
    "SpaceToDepth": space_to_depth,
    "Split": split,
    "Squeeze": squeeze,
    "Sub": lambda a, x, y: x - y,
    "Sum": lambda a, *xs: sum(xs),
    "Tanh": lambda a, x: np.tanh(x),
    "Transpose": lambda a, x: x.transpose(a.get("perm")),
    "Unsqueeze": unsqueeze,
    "Where": lambda a, when, x, y: np.where(when, x, y),
}


def needed(graph):
    """The nodes that the first output needs."""
    wanted, nodes = {graph.output[0].name}, []
    for node in reversed(graph.node):
        if wanted.intersection(node.output):
            wanted.update(node.input)
            nodes.insert(0, node)
    return nodes


def run(model, x, others=None):
    """The first output of a loaded model for a batch; `others`: more inputs."""
    graph = model.graph
    values = {"": None, graph.input[0].name: x.astype(np.float64), **(others or {})}
    for tensor in graph.initializer:
        value = numpy_helper.to_array(tensor)
        values[tensor.name] = value.astype(np.float64) if value.dtype == np.float32 else value
    for node in needed(graph):
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        attributes.update(opset=model.opset_import[0].version, n_outputs=len(node.output))
        inputs = [values[i] for i in node.input]
        while inputs and inputs[-1] is None:
            inputs.pop()
        results = OPS[node.op_type](attributes, *inputs)
        for name, value in zip(node.output, results if isinstance(results, list) else [results]):
            values[name] = value
    return values[graph.output[0].name]
