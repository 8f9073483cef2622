# SPDX-License-Identifier: MIT
"""ONNX graphs with LSTM, GRU and RNN, for check_onnx_in.py: every attribute and input of theirs, in
both layouts, with the batch free, fixed and 1, and as programs write them: between Transposes."""
import itertools

import numpy as np
from onnx import TensorProto, helper

from onnx_random import Graph

CASES = {}
RNG = np.random.default_rng(17)
NAME = "steps"  # of graphs; two numbers follow: which dim of the input and of the output is N
T, C, H = 5, 4, 3
N_GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}
OUTPUTS = ("Y", "Y_h", "Y_c")


def case(batch="N", at=0, out_at=0, refused=None, name=None, shape=(T, C), opset=14):
    """Dim `at` of the input is the batch, dim `out_at` of the output."""
    def register(make):
        def run():
            graph = Graph(shape, batch, opset)
            model = graph.model(make(graph))
            model.graph.name = f"{NAME} {at} {out_at}"
            dims = [*shape[:at], batch, *shape[at:]]
            for dim, value in zip(model.graph.input[0].type.tensor_type.shape.dim, dims):
                dim.Clear()
                if value == "N":
                    dim.dim_param = value
                else:
                    dim.dim_value = value
            return model, refused
        CASES["steps_" + (name or make.__name__)] = run
        return make
    return register


def place_of(model):
    """Which dim of its input is the batch, which of its output."""
    words = model.graph.name.split()
    return (int(words[1]), int(words[2])) if words[0] == NAME else (0, 0)


def layer(g, op, x, n_inputs=C, direction="forward", layout=0, lengths="", h0="", c0="",
          peepholes=False, bias=True, output="Y", **attrs):
    """One output of a layer of seeded weights."""
    n, d = N_GATES[op] * H, 2 if direction == "bidirectional" else 1
    scale = np.float32(0.7)
    inputs = [x, g.tensor(scale * RNG.normal(0, 1, (d, n, n_inputs)).astype(np.float32)),
              g.tensor(scale * RNG.normal(0, 1, (d, n, H)).astype(np.float32)),
              g.floats(RNG, d, 2 * n) if bias else "", lengths, h0, c0,
              g.floats(RNG, d, 3 * H) if peepholes else ""]
    while not inputs[-1]:
        inputs.pop()
    if layout:
        attrs["layout"] = 1
    outputs = g.node(op, *inputs, hidden_size=H, direction=direction,
                     n_outputs=3 if op == "LSTM" else 2, **attrs)
    return outputs[OUTPUTS.index(output)]


def batch_of(output, layout):
    return 0 if layout else {"Y": 2, "Y_h": 1, "Y_c": 1}[output]


# ---- each op, direction, layout, output ----------------------------------------------------------

def add_each(op, direction, layout, output, batch):
    name = f"{op}_{direction}_{output}_of_layout_{layout}_{batch}"

    @case(batch, 1 - layout, batch_of(output, layout), name=name)
    def run(g):
        return layer(g, op, "x", direction=direction, layout=layout, output=output)


for each in itertools.product(N_GATES, ("forward", "reverse", "bidirectional"), (0, 1), OUTPUTS,
                              ("N",)):
    if each[0] == "LSTM" or each[3] != "Y_c":
        add_each(*each)
for each_batch in (1, 2):
    for each_output in OUTPUTS:
        add_each("LSTM", "bidirectional", 0, each_output, each_batch)


# ---- attributes ----------------------------------------------------------------------------------

ACTIVATIONS = {
    "usual": ["Sigmoid", "Tanh", "Tanh"],
    "others": ["HardSigmoid", "Softsign", "Softplus"],
    "relus": ["Sigmoid", "Relu", "LeakyRelu"],
    "of_one_number": ["HardSigmoid", "ThresholdedRelu", "Tanh"],
}


def add_activations(name, attrs, refused=None):
    @case(at=1, out_at=2, name=f"activations_{name}", refused=refused)
    def run(g):
        return layer(g, "LSTM", "x", **attrs)


for each_name, names in ACTIVATIONS.items():
    add_activations(each_name, {"activations": names})
add_activations("with_alpha", {"activations": ["HardSigmoid", "LeakyRelu", "Tanh"],
                               "activation_alpha": [0.3, 0.2], "activation_beta": [0.5]})
add_activations("with_alpha_twice", {"activations": ["Sigmoid", "Elu", "LeakyRelu"],
                                     "activation_alpha": [0.4, 0.4]})
add_activations("with_alpha_0", {"activations": ["Sigmoid", "Elu", "LeakyRelu"],
                                 "activation_alpha": [0.0, 0.0]})
add_activations("of_other_alphas", {"activations": ["Sigmoid", "Elu", "LeakyRelu"],
                                    "activation_alpha": [0.4, 0.3]}, "of different alpha")
add_activations("of_usual_alpha_and_another",
                {"activations": ["Sigmoid", "Elu", "LeakyRelu"], "activation_alpha": [0.4]},
                "of different alpha")
add_activations("of_other_beta", {"activations": ["HardSigmoid", "Tanh", "Tanh"],
                                  "activation_beta": [0.4]}, "'HardSigmoid' of alpha 0.2")
add_activations("that_we_have_not", {"activations": ["Sigmoid", "Affine", "Tanh"]}, "'Affine'")


@case(at=1, out_at=2)
def activations_of_two_directions(g):
    return layer(g, "GRU", "x", direction="bidirectional",
                 activations=["Sigmoid", "Tanh", "HardSigmoid", "Elu"],
                 activation_alpha=[0.4, 0.7], activation_beta=[0.5])


@case(at=1, out_at=2)
def relu_of_pytorch(g):
    return layer(g, "RNN", "x", direction="bidirectional", activations=["Relu", "Relu"])


@case(at=1, out_at=2)
def clip_of_an_lstm(g):
    return layer(g, "LSTM", "x", clip=0.4, peepholes=True)


@case(at=1, out_at=2)
def clip_of_a_gru(g):
    return layer(g, "GRU", "x", clip=0.5, linear_before_reset=1, direction="bidirectional")


@case(at=1, out_at=2)
def clip_of_an_rnn(g):
    return layer(g, "RNN", "x", clip=0.5, activations=["Relu"])


@case(at=1, out_at=2)
def input_forget(g):
    return layer(g, "LSTM", "x", input_forget=1, peepholes=True, direction="bidirectional")


@case(at=1, out_at=1)
def reset_after_without_bias(g):
    return layer(g, "GRU", "x", linear_before_reset=1, bias=False, output="Y_h")


# ---- lengths and first states --------------------------------------------------------------------

def add_lengths(op, direction, output):
    @case(2, 1, batch_of(output, 0), name=f"of_3_steps_{op}_{direction}_{output}")
    def run(g):
        return layer(g, op, "x", direction=direction, output=output,
                     lengths=g.tensor(np.int32([3, 3])))


for each in itertools.product(("LSTM", "GRU"), ("forward", "reverse", "bidirectional"),
                              ("Y", "Y_h")):
    add_lengths(*each)


@case(2, 1, 2)
def all_steps_said(g):
    return layer(g, "RNN", "x", lengths=g.tensor(np.int32([T, T])))


@case(2, 1, 2, refused="sequence_lens differ")
def other_lengths(g):
    return layer(g, "RNN", "x", lengths=g.tensor(np.int32([T, 3])))


@case(2, 1, 2, refused="its samples have no steps")
def no_steps(g):
    lengths = g.tensor(np.int32([0, 0]))
    return layer(g, "RNN", "x", lengths=lengths)


def zeros_by_shape(g, d):
    """As PyTorch makes first states of a free batch."""
    n = g.axes("Unsqueeze", g.node("Gather", g.node("Shape", "x"), g.tensor(np.int64(1)), axis=0),
               [0])
    shape = g.node("Concat", g.ints(d), n, g.ints(H), axis=0)
    return g.node("Expand", g.tensor(np.zeros((d, 1, H), np.float32)), shape)


@case(at=1, out_at=2)
def zeros_of_the_batch(g):
    zeros = zeros_by_shape(g, 2)
    return layer(g, "LSTM", "x", direction="bidirectional", h0=zeros, c0=zeros)


@case(2, 1, 2)
def constant_states(g):
    h0, c0 = (np.repeat(RNG.normal(0, 1, (2, 1, H)).astype(np.float32), 2, 1) for _ in range(2))
    return layer(g, "LSTM", "x", direction="bidirectional", h0=g.tensor(h0), c0=g.tensor(c0))


@case(1, 1, 1)
def constant_cells_alone(g):
    return layer(g, "LSTM", "x", c0=g.floats(RNG, 1, 1, H), output="Y_c")


@case(2, 1, 2, refused="differ from sample to sample")
def states_of_each_sample(g):
    return layer(g, "GRU", "x", h0=g.floats(RNG, 1, 2, H))


def computed_state(g, d, axis):
    """(d, N, H) of the first step."""
    first = g.node("Gather", "x", g.tensor(np.int64(0)), axis=axis)
    y = g.node("Tanh", g.node("MatMul", first, g.floats(RNG, C, d * H)))
    return g.node("Transpose", g.node("Reshape", y, g.ints(-1, d, H)), perm=[1, 0, 2])


def add_computed(op, direction, batch):
    @case(batch, 1, 2, name=f"computed_states_{op}_{direction}_{batch}")
    def run(g):
        d = 2 if direction == "bidirectional" else 1
        states = {"h0": computed_state(g, d, 0)}
        if op == "LSTM":
            states["c0"] = computed_state(g, d, 0)
        return layer(g, op, "x", direction=direction, **states)


for each in itertools.product(("LSTM", "GRU", "RNN"), ("forward", "bidirectional"), ("N", 2, 1)):
    add_computed(*each)


# ---- as programs write them ----------------------------------------------------------------------

def turned(g, x):
    return g.node("Transpose", x, perm=[1, 0, 2])


def add_programs(batch):
    def of(name, out_at=0, at=0):
        return case(batch, at, out_at, name=f"{name}_{batch}")

    @of("keras")
    def keras(g):
        """The steps first and back, and the direction away."""
        y = g.axes("Squeeze", layer(g, "LSTM", turned(g, "x")), [1])
        return g.node("MatMul", turned(g, y), g.floats(RNG, H, 2))

    @of("keras_last")
    def keras_last(g):
        y = g.axes("Squeeze", layer(g, "GRU", turned(g, "x"), output="Y_h"), [0])
        return g.node("Gemm", y, g.floats(RNG, H, 2), g.floats(RNG, 2))

    @of("pytorch_stack")
    def pytorch_stack(g):
        """Two layers of both directions, joined by Transpose and Reshape."""
        y = turned(g, "x")
        for n in (C, 2 * H):
            y = layer(g, "LSTM", y, n, "bidirectional")
            y = g.node("Transpose", y, perm=[0, 2, 1, 3])
            y = g.node("Reshape", y, g.ints(0, 0, -1))
        return g.node("Gather", turned(g, y), g.tensor(np.int64(-1)), axis=1)

    @of("pytorch_steps_first", 1, 1)
    def pytorch_steps_first(g):
        y = g.axes("Squeeze", layer(g, "LSTM", "x"), [1])
        y = g.node("Add", g.node("MatMul", y, g.floats(RNG, H, 4)), g.floats(RNG, 4))
        return g.node("LogSoftmax", y, axis=2)

    @of("last_of_steps_first", 0, 1)
    def last_of_steps_first(g):
        y = g.axes("Squeeze", layer(g, "RNN", g.node("Relu", "x")), [1])
        return g.node("Gather", y, g.tensor(np.int64(-1)), axis=0)

    @of("both_last_states", 0)
    def both_last_states(g):
        """As torch.cat((h[-2], h[-1]), 1) of all layers' states."""
        y = layer(g, "GRU", turned(g, "x"), direction="bidirectional", output="Y_h")
        z = layer(g, "RNN", turned(g, "x"), direction="bidirectional", output="Y_h")
        y = g.node("Concat", y, z, axis=0)
        parts = [g.node("Gather", y, g.tensor(np.int64(i)), axis=0) for i in (-2, -1)]
        return g.node("Concat", *parts, axis=1)

    @of("all_outputs", 1)
    def all_outputs(g):
        n = 4 * H
        y, h, c = g.node("LSTM", turned(g, "x"), g.floats(RNG, 1, n, C), g.floats(RNG, 1, n, H),
                         hidden_size=H, n_outputs=3)
        mean = g.axes("ReduceMean", g.axes("Squeeze", y, [1]), [0])
        return g.node("Concat", mean, h, c, axis=2)

    @of("slices", 1)
    def slices(g):
        y = layer(g, "LSTM", turned(g, "x"), direction="bidirectional")
        y = g.node("Slice", y, g.ints(1), g.ints(4), g.ints(0))
        y = g.node("Slice", y, g.ints(1), g.ints(2), g.ints(1))
        return g.node("Mul", g.axes("Squeeze", y, [1]), g.floats(RNG, H))


for each_batch in ("N", 2, 1):
    add_programs(each_batch)


# ---- what may not be done with a batch that is not the first dim ---------------------------------

@case(at=1, out_at=1, refused="the batch is not its first dim")
def a_constant_for_each_step(g):
    y = g.axes("Squeeze", layer(g, "RNN", "x"), [1])
    return g.node("Add", y, g.floats(RNG, T, 1, H))


@case(at=1, out_at=1, refused="over the batch")
def a_mean_of_samples(g):
    y = g.axes("Squeeze", layer(g, "RNN", "x"), [1])
    return g.axes("ReduceMean", y, [1])


@case(refused="the batch is not its second dim")
def steps_taken_for_samples(g):
    return layer(g, "RNN", g.node("Transpose", turned(g, "x"), perm=[1, 0, 2]))


@case(refused="the batch is not its first dim")
def a_window_over_steps(g):
    y = g.node("Transpose", g.axes("Squeeze", layer(g, "RNN", turned(g, "x")), [1]),
               perm=[0, 2, 1])
    return g.node("Conv", y, g.floats(RNG, 2, H, 1))


# ---- several inputs ------------------------------------------------------------------------------

SAMPLE = (T, C)


def with_inputs(graph, output, inputs, name):
    """`inputs`: more of them, (name, type, dims)."""
    model = graph.model(output)
    model.graph.name = name
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("x", TensorProto.FLOAT,
                                                                [T, "N", C]))
    model.graph.input.extend(helper.make_tensor_value_info(*i) for i in inputs)
    return model


def with_states():
    """Two inputs besides, the first states."""
    graph = Graph((T, C), "N", 14)
    y = layer(graph, "LSTM", "x", h0="h0", c0="c0", output="Y_h")
    states = ("h0", "c0")
    inputs = [(name, TensorProto.FLOAT, [1, "N", H]) for name in states]
    return with_inputs(graph, y, inputs, f"{NAME} 1 1"), states


def with_lengths():
    """The lengths of samples, as PyTorch's packed sequences have them."""
    graph = Graph((T, C), "N", 14)
    lengths = graph.node("Cast", "lengths", to=TensorProto.INT32)
    y = layer(graph, "GRU", "x", direction="bidirectional", lengths=lengths)
    y = graph.node("Reshape", graph.node("Transpose", y, perm=[0, 2, 1, 3]), graph.ints(0, 0, -1))
    y = graph.node("RNN", y, graph.floats(RNG, 1, H, 2 * H), graph.floats(RNG, 1, H, H), "",
                   lengths, hidden_size=H, n_outputs=2)[1]
    return with_inputs(graph, y, [("lengths", TensorProto.INT64, ["N"])], f"{NAME} 1 1")
