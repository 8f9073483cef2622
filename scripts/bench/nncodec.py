#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A network as float32 through NNCodec and back, at one QP; see nncodec.sh.

usage: nncodec.py IN.safetensors OUT.safetensors QP     prints the bytes of the bitstream

NNCodec 0.3.1 (github.com/fraunhoferhhi/nncodec) must be on PYTHONPATH, its extension built. Of its
frameworks, which import PyTorch and TensorFlow, nothing is needed here.
"""
import contextlib
import io
import json
import math
import sys
import types

import numpy

for name in "framework", "framework.pytorch_model", "framework.tensorflow_model":
    sys.modules[name] = types.ModuleType(name)
sys.modules["framework"].pytorch_model = sys.modules["framework.pytorch_model"]
sys.modules["framework"].tensorflow_model = sys.modules["framework.tensorflow_model"]
import nnc  # noqa: E402


def read(path):
    with open(path, "rb") as file:
        head = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        body = file.read()
    return {name: numpy.frombuffer(body, "<f4", math.prod(entry["shape"]),
                                   entry["data_offsets"][0]).reshape(entry["shape"]).copy()
            for name, entry in head.items() if name != "__metadata__"}


def write(path, tensors):
    head, at = {}, 0
    for name, values in tensors.items():
        n_bytes = 4 * values.size
        head[name] = {"dtype": "F32", "shape": list(values.shape),
                      "data_offsets": [at, at + n_bytes]}
        at += n_bytes
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for values in tensors.values():
            file.write(values.astype("<f4").tobytes())


def main():
    tensors = read(sys.argv[1])
    with contextlib.redirect_stdout(io.StringIO()):
        stream = nnc.compress(tensors, bitstream_path=None, qp=int(sys.argv[3]), verbose=False,
                              return_bitstream=True)
        back = nnc.decompress(stream, verbose=False)
    write(sys.argv[2], {name: numpy.asarray(back[name]).reshape(values.shape)
                        for name, values in tensors.items()})
    print(len(stream))


main()
