#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes an input of a case.

usage: make_input.py png FILE WIDTH HEIGHT VALUE      grey: each pixel so much more than the last
       make_input.py wav FILE SECONDS HZ              a tone at 8,000 samples a second
       make_input.py npy FILE DESCR SHAPE [VALUE...]  SHAPE is 2x3; values are repeated
"""
import math
import struct
import sys
import zlib


def png(width, height, value):
    width, height, value = int(width), int(height), int(value)
    rows = b"".join(b"\0" + bytes((value * (1 + x + y)) % 256 for x in range(width))
                    for y in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    out = b"\x89PNG\r\n\x1a\n"
    for kind, data in ((b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")):
        out += struct.pack(">I", len(data)) + kind + data
        out += struct.pack(">I", zlib.crc32(kind + data))
    return out


def wav(seconds, hertz):
    n = int(8000 * float(seconds))
    data = b"".join(struct.pack("<h", int(12000 * math.sin(2 * math.pi * float(hertz) * i / 8000)))
                    for i in range(n))
    return (b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " +
            struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16) +
            b"data" + struct.pack("<I", len(data)) + data)


def npy(descr, shape, *values):
    code = {"<f4": "<f", "|u1": "B", "<i4": "<i", "<i8": "<q"}[descr]
    dims = [int(d) for d in shape.split("x")]
    values = [float(v) if code == "<f" else int(v) for v in values or ("0",)]
    text = "{'descr': '%s', 'fortran_order': False, 'shape': (%s,), }" % (
        descr, ", ".join(map(str, dims)))
    text += " " * (-(len(text) + 11) % 64) + "\n"
    data = b"".join(struct.pack(code, values[i % len(values)]) for i in range(math.prod(dims)))
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + data


MAKERS = {"png": png, "wav": wav, "npy": npy}


def main():
    if len(sys.argv) < 4 or sys.argv[1] not in MAKERS:
        sys.exit(__doc__)
    with open(sys.argv[2], "wb") as file:
        file.write(MAKERS[sys.argv[1]](*sys.argv[3:]))


if __name__ == "__main__":
    main()
