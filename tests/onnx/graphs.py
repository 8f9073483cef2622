# SPDX-License-Identifier: MIT
"""Small ONNX graphs by hand, and the registry of cases that make_ops.py fills."""
import os

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from common import FOLDER, N_SAMPLES, input_values

CASES = []
RANDOM = np.random.RandomState(1)


def weights(*shape, scale=None, shift=0.0):
    """Random float32 values, by default of a size that keeps the scale of what flows through."""
    if scale is None:
        scale = float(np.prod(shape[1:])) ** -0.5 if len(shape) > 1 else 0.5
    return (RANDOM.randn(*shape) * scale + shift).astype(np.float32)


def typed(name, array, kind=TensorProto.FLOAT):
    """The array in the typed fields of a TensorProto, not as raw bytes."""
    values = array.astype(np.float16).view(np.uint16) if kind == TensorProto.FLOAT16 else array
    tensor = TensorProto(name=name, data_type=kind, dims=array.shape)
    field = {TensorProto.FLOAT: tensor.float_data, TensorProto.DOUBLE: tensor.double_data,
             TensorProto.FLOAT16: tensor.int32_data, TensorProto.INT64: tensor.int64_data}[kind]
    field.extend(values.reshape(-1).tolist())
    return tensor


def bfloat16(name, array):
    bits = (array.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    return TensorProto(name=name, data_type=TensorProto.BFLOAT16, dims=array.shape,
                       raw_data=bits.astype("<u2").tobytes())


class Graph:
    """A graph that grows node by node; `shape` is that of a sample."""

    def __init__(self, name, shape, opset=13, kind=TensorProto.FLOAT, batch="N"):
        self.name, self.shape, self.opset, self.kind, self.batch = name, shape, opset, kind, batch
        self.nodes, self.tensors, self.n_values = [], [], 0
        self.more_outputs = []

    def tensor(self, array, name=None):
        """An initializer: an array, or a TensorProto as it is."""
        name = name or f"t{len(self.tensors)}"
        if not isinstance(array, TensorProto):
            array = numpy_helper.from_array(np.asarray(array), name)
        self.tensors.append(array)
        return array.name

    def ints(self, *values):
        return self.tensor(np.array(values, dtype=np.int64))

    def node(self, op, *inputs, n_outputs=1, name="", **attrs):
        outputs = [f"v{self.n_values + i}" for i in range(n_outputs)]
        self.n_values += n_outputs
        self.nodes.append(helper.make_node(op, list(inputs), outputs, name=name, **attrs))
        return outputs[0] if n_outputs == 1 else outputs

    def model(self, output, shape):
        infos = [helper.make_tensor_value_info("x", self.kind, [self.batch, *self.shape])]
        outputs = [helper.make_tensor_value_info(output, self.kind, [self.batch, *shape])]
        outputs += [helper.make_tensor_value_info(o, self.kind, [self.batch, *self.shape])
                    for o in self.more_outputs]
        graph = helper.make_graph(self.nodes, self.name, infos, outputs, self.tensors)
        return helper.make_model(graph, producer_name="",
                                 opset_imports=[helper.make_opsetid("", self.opset)],
                                 ir_version=8)

    def save(self, output, shape, must_check=True):
        model = self.model(output, shape)
        path = os.path.join(FOLDER, self.name + ".onnx")
        if must_check:
            onnx.checker.check_model(model)
        with open(path, "wb") as file:
            file.write(model.SerializeToString())


def case(shape, must_check=True, **settings):
    """Registers a function (graph, x) -> (output's name, what torch computes for it)."""
    def register(make):
        def run():
            x = torch.from_numpy(input_values(N_SAMPLES, *shape)).double()
            graph = Graph(make.__name__, shape, **settings)
            output, y = make(graph, x)
            graph.save(output, y.shape[1:], must_check)
            return graph.name, x.numpy(), y.numpy()
        CASES.append(run)
        return make
    return register


def t(array):
    return torch.from_numpy(np.asarray(array)).double()
