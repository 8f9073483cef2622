# SPDX-License-Identifier: MIT
"""Random ops of constants, over all that ONNX allows them: types, dims (0 among them), numbers of
inputs, axes from either end, steps back, numbers that are not finite.

A Folds holds one graph that grows: each function of OPS adds an op of constants that it draws and
returns its output's name and the array that NumPy says it is. Constants come as they are or through
a Transpose, Slice, Expand or Cast, so that each op sees views of all kinds.
"""
import numpy as np
from onnx import TensorProto, helper, numpy_helper

FLOATS = ("float32", "float64", "float16")
SIGNED = ("int64", "int32", "int16", "int8")
WHOLE = SIGNED + ("uint64", "uint32", "uint16", "uint8")
ALL = FLOATS + WHOLE + ("bool",)
NUMBERS = FLOATS + WHOLE
CODES = {"float64": TensorProto.DOUBLE, "bool": TensorProto.BOOL,
         "float32": TensorProto.FLOAT, "float16": TensorProto.FLOAT16,
         **{kind: getattr(TensorProto, kind.upper()) for kind in WHOLE}}


class Folds:
    """Nodes and tensors, and what the values are that they make."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        self.opset = int(self.rng.choice([9, 11, 13, 18]))
        self.nodes, self.tensors, self.n_names = [], [], 0

    def name(self):
        self.n_names += 1
        return f"c{self.n_names}"

    def raw(self, array):
        """A constant as it is."""
        name = self.name()
        self.tensors.append(numpy_helper.from_array(np.array(array, order="C"), name))
        return name

    def ints(self, *values, kind="int64"):
        return self.raw(np.array(values, kind))

    def node(self, op, *inputs, **attrs):
        output = self.name()
        attrs = {key: value for key, value in attrs.items() if value is not None}
        self.nodes.append(helper.make_node(op, list(inputs), [output], **attrs))
        return output

    def pick(self, *choices):
        return choices[int(self.rng.integers(len(choices)))]

    def chance(self, share):
        return self.rng.random() < share

    # ---- arrays ----

    def dims(self, low=0, high=4, zeros=0.04):
        n = int(self.rng.integers(low, high + 1))
        return [0 if self.chance(zeros) else self.pick(1, 1, 2, 3, 4) for _ in range(n)]

    def array(self, kind, dims, is_plain=False):
        """Small numbers, of which some are the ends of their type; if plain, such as any order of
        sums is exact for."""
        kind = np.dtype(kind)
        if kind == bool:
            return self.rng.random(dims) < 0.5
        values = self.rng.integers(-9 if kind.kind != "u" else 0, 10, dims)
        if kind.kind == "f":
            values = values / 4 + (0 if is_plain else self.rng.normal(0, 0.01, dims))
            ends = [np.inf, -np.inf, np.nan, -0.0, -1.5 if is_plain else np.finfo(kind).max]
        else:
            ends = [np.iinfo(kind).min, np.iinfo(kind).max, np.iinfo(kind).max // 3]
        values = np.array(values).astype(kind)
        if values.size and self.chance(0.3):
            values.reshape(-1)[int(self.rng.integers(values.size))] = self.pick(*ends)
        return values

    def view(self, array):
        """A constant that is this array, by one of several ways."""
        way = self.rng.integers(8)
        if way == 0 and array.ndim > 1:
            perm = self.rng.permutation(array.ndim)
            return self.node("Transpose", self.raw(array.transpose(np.argsort(perm))),
                             perm=[int(i) for i in perm])
        if way == 1 and array.ndim > 0 and self.opset >= 10:
            axis = int(self.rng.integers(array.ndim))
            wide = np.repeat(array, 2, axis)
            return self.node("Slice", self.raw(wide), self.ints(0), self.ints(2 ** 63 - 1),
                             self.ints(axis), self.ints(2))
        if way == 2 and array.ndim > 0 and self.opset >= 10:
            axis = int(self.rng.integers(array.ndim))
            return self.node("Slice", self.raw(np.flip(array, axis)), self.ints(-1),
                             self.ints(-2 ** 63), self.ints(axis - array.ndim), self.ints(-1))
        if way == 3 and array.size and (array == array.reshape(-1)[0]).all():
            return self.node("Expand", self.raw(array.reshape(-1)[0]), self.ints(*array.shape))
        if way == 4 and array.dtype.kind == "f":
            other = self.pick("float16", "float32", "float64")
            with np.errstate(over="ignore"):
                same = np.array_equal(array.astype(other).astype(array.dtype), array, True)
            if same:
                return self.node("Cast", self.raw(array.astype(other)),
                                 to=CODES[array.dtype.name])
        return self.raw(array)

    def drawn(self, kinds=ALL, low=0, high=4):
        array = self.array(self.pick(*kinds), self.dims(low, high))
        return array, self.view(array)

    def spread(self, n, kinds):
        """Arrays of one type that can be repeated to common dims."""
        kind, dims = self.pick(*kinds), self.dims(0, 4)
        arrays = []
        for _ in range(n):
            cut = int(self.rng.integers(len(dims) + 1)) if self.chance(0.5) else 0
            own = [1 if self.chance(0.3) else dim for dim in dims[cut:]]
            arrays.append(self.array(kind, own))
        return arrays, [self.view(array) for array in arrays]

    def axes(self, op, since, x, axes):
        """Axes as an input since that opset, else as an attribute."""
        if axes is None:
            return self.node(op, x)
        if self.opset >= since:
            return self.node(op, x, self.ints(*axes))
        return self.node(op, x, axes=axes)

    def some(self, n, least=0):
        """Some of n axes, from either end, in any order."""
        axes = self.rng.permutation(n)[:int(self.rng.integers(least, n + 1))]
        return [int(axis) - n * int(self.chance(0.4)) for axis in axes]


# ---- numbers ------------------------------------------------------------------------------------

def many(g, op, of, kinds):
    n = int(g.rng.integers(1, 5))
    arrays, names = g.spread(n, kinds)
    value = arrays[0]
    for array in arrays[1:]:
        value = of(value, array)
    return g.node(op, *names), value


def mean(g):
    arrays, names = g.spread(int(g.rng.integers(1, 5)), FLOATS)
    value = arrays[0]
    for array in arrays[1:]:
        value = value + array
    return g.node("Mean", *names), value / value.dtype.type(len(arrays))


def pair(g, op, of, kinds=NUMBERS):
    (a, b), names = g.spread(2, kinds)
    return g.node(op, *names), of(a, b)


def quotient(a, b):
    if a.dtype.kind == "f":
        return a / b
    low = np.iinfo(a.dtype).min
    whole = np.abs(a.astype(object)) // np.abs(b.astype(object))
    signs = np.sign(a.astype(object)) * np.sign(b.astype(object))
    exact = np.array(whole * signs, dtype=object)
    bits = 8 * a.dtype.itemsize
    wrapped = [(int(v) - int(low)) % 2 ** bits + int(low) for v in exact.reshape(-1)]
    return np.array(wrapped, dtype=a.dtype).reshape(exact.shape)


def div(g):
    (a, b), _ = g.spread(2, NUMBERS)
    if b.dtype.kind != "f":
        b = np.where(b == 0, b.dtype.type(3), b)
    return g.node("Div", g.view(a), g.view(b)), quotient(a, b)


def equal(g):
    (a, b), _ = g.spread(2, ALL if g.opset >= 11 else ("bool", "int32", "int64"))
    if g.chance(0.5) and a.shape == b.shape and a.size:
        b = np.where(g.rng.random(a.shape) < 0.5, a, b)
    return g.node("Equal", g.view(a), g.view(b)), a == b


def where(g):
    arrays, names = g.spread(2, ALL)
    when, extra = g.spread(1, ("bool",))
    try:
        value = np.where(when[0], *arrays)
    except ValueError:
        when = [np.array(True)]
        extra = [g.view(when[0])]
        value = np.where(when[0], *arrays)
    return g.node("Where", extra[0], *names), value


def each(g, op, of, kinds=FLOATS):
    a, name = g.drawn(kinds)
    return g.node(op, name), of(a)


def cast(g):
    a, name = g.drawn()
    to = np.dtype(g.pick(*ALL))
    if a.dtype.kind == "f" and to.kind in "iu":
        a = np.trunc(np.abs(np.nan_to_num(a, nan=1, posinf=2, neginf=3)) % 100).astype(a.dtype)
        a = (a + a.dtype.type(0.75)).astype(a.dtype)
        name = g.view(a)
    return g.node("Cast", name, to=CODES[to.name]), a.astype(to)


def range_(g):
    kind = g.pick("float32", "float64", "int16", "int32", "int64")
    first, step = int(g.rng.integers(-5, 6)), g.pick(1, 2, 3, -1, -4)
    last = first + int(g.rng.integers(-3, 12)) * (1 if step > 0 else -1)
    if kind == "int64" and g.chance(0.3):
        first, last = first + 2 ** 62 + 1, last + 2 ** 62 + 1
    scale = 0.25 if kind.startswith("float") else 1
    ends = [np.array(v * scale if scale != 1 else v, kind) for v in (first, last, step)]
    n = max(0, -((first - last) // step))
    value = np.array([(first + i * step) * scale if scale != 1 else first + i * step
                      for i in range(n)], kind)
    return g.node("Range", *map(g.view, ends)), value


# ---- sums and products over dims ----------------------------------------------------------------

PRODUCTS = ("float32", "float64", "int32", "int64", "uint32", "uint64")


def reduce_prod(g):
    a = g.array(g.pick(*PRODUCTS), g.dims(), True)
    name = g.view(a)
    axes, keeps = g.some(a.ndim), int(g.chance(0.5))
    is_nothing = not axes and g.opset >= 18 and g.chance(0.5)
    over = tuple(axes) if axes else None
    value = a if is_nothing else np.prod(a, axis=over, keepdims=bool(keeps), dtype=a.dtype)
    attrs = {"keepdims": keeps, "noop_with_empty_axes": 1 if is_nothing else None}
    if not axes:
        return g.node("ReduceProd", name, **attrs), value
    if g.opset >= 18:
        return g.node("ReduceProd", name, g.ints(*axes), **attrs), value
    return g.node("ReduceProd", name, axes=axes, **attrs), value


def product(a, b):
    return np.asarray(np.matmul(a, b)) if a.dtype.kind != "f" else np.asarray(
        np.matmul(a.astype("float64"), b.astype("float64"))).astype(a.dtype)


def matmul(g):
    kind = g.pick(*PRODUCTS)
    m, k, n = (g.pick(0, 1, 2, 3, 4, 5) for _ in range(3))
    stacks = g.dims(0, 2)
    own = [[1 if g.chance(0.3) else dim for dim in stacks[g.pick(0, len(stacks)):]]
           for _ in range(2)]
    a = g.array(kind, [k] if g.chance(0.2) else own[0] + [m, k], True)
    b = g.array(kind, [k] if g.chance(0.2) else own[1] + [k, n], True)
    return g.node("MatMul", g.view(a), g.view(b)), product(a, b)


def gemm(g):
    kind = g.pick(*PRODUCTS)
    m, k, n = (g.pick(0, 1, 2, 3, 4) for _ in range(3))
    a, b = g.array(kind, [m, k], True), g.array(kind, [k, n], True)
    alpha, beta = (1.0, 1.0) if a.dtype.kind != "f" else (g.pick(1.0, 0.5, -2.0),
                                                          g.pick(1.0, 0.25, 0.0))
    turns = [int(g.chance(0.5)), int(g.chance(0.5))]
    inputs = [g.view(a.T if turns[0] else a), g.view(b.T if turns[1] else b)]
    value = product(a, b) if a.dtype.kind != "f" else alpha * product(a, b)
    if g.opset < 11 or g.chance(0.7):
        c = g.array(kind, g.pick([], [1], [n], [1, n], [m, 1], [m, n], [1, 1]), True)
        inputs.append(g.view(c))
        value = value + (c if a.dtype.kind != "f" else beta * c)
    attrs = {"alpha": alpha, "beta": beta, "transA": turns[0], "transB": turns[1]}
    return g.node("Gemm", *inputs, **attrs), value.astype(kind)


# ---- places -------------------------------------------------------------------------------------

def constant(g):
    if g.opset < 12 or g.chance(0.6):
        a = g.array(g.pick(*ALL), g.dims(0, 5))
        return g.node("Constant", value=numpy_helper.from_array(np.array(a))), a
    n = int(g.rng.integers(1, 5))
    floats = g.array("float32", [n])
    whole = g.array("int64", [n])
    return g.pick(
        lambda: (g.node("Constant", value_float=float(floats[0])), floats[0]),
        lambda: (g.node("Constant", value_floats=[float(v) for v in floats]), floats),
        lambda: (g.node("Constant", value_int=int(whole[0])), whole[0]),
        lambda: (g.node("Constant", value_ints=[int(v) for v in whole]), whole))()


def constant_of_shape(g):
    dims = g.dims(0, 6, zeros=0.1)
    if g.chance(0.2):
        return g.node("ConstantOfShape", g.ints(*dims)), np.zeros(dims, "float32")
    value = g.array(g.pick(*ALL), [1])
    return (g.node("ConstantOfShape", g.ints(*dims), value=numpy_helper.from_array(value)),
            np.full(dims, value[0]))


def shape(g):
    a, name = g.drawn(high=6)
    if g.opset < 15 or g.chance(0.3):
        return g.node("Shape", name), np.array(a.shape, "int64")
    start, end = int(g.rng.integers(-8, 9)), g.pick(None, int(g.rng.integers(-8, 9)))
    return g.node("Shape", name, start=start, end=end), np.array(a.shape[start:end], "int64")


def size(g):
    a, name = g.drawn()
    return g.node("Size", name), np.array(a.size, "int64")


def same(g):
    a, name = g.drawn(high=6)
    return g.node("Identity", name), a


def dropout(g):
    a, name = g.drawn(FLOATS)
    return g.node("Dropout", name), a


def gather(g):
    a, name = g.drawn(low=1)
    axis = int(g.rng.integers(-a.ndim, a.ndim))
    n = a.shape[axis]
    dims = g.dims(0, 3) if n else [0]
    places = g.rng.integers(-n if g.opset >= 11 else 0, n, dims) if n else np.zeros(dims)
    places = places.astype(g.pick("int32", "int64"))
    return g.node("Gather", name, g.view(places), axis=axis), np.take(a, places, axis=axis)


def concat(g):
    kind, dims = g.pick(*ALL), g.dims(1, 5)
    axis = int(g.rng.integers(-len(dims) if g.opset >= 11 else 0, len(dims)))
    arrays = []
    for _ in range(g.rng.integers(1, 5)):
        dims[axis] = g.pick(0, 1, 2, 3)
        arrays.append(g.array(kind, dims))
    return g.node("Concat", *map(g.view, arrays), axis=axis), np.concatenate(arrays, axis=axis)


def places_of(start, end, step, n):
    """What ONNX takes of n places: as Python, but a start before the first is the first."""
    start = min(max(start + n * (start < 0), 0), n if step > 0 else n - 1)
    end = end + n * (end < 0)
    end = min(max(end, 0), n) if step > 0 else min(max(end, -1), n - 1)
    return list(range(start, end, step)) if n > 0 else []


FAR = (2 ** 63 - 1, -2 ** 63, 2 ** 31 - 1, -2 ** 31)


def slice_(g):
    a, name = g.drawn(low=1, high=5)
    axes = g.some(a.ndim, least=1)
    starts, ends, steps = [], [], []
    for _ in axes:
        far = g.chance(0.3)
        starts.append(g.pick(*FAR) if far else int(g.rng.integers(-6, 7)))
        ends.append(g.pick(*FAR) if g.chance(0.3) else int(g.rng.integers(-6, 7)))
        steps.append(1 if g.opset < 10 else g.pick(1, 1, 2, 3, -1, -2, *FAR))
    value = a
    for axis, *cut in zip(axes, starts, ends, steps):
        value = np.take(value, np.array(places_of(*cut, a.shape[axis]), int), axis=axis)
    if g.opset < 10:
        return g.node("Slice", name, starts=starts, ends=ends, axes=axes), value
    inputs = [g.ints(*starts), g.ints(*ends), g.ints(*axes)]
    if any(step != 1 for step in steps) or g.chance(0.5):
        inputs.append(g.ints(*steps))
    return g.node("Slice", name, *inputs), value


def squeeze(g):
    a, name = g.drawn(high=6)
    ones = [i for i, dim in enumerate(a.shape) if dim == 1]
    if g.chance(0.3) or not ones:
        return g.node("Squeeze", name), np.squeeze(a)
    axes = [ones[i] - a.ndim * int(g.chance(0.4)) for i in range(len(ones)) if g.chance(0.7)]
    axes = axes or ones
    return g.axes("Squeeze", 13, name, axes), np.squeeze(a, tuple(axes))


def unsqueeze(g):
    a, name = g.drawn(high=5)
    n = a.ndim + int(g.rng.integers(1, 4))
    axes = [int(i) - n * int(g.chance(0.4)) for i in g.rng.permutation(n)[:n - a.ndim]]
    return g.axes("Unsqueeze", 13, name, axes), np.expand_dims(a, tuple(axes))


def reshape(g):
    a, name = g.drawn(high=5)
    dims, at = list(a.shape), int(g.rng.integers(-1, a.ndim))
    allows_zero = 1 if g.opset >= 14 and 0 in dims else None
    if at >= 0 and g.chance(0.5) and at + 1 < len(dims):
        dims[at:at + 2] = [dims[at] * dims[at + 1]]
    else:
        dims.insert(at + 1, 1)
    value = a.reshape(dims)
    rest = [i for i in range(len(dims)) if a.size and g.chance(0.3)]
    for i in rest[:1]:
        dims[i] = -1
    for i in range(min(a.ndim, len(dims))):
        if not allows_zero and dims[i] == a.shape[i] and g.chance(0.2):
            dims[i] = 0
    if not allows_zero and any(dims[i] == 0 and (i >= a.ndim or a.shape[i] != value.shape[i])
                               for i in range(len(dims))):
        return g.node("Identity", name), a
    return g.node("Reshape", name, g.ints(*dims), allowzero=allows_zero), value


def flatten(g):
    a, name = g.drawn(low=1, high=5)
    axis = int(g.rng.integers(-a.ndim if g.opset >= 11 else 0, a.ndim + 1))
    place = axis + a.ndim * (axis < 0)
    dims = [int(np.prod(a.shape[:place])), int(np.prod(a.shape[place:]))]
    return g.node("Flatten", name, axis=axis), a.reshape(dims)


def transpose(g):
    a, name = g.drawn(high=6)
    perm = [int(i) for i in g.rng.permutation(a.ndim)]
    if a.ndim == 0 or g.chance(0.2):
        return g.node("Transpose", name), a.transpose()
    return g.node("Transpose", name, perm=perm), a.transpose(perm)


def expand(g):
    """Dims of both sides may be 1, and either side may have fewer."""
    (a, b), _ = g.spread(2, ALL)
    value = np.broadcast_arrays(a, b)[0]
    return g.node("Expand", g.view(a), g.ints(*b.shape)), value


def power(g):
    """Of bases over 0, to what is not too high."""
    a, _ = g.drawn(FLOATS)
    a = (np.abs(np.nan_to_num(a, nan=1, posinf=2, neginf=3)) % 4 + 0.5).astype(a.dtype)
    kind = g.pick("float32", "int64")
    to = np.array(g.rng.integers(-3, 4), kind)
    return g.node("Pow", g.view(a), g.view(to)), np.power(a, to.astype(a.dtype))


def truths(g, op, of):
    a, b = g.rng.random((2, 3)) < 0.5, g.rng.random((1, 3)) < 0.5
    return g.node(op, g.view(a), g.view(b)), of(a, b)


def no(g):
    a = g.rng.random((2, 3)) < 0.5
    return g.node("Not", g.view(a)), ~a


OPS = {
    "And": lambda g: truths(g, "And", np.logical_and),
    "Greater": lambda g: pair(g, "Greater", np.greater),
    "Less": lambda g: pair(g, "Less", np.less),
    "Not": no,
    "Or": lambda g: truths(g, "Or", np.logical_or),
    "Xor": lambda g: truths(g, "Xor", np.logical_xor),
    "Abs": lambda g: each(g, "Abs", np.abs),
    "Add": lambda g: pair(g, "Add", np.add),
    "Cast": cast,
    "Ceil": lambda g: each(g, "Ceil", np.ceil),
    "Concat": concat,
    "Constant": constant,
    "ConstantOfShape": constant_of_shape,
    "Div": div,
    "Dropout": dropout,
    "Equal": equal,
    "Exp": lambda g: each(g, "Exp", lambda a: np.exp(a.astype(np.float64)).astype(a.dtype)),
    "Expand": expand,
    "Flatten": flatten,
    "Floor": lambda g: each(g, "Floor", np.floor),
    "Gather": gather,
    "Gemm": gemm,
    "Identity": same,
    "MatMul": matmul,
    "Max": lambda g: many(g, "Max", np.maximum, NUMBERS),
    "Mean": mean,
    "Min": lambda g: many(g, "Min", np.minimum, NUMBERS),
    "Mul": lambda g: pair(g, "Mul", np.multiply),
    "Neg": lambda g: each(g, "Neg", np.negative, FLOATS + SIGNED),
    "Pow": power,
    "Range": range_,
    "ReduceProd": reduce_prod,
    "Relu": lambda g: each(g, "Relu", lambda a: np.where(a <= 0, a.dtype.type(0), a)),
    "Reshape": reshape,
    "Shape": shape,
    "Size": size,
    "Slice": slice_,
    "Sqrt": lambda g: each(g, "Sqrt", np.sqrt),
    "Squeeze": squeeze,
    "Sub": lambda g: pair(g, "Sub", np.subtract),
    "Sum": lambda g: many(g, "Sum", np.add, FLOATS),
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
    "Where": where,
}
