# SPDX-License-Identifier: MIT
"""What the two makers of fixtures share: inputs that both sides can make, and the file of truths.

Inputs are no file: value i of an input is made by a small generator, exact in float32, which
test_onnx_networks.c has too. A file of truths is little-endian: the magic "DCONNX01", then for
each network one byte of length and its name, u32 samples, u32 values of an input sample, u32
values of an output sample, and the outputs as float32, computed in float64.
"""
import os
import struct

import numpy as np

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures")
N_SAMPLES = 2


def input_values(*shape):
    """Values from -2 to 2 in steps of 2**-22."""
    state, out = 1, np.empty(int(np.prod(shape)), dtype=np.float32)
    for i in range(out.size):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = ((state >> 8) - 8388608) / 4194304
    return out.reshape(shape)


class Truths:
    def __init__(self, name):
        self.path = os.path.join(FOLDER, name)
        self.out = bytearray(b"DCONNX01")

    def add(self, name, x, y):
        y = np.asarray(y, dtype=np.float64).reshape(x.shape[0], -1)
        raw = name.encode()
        self.out += struct.pack("<B", len(raw)) + raw
        self.out += struct.pack("<III", x.shape[0], x[0].size, y.shape[1])
        self.out += y.astype("<f4").tobytes()
        spread = np.abs(y - y.mean()).max() / np.abs(y).max()
        size = os.path.getsize(os.path.join(FOLDER, name + ".onnx"))
        print(f"{name:28} {size:7} bytes, largest output {np.abs(y).max():.3g}, "
              f"spread {spread:.2g}")
        assert np.isfinite(y).all() and np.abs(y).max() > 1e-2

    def close(self):
        with open(self.path, "wb") as file:
            file.write(self.out)
