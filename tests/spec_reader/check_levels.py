#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Decodes the layers of a file of vectors with the second reader, whole and damaged.

    check_levels.py VECTORS.TXT

A layer is a line "shape R I H W bounds ABOVE BELOW plain|trellis", two lines "sizes ..." if it has
them, a line "levels ...", and a line "coder ID HEX" for each coder.
"""
import sys

import dcm_levels
from dcm_streams import Refused


def layers(path):
    layer = None
    with open(path, encoding="ascii") as file:
        for line in file:
            word, *rest = line.split()
            if word == "shape":
                layer = {"shape": tuple(map(int, rest[:4])), "above": int(rest[5]),
                         "below": int(rest[6]), "sizes": [], "is_trellis": rest[7] == "trellis"}
            elif word == "sizes":
                layer["sizes"].append([0] + list(map(int, rest)))
            elif word == "levels":
                layer["levels"] = list(map(int, rest))
            else:
                yield layer, int(rest[0]), bytes.fromhex(rest[1] if len(rest) > 1 else "")


def decode(layer, coder, data):
    return dcm_levels.decode(coder, layer["shape"], layer["above"], layer["below"],
                             layer["sizes"] or None, layer["is_trellis"], data)


def main():
    n = n_refused = 0
    for layer, coder, data in layers(sys.argv[1]):
        n += 1
        if decode(layer, coder, data) != layer["levels"]:
            sys.exit(f"layer {layer['shape']}, coder {coder}: other levels")
        for damaged in (data[:-1], data + b"\0", data + b"\x80"):
            try:
                if decode(layer, coder, damaged) == layer["levels"]:
                    sys.exit(f"layer {layer['shape']}, coder {coder}: two forms")
            except Refused:
                n_refused += 1
    if n == 0 or n_refused == 0:
        sys.exit("no layers")
    print(f"{n} streams agree")


if __name__ == "__main__":
    main()
