# SPDX-License-Identifier: MIT
"""Small ONNX graphs by kind, and what `dcomp import` must make of them.

A case gives a graph, and None when it must be imported and right, a text that its refusal must hold
(exit code 6), or EITHER.
"""
import numpy as np
from onnx import TensorProto

from onnx_random import Graph

CASES = {}
EITHER = "right, or refused"
RNG = np.random.default_rng(3)


def case(shape, batch=1, opset=13, refused=None):
    """Registers a function that makes nodes behind "x" and returns the output."""
    def register(make):
        def run():
            graph = Graph(shape, batch, opset)
            return graph.model(make(graph)), refused
        CASES[make.__name__] = run
        return make
    return register


def squeezed(name, shape, make, opsets=(11, 13), refused=None, batch=1):
    """The same op behind a Squeeze that takes the batch away, in several opsets."""
    for opset in opsets:
        @case(shape, batch, opset, refused)
        def run(g):
            return make(g, g.axes("Squeeze", "x", None))
        CASES[f"squeezed_{name}_{batch}_{opset}"] = CASES.pop("run")


# ---- a batch of 1 that is taken away: later axes count what is left -----------------------------

def parts(g, x, **attrs):
    first, second = g.node("Split", x, n_outputs=2, **attrs)
    return g.node("Concat", second, first, axis=0)


squeezed("softmax", (4, 5, 1), lambda g, x: g.node("Softmax", x, axis=1), (13,))
squeezed("softmax_0", (4, 5, 1), lambda g, x: g.node("Softmax", x, axis=0), (13,))
squeezed("softmax_old", (4, 5, 1), lambda g, x: g.node("Softmax", x, axis=0), (11,))
squeezed("split", (4, 6, 1), lambda g, x: parts(g, x, axis=1))
squeezed("split_0", (4, 6, 1), lambda g, x: parts(g, x, axis=0))
squeezed("slice", (4, 6, 1),
         lambda g, x: g.node("Slice", x, g.ints(2), g.ints(5), g.ints(1)))
squeezed("slice_0", (4, 6, 1),
         lambda g, x: g.node("Slice", x, g.ints(-3), g.ints(9), g.ints(0)))
squeezed("gather", (4, 6, 1), lambda g, x: g.node("Gather", x, g.ints(3), axis=1))
squeezed("gather_0", (4, 6, 1), lambda g, x: g.node("Gather", x, g.tensor(np.array(-2)), axis=0))
squeezed("concat", (4, 5, 1), lambda g, x: g.node("Concat", x, g.node("Relu", x), axis=1))
squeezed("concat_0", (4, 5, 1), lambda g, x: g.node("Concat", x, g.node("Relu", x), axis=0))
squeezed("transpose", (4, 5, 1), lambda g, x: g.node("Transpose", x, perm=[1, 0]))
squeezed("transpose_3", (4, 5, 2), lambda g, x: g.node("Transpose", x, perm=[2, 0, 1]))
squeezed("flatten", (4, 5, 2), lambda g, x: g.node(
    "MatMul", g.node("Flatten", x, axis=1), g.floats(RNG, 10, 3)))
squeezed("flatten_0", (4, 5, 2), lambda g, x: g.node(
    "Gemm", g.node("Flatten", x, axis=0), g.floats(RNG, 3, 40), transB=1))
squeezed("reshape", (4, 6), lambda g, x: g.node(
    "Transpose", g.node("Reshape", x, g.ints(0, 2, 3)), perm=[1, 2, 0]))
squeezed("mean", (4, 5, 1), lambda g, x: g.node("ReduceMean", x, axes=[1], keepdims=0))
squeezed("mean_0", (4, 5, 1), lambda g, x: g.node("ReduceMean", x, axes=[0], keepdims=0))
squeezed("mean_of_all", (4, 5), lambda g, x: g.node("ReduceMean", x))
squeezed("unsqueeze", (4, 5, 1), lambda g, x: g.node(
    "Softmax", g.axes("Unsqueeze", x, [0]), axis=1))
squeezed("unsqueeze_2", (4, 5), lambda g, x: g.node(
    "GlobalAveragePool", g.axes("Unsqueeze", x, [0, 3])))
squeezed("norm", (4, 5, 1), lambda g, x: g.node(
    "BatchNormalization", x, *(g.tensor(np.full(5, v, np.float32)) for v in (2, 3, 4, 5))),
         refused="is not the batch")
squeezed("conv", (12, 5, 5), lambda g, x: g.node(
    "Conv", g.node("Reshape", x, g.ints(4, 3, 5, 5)), g.floats(RNG, 2, 3, 3, 3)),
         refused="is not the batch")
squeezed("gemm", (4, 5), lambda g, x: g.node("Gemm", x, g.floats(RNG, 3, 5), transB=1))
squeezed("gemm_of_columns", (4, 5), lambda g, x: g.node(
    "Gemm", x, g.floats(RNG, 4, 3), g.floats(RNG, 3), transA=1, alpha=0.5, beta=2.0))
squeezed("gemm_with_rows", (4, 5), lambda g, x: g.node(
    "Gemm", x, g.floats(RNG, 3, 4), g.floats(RNG, 5, 3), transA=1, transB=1, beta=-0.5))
squeezed("gemm_with_a_column", (4, 5), lambda g, x: g.node(
    "Gemm", x, g.floats(RNG, 5, 3), g.floats(RNG, 4, 1), beta=3.0))
squeezed("gemm_of_a_column", (1, 5), lambda g, x: g.node(
    "Gemm", g.node("Reshape", x, g.ints(1, 5)), g.floats(RNG, 1, 3), transA=1))
squeezed("pool", (4, 5, 3), lambda g, x: g.node("GlobalMaxPool", x), refused="is not the batch")
squeezed("prelu", (4, 5), lambda g, x: g.node("PRelu", x, g.floats(RNG, 5)))
squeezed("prelu_0", (4, 5), lambda g, x: g.node("PRelu", x, g.floats(RNG, 4, 1)))
squeezed("shape", (4, 6), lambda g, x: g.node(
    "Reshape", g.node("Relu", x), g.node(
        "Concat", g.node("Gather", g.node("Shape", x), g.ints(0)), g.ints(2, -1), axis=0)))
squeezed("linear", (8, 1, 1), lambda g, x: g.node(
    "Add", g.floats(RNG, 3), g.node("MatMul", x, g.floats(RNG, 8, 3))))
squeezed("elementwise", (4, 5, 1), lambda g, x: g.node("Sigmoid", g.node("Relu", x)))
squeezed("constants", (4, 1, 5), lambda g, x: g.node("Mul", x, g.floats(RNG, 4, 5)))
squeezed("wider", (4, 5), lambda g, x: g.node("Mul", x, g.floats(RNG, 3, 4, 5)))
squeezed("with_batch", (4, 5), lambda g, x: g.node("Add", x, "x"))
squeezed("with_rows", (1, 5), lambda g, x: g.node("Add", x, g.floats(RNG, 4, 5)))
squeezed("scalar", (1, 1), lambda g, x: g.node("Mul", g.node("Flatten", x, axis=0), "x"))

# A free batch stays: what Squeeze leaves is (N,4,5).
squeezed("softmax", (4, 5, 1), lambda g, x: g.node("Softmax", x, axis=1), (13,), batch="N")
squeezed("split", (4, 6, 1), lambda g, x: g.node(
    "Concat", *reversed(g.node("Split", x, n_outputs=2, axis=1)), axis=1), batch="N")
squeezed("norm", (4, 5, 1), lambda g, x: g.node(
    "BatchNormalization", x, *(g.floats(RNG, 4) for _ in range(3)),
    g.tensor(np.full(4, 2, np.float32))), batch="N")


@case((3, 4, 5))
def squeeze_of_axis_0(g):
    y = g.axes("Squeeze", "x", [0])
    return g.node("Transpose", y, perm=[1, 2, 0])


@case((3, 4, 5), opset=11)
def gather_of_the_only_sample(g):
    y = g.node("Gather", "x", g.tensor(np.array(0)), axis=0)
    return g.node("Softmax", g.node("Transpose", y, perm=[2, 0, 1]), axis=0)


@case((12,))
def reshape_without_a_batch(g):
    y = g.node("Reshape", "x", g.ints(3, 4))
    return g.node("Gather", g.node("Transpose", y, perm=[1, 0]), g.ints(2), axis=0)


@case((3, 4, 5))
def transpose_of_the_batch(g):
    y = g.node("Transpose", "x", perm=[2, 0, 1, 3])
    y = g.node("Gather", g.node("Relu", y), g.tensor(np.array(1)), axis=0)
    return g.node("Transpose", y, perm=[0, 2, 1])


@case((4, 6))
def batch_taken_away_and_put_back(g):
    y = g.node("Tanh", g.axes("Squeeze", "x", [0]))
    y = g.node("Conv", g.axes("Unsqueeze", y, [0, 1]), g.floats(RNG, 2, 1, 3, 3))
    return g.node("Flatten", y)


@case((3, 4, 5), batch=2, refused="changes the batch")
def squeeze_of_a_batch_of_2(g):
    return g.axes("Squeeze", "x", [0])


@case((3, 4, 5), batch="N", refused="changes the batch")
def squeeze_of_a_free_batch(g):
    return g.axes("Squeeze", "x", [0])


@case((3, 4), batch=2, refused="mixes the batch")
def reshape_of_a_batch_of_2(g):
    return g.node("Reshape", "x", g.ints(6, 4))


# ---- training, whole numbers --------------------------------------------------------------------

def norm_params(g, n):
    return [g.tensor(np.full(n, value, np.float32)) for value in (2, 3, 4, 5)]


for _opset in (9, 11, 13, 15):
    @case((3,), batch=4, opset=_opset, refused="it is in training mode")
    def run_norm(g):
        y, *_ = g.node("BatchNormalization", "x", *norm_params(g, 3),
                       n_outputs=3 if g.opset > 13 else 5,
                       **({"training_mode": 1} if g.opset > 13 else {}))
        return y
    CASES[f"norm_in_training_{_opset}"] = CASES.pop("run_norm")


@case((30,), refused="it is in training mode")
def dropout_in_training(g):
    return g.node("Dropout", "x", g.tensor(np.float32(0.5)), g.tensor(np.array(True)))


@case((30,))
def dropout_not_in_training(g):
    return g.node("Dropout", "x", "", g.tensor(np.array(False)))


def whole(name, kind, make, refused=None):
    def run():
        graph = Graph((6, 5, 5), "N", kind=kind)
        return graph.model(make(graph)), refused
    CASES[f"whole_{name}"] = run


whole("picture", TensorProto.UINT8, lambda g: g.node(
    "Conv", g.node("Cast", "x", to=TensorProto.FLOAT), g.floats(RNG, 2, 6, 3, 3)))
whole("moved_first", TensorProto.INT32, lambda g: g.node("Sigmoid", g.node(
    "Cast", g.node("Transpose", g.node("Slice", "x", g.ints(1), g.ints(4), g.ints(1)),
                   perm=[0, 2, 3, 1]), to=TensorProto.FLOAT)))
whole("wider_first", TensorProto.INT8, lambda g: g.node("Mul", g.tensor(np.float32(0.5)), g.node(
    "Cast", g.node("Cast", "x", to=TensorProto.INT64), to=TensorProto.FLOAT)))
whole("sum", TensorProto.INT8, lambda g: g.node(
    "Cast", g.node("Add", "x", "x"), to=TensorProto.FLOAT), "it computes whole numbers (int8)")
whole("quotient", TensorProto.INT32, lambda g: g.node(
    "Cast", g.node("Div", "x", g.tensor(np.array(7, np.int32))), to=TensorProto.FLOAT),
      "it computes whole numbers (int32)")
whole("mean", TensorProto.INT32, lambda g: g.node("ReduceMean", "x", axes=[2, 3]),
      "it computes whole numbers (int32)")
whole("narrower", TensorProto.INT64, lambda g: g.node(
    "Cast", g.node("Cast", "x", to=TensorProto.INT8), to=TensorProto.FLOAT), "which is no float")


@case((6,), refused="to int32, which is no float")
def cast_to_whole_numbers_and_back(g):
    y = g.node("Cast", g.node("Mul", "x", g.floats(RNG, 6)), to=TensorProto.INT32)
    return g.node("Cast", y, to=TensorProto.FLOAT)


# ---- constants that are folded, and what is legal and not supported -----------------------------

@case((6,))
def clip_of_ends_that_cross(g):
    return g.node("Add", "x", g.node("Clip", "x", g.tensor(np.float32(2)),
                                     g.tensor(np.float32(1))))


for _low, _high in ((np.inf, None), (None, -np.inf), (2e38, 3e38)):
    @case((6,), refused="nothing is between its ends")
    def run_far(g, low=_low, high=_high):
        ends = ["" if end is None else g.tensor(np.float32(end)) for end in (low, high)]
        return g.node("Clip", "x", *(ends if ends[1] else ends[:1]))
    CASES[f"clip_from_{_low}_to_{_high}"] = CASES.pop("run_far")


for _op, _n in (("Max", 1), ("Max", 3), ("Min", 1), ("Min", 4), ("Sum", 3)):
    @case((6, 4))
    def run_fold(g, op=_op, n=_n):
        constants = [g.floats(RNG, *[(6, 4), (4,), (1, 1, 1), (6, 1)][i]) for i in range(n)]
        return g.node("Mul", "x", g.node(op, *constants))
    CASES[f"{_op}_of_{_n}_constants"] = CASES.pop("run_fold")


@case((6, 4))
def where_of_a_wide_condition(g):
    when = g.tensor(RNG.normal(0, 1, (6, 4)) > 0)
    return g.node("Mul", "x", g.node("Where", when, g.floats(RNG), g.floats(RNG, 4)))


for _perm in ([0, 1, 4, 2, 5, 3], [0, 5, 4, 3, 2, 1], [0, 3, 5, 1, 4, 2]):
    for _batch in (1, "N"):
        @case((12, 3, 4), _batch)
        def run_perm(g, perm=_perm):
            y = g.node("Transpose", g.node("Reshape", "x", g.ints(0, 3, 2, 2, 3, 4)), perm=perm)
            return g.node("Mul", y, g.tensor(np.float32(2)))
        CASES[f"six_dims_{''.join(map(str, _perm))}_{_batch}"] = CASES.pop("run_perm")


@case((12,))
def transpose_of_six_dims_and_the_batch(g):
    y = g.node("Reshape", "x", g.ints(2, 1, 3, 2, 1, 1))
    return g.node("Relu", g.node("Transpose", y, perm=[3, 4, 2, 5, 0, 1]))


for _mode in ("DCR", "CRD"):
    @case((12, 3, 4), "N")
    def run_depth(g, mode=_mode):
        return g.node("DepthToSpace", g.node("Tanh", "x"), blocksize=2, mode=mode)
    CASES[f"depth_to_space_{_mode}"] = CASES.pop("run_depth")


@case((3, 4, 6), "N")
def space_to_depth(g):
    return g.node("DepthToSpace", g.node("SpaceToDepth", "x", blocksize=2), blocksize=1)


@case((4, 5, 3), batch="N")
def concat_of_columns(g):
    return g.node("Concat", g.node("Relu", "x"), "x", g.node("Tanh", "x"), axis=-1)


@case((4, 5))
def concat_with_constants(g):
    y = g.node("Concat", g.floats(RNG, 1, 4, 2), "x", g.floats(RNG, 1, 4, 0), axis=2)
    return g.node("Concat", y, g.node("Transpose", g.floats(RNG, 7, 2, 1), perm=[2, 1, 0]), axis=1)


@case((4, 5), batch="N")
def concat_with_a_constant_for_each_sample(g):
    """As a class token is put before the patches of each picture."""
    n = g.node("Slice", g.node("Shape", "x"), g.ints(0), g.ints(1))
    token = g.node("Expand", g.floats(RNG, 1, 1, 5), g.node("Concat", n, g.ints(1, 5), axis=0))
    return g.node("Concat", token, "x", axis=1)


@case((4, 5), batch=2, refused="its constant is not the same for all samples")
def concat_of_samples_with_constants(g):
    return g.node("Concat", "x", g.floats(RNG, 2, 4, 2), axis=2)


@case((4, 5), batch=2, refused="it joins along the batch")
def concat_of_batches(g):
    return g.node("Concat", "x", "x", axis=0)


@case((5, 3), batch="N")
def means_of_values_and_constants(g):
    y = g.node("Mean", "x", g.floats(RNG, 3), g.node("Relu", "x"))
    return g.node("Mean", g.node("Mean", y), g.floats(RNG), "x")


@case((5, 3), batch="N")
def relu_6_of_max_and_min(g):
    y = g.node("Mul", "x", g.tensor(np.float32(9)))
    y = g.node("Min", g.tensor(np.full((1, 1), 6, np.float32)), g.node("Max", y, g.tensor(
        np.float32(0))))
    return g.node("Max", y, y, g.tensor(np.float32(-1)), g.tensor(np.array([0.5], np.float32)))


@case((5, 3), batch="N", refused="of one value and single numbers")
def max_of_two_values(g):
    return g.node("Max", "x", g.node("Tanh", "x"))


@case((5, 3), refused="of one value and single numbers")
def min_that_adds_a_dim(g):
    return g.node("Min", "x", g.tensor(np.full((1, 1, 1, 1), 6, np.float32)))


for _op in ("MatMul", "Gemm", "Conv"):
    @case((5, 3, 3) if _op == "Conv" else (5,), batch="N", refused="its weight has no elements")
    def run_empty(g, op=_op):
        return g.node(op, "x", g.floats(RNG, *((0, 5, 1, 1) if op == "Conv" else (5, 0))))
    CASES[f"{_op}_by_nothing"] = CASES.pop("run_empty")


squeezed("slice_back", (4, 6, 1),
         lambda g, x: g.node("Slice", x, g.ints(-1), g.ints(-2 ** 63), g.ints(0), g.ints(-1)))


@case((5, 6, 7), batch="N")
def slices_back(g):
    y = g.node("Slice", "x", g.ints(-1, 4), g.ints(-2 ** 63, 0), g.ints(3, 2), g.ints(-2, -1))
    return g.node("Slice", y, g.ints(2 ** 31, -1), g.ints(-5, -2), g.ints(1, -1), g.ints(-3, -7))


@case((6, 4), batch="N", refused="it turns the batch round")
def slice_of_the_batch_back(g):
    return g.node("Slice", "x", g.ints(-1), g.ints(-2 ** 63), g.ints(0), g.ints(-1))


@case((6, 4), refused="it leaves nothing of axis 2")
def slice_of_nothing(g):
    return g.node("Slice", "x", g.ints(3), g.ints(3), g.ints(2))


@case((6, 4), refused="is not finite")
def mask_of_infinities(g):
    return g.node("Add", "x", g.tensor(np.where(np.eye(6, 4) > 0, -np.inf, 0).astype(np.float32)))


@case((5,))
def gemm_of_the_only_sample_turned(g):
    return g.node("Gemm", "x", g.floats(RNG, 1, 3), g.floats(RNG, 1, 3), transA=1)


@case((5,), batch="N", refused="it may if --shape fixes the batch at 1")
def gemm_of_samples_turned(g):
    return g.node("Gemm", "x", g.floats(RNG, 3, 4), transA=1)


@case((5,), batch=3, refused="op 'Gemm' of node 'v0_0': its transA makes the batch")
def gemm_of_three_samples_turned(g):
    return g.node("Gemm", "x", g.floats(RNG, 3, 4), transA=1)


@case((6,), refused="op 'MatMul'")
def weight_of_nothing(g):
    return g.node("MatMul", "x", g.floats(RNG, 6, 0))


@case((6, 4), refused="all constants")
def constants_that_are_not_folded(g):
    return g.node("Mul", "x", g.node("Softmax", g.floats(RNG, 4)))


# ---- what younger opsets say: attributes that came with them, several outputs ------------------

@case((4, 6, 6), batch="N", opset=23)
def attributes_of_opset_23(g):
    y = g.node("AveragePool", g.node("Cast", "x", to=1, saturate=1), kernel_shape=[2, 2],
               dilations=[1, 1])
    a, b = g.node("Split", y, n_outputs=2, axis=1, num_outputs=2)
    y = g.node("Pad", g.node("Concat", b, a, axis=1), g.ints(1, 1), "", g.ints(2))
    y = g.node("HardSwish", y)
    y = g.node("Sub", y, g.node("ReduceMean", y, g.ints(2, 3), noop_with_empty_axes=0))
    shape = g.node("Concat", g.node("Shape", y, start=0, end=1), g.ints(-1), axis=0)
    y = g.node("Reshape", y, shape, allowzero=0)
    return g.node("Gemm", g.node("Gelu", y, approximate="none"), g.floats(RNG, 140, 3))


@case((3, 4, 5), batch="N", opset=23)
def resize_of_opset_23(g):
    y = g.node("Resize", "x", "", g.tensor(np.float32([2, 3])), axes=[2, 3], antialias=0,
               coordinate_transformation_mode="asymmetric", keep_aspect_ratio_policy="stretch",
               mode="nearest", nearest_mode="floor")
    return g.node("Flatten", y)


@case((5,), batch="N")
def one_of_several_outputs(g):
    """What the other output needs is not looked at, whatever it is."""
    y = g.node("Gemm", "x", g.floats(RNG, 5, 3))
    g.more_outputs = [g.node("NonMaxSuppression", y, g.floats(RNG, 3, 3)), y]
    return y


# ---- ends: an export has the names and dims of the graph (check_onnx_in.py) ----------------------

def renamed(model, names):
    """The same graph with other names of values and nodes."""
    graph = model.graph
    for part in [*graph.input, *graph.output, *graph.initializer]:
        part.name = names.get(part.name, part.name)
    for node in graph.node:
        node.name = names.get(node.output[0], node.name)
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    return model


def ends(name, shape, make, names, batch="N"):
    def run():
        graph = Graph(shape, batch)
        return renamed(graph.model(make(graph)), names), None
    CASES[f"ends_{name}"] = run


def two_layers(g):
    y = g.node("Relu", g.node("Gemm", "x", g.tensor(RNG.normal(0, 1, (4, 6)).astype(np.float32)),
                              transB=1))
    return g.node("Gemm", y, g.floats(RNG, 3, 4), g.floats(RNG, 3), transB=1)


ends("of_a_classifier", (6,), two_layers,
     {"x": "image", "v2_0": "scores", "t0": "fc1.weight", "t1": "fc2.weight", "t2": "fc2.bias"})
ends("called_as_layers", (6,), two_layers,
     {"x": "fc1", "v2_0": "relu", "v1_0": "act", "v0_0": "relu/value", "t0": "relu.weight"})
ends("called_as_parameters", (6,), two_layers,
     {"x": "fc2.weight", "v2_0": "fc2.bias", "t0": "fc1.weight", "t1": "fc2.w"})
ends("swapped", (6,), two_layers, {"x": "output", "v2_0": "input"})
ends("with_odd_names", (6,), two_layers, {"x": "serving_default:0", "v2_0": "Identité 1"})
ends("of_rows", (5, 2), lambda g: g.node("Conv", g.axes("Unsqueeze", "x", [1]),
                                         g.floats(RNG, 3, 1, 2, 2)), {"x": "rows", "v1_0": "y"})
ends("reshaped", (5,), lambda g: g.node("Reshape", g.node(
    "Gemm", "x", g.floats(RNG, 6, 5), transB=1), g.ints(-1, 2, 3)), {"v1_0": "points"})
ends("of_one_number", (5,), lambda g: g.axes("Squeeze", g.node(
    "MatMul", "x", g.floats(RNG, 5, 1)), [1]), {"v1_0": "price"})
ends("of_a_pool", (4, 3, 3), lambda g: g.node("GlobalAveragePool", g.node(
    "Conv", "x", g.floats(RNG, 7, 4, 1, 1))), {"v1_0": "logits"})
ends("of_softmax_in_dims", (4, 1, 1), lambda g: g.node("Softmax", "x", axis=1), {"v0_0": "p"})
ends("of_a_single", (4, 5, 1), lambda g: g.node("Transpose", g.axes("Squeeze", "x", None),
                                                perm=[1, 0]), {"x": "in", "v1_0": "out"}, batch=1)


# ---- one dim of several, and what is written out in parts ---------------------------------------

squeezed("log_softmax", (4, 5, 1), lambda g, x: g.node("LogSoftmax", x, axis=1), (13,))
squeezed("rows", (4, 5, 3), lambda g, x: g.node(
    "Add", g.node("MatMul", x, g.floats(RNG, 3, 6)), g.floats(RNG, 6)))
squeezed("rows_by_a_vector", (4, 5), lambda g, x: g.node("MatMul", x, g.floats(RNG, 5)))


@case((6, 3, 4), batch="N")
def split_into_one(g):
    return g.node("Sigmoid", g.node("Split", "x", axis=-3))


@case((6, 3, 4), batch="N", refused="is the input itself")
def split_into_one_and_nothing_else(g):
    """As a Slice of the whole: what is imported can be exported and read again."""
    return g.node("Split", "x", axis=-3)


@case((3, 4, 5), batch="N", refused="over the batch")
def softmax_over_the_batch(g):
    return g.node("Softmax", "x", axis=0)


@case((3, 4, 5), batch="N", refused="over the batch")
def mean_over_the_batch(g):
    return g.node("ReduceMean", "x", axes=[0, 2])


@case((2, 4, 3), batch="N", refused="a matrix can be multiplied with")
def matmul_by_a_matrix_for_each(g):
    return g.node("MatMul", "x", g.floats(RNG, 2, 3, 5))


@case((4, 5), batch="N", refused="3 and 4 dims")
def matmul_by_more_dims_than_it_has(g):
    return g.node("MatMul", "x", g.floats(RNG, 1, 1, 5, 3))


@case((3, 4, 5), batch="N", refused="do not fit a sample")
def prelu_of_samples(g):
    return g.node("PRelu", "x", g.floats(RNG, 3, 1, 4, 5))


@case((2, 3, 4), batch="N", opset=13, refused="only numbers can be padded")
def pad_with_infinity(g):
    return g.node("Pad", "x", g.ints(0, 0, 1, 1, 0, 0, 1, 1), g.tensor(np.float32(-np.inf)))


@case((2, 3, 4), batch="N", opset=13, refused="3 of a side of 3")
def pad_that_reflects_too_far(g):
    return g.node("Pad", "x", g.ints(0, 0, 3, 1, 0, 0, 1, 1), mode="reflect")


@case((2, 3, 4), batch="N", opset=13, refused="only pictures can be padded")
def pad_of_channels(g):
    return g.node("Pad", "x", g.ints(0, 1, 1, 1, 0, 0, 1, 1), mode="edge")


@case((2, 3), batch="N", refused="only over 0 can be computed")
def elu_that_falls(g):
    return g.node("Elu", "x", alpha=-1.0)


@case((2, 3, 4), batch="N")
def gelu_seen_otherwise(g):
    """The half of another value of the same elements is no part of it."""
    gate = g.node("Add", g.node("Erf", g.node("Div", "x", g.tensor(np.float32(2 ** 0.5)))),
                  g.tensor(np.float32(1)))
    y = g.node("Mul", g.node("Reshape", "x", g.ints(0, 2, 12)), g.tensor(np.float32(0.5)))
    return g.node("Mul", g.node("Reshape", gate, g.ints(0, 2, 12)), y)
