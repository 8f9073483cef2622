#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One network with synthetic weights at the densities of Deep Compression's tables, on grids that
make the error of k-means in every layer; see synthetic.sh.

usage: synthetic.py DCOMP WORK NAME RECIPE BITS...

WORK/dense.bin is there. What is compared is read back from the files, as dense float32. Noise is
the sum of squares of what a layer's weights moved, over the sum of their own; of the whole network,
the mean over weights that are not zero.
"""
import json
import math
import os
import subprocess
import sys

import numpy

ALIKE = 0.02  # how far the error of a layer may be from that of k-means


class Program:
    def __init__(self, dcomp, work):
        self.dcomp, self.work = dcomp, work

    def path(self, name):
        return os.path.join(self.work, name)

    def run(self, command, source, out, *args):
        subprocess.run([self.dcomp, command, self.path(source), "-o", self.path(out), "-f", "-q",
                        *args], check=True, stdout=subprocess.DEVNULL)

    def weights(self, name):
        """Of each layer, mapped, not read."""
        self.run("export", name, "values.safetensors")
        path = self.path("values.safetensors")
        kept = self.path(name + ".values")
        os.replace(path, kept)
        with open(kept, "rb") as file:
            n = int.from_bytes(file.read(8), "little")
            head = json.loads(file.read(n))
        return {key.removesuffix(".weight"):
                numpy.memmap(kept, "<f4", "r", 8 + n + entry["data_offsets"][0],
                             math.prod(entry["shape"]))
                for key, entry in head.items() if key.endswith(".weight")}


def sum_of_squares(a, b=None):
    """Of a, or of a - b, piece by piece."""
    piece, total = 1 << 22, 0.0
    for at in range(0, a.size, piece):
        x = a[at:at + piece].astype("f8")
        if b is not None:
            x -= b[at:at + piece]
        total += float(x @ x)
    return total


class Noise:
    def __init__(self, before):
        self.before = before
        self.energy = {name: sum_of_squares(w) for name, w in before.items()}
        self.n = {name: int(numpy.count_nonzero(w)) for name, w in before.items()}

    def of(self, after):
        return {name: sum_of_squares(w, after[name]) / self.energy[name]
                for name, w in self.before.items()}

    def whole(self, by_layer):
        return sum(by_layer[name] * n for name, n in self.n.items()) / sum(self.n.values())


def densities(path):
    with open(path, encoding="utf-8") as file:
        recipe = json.load(file)
    stage = next(s for s in recipe["stages"] if s["stage"] in ("gradual", "prune"))
    return ",".join(f"{name}={value}" for name, value in stage["density"].items())


def grids_alike(program, noise, target, bits):
    """Trellis grids with the error of `target` in every layer, in grid.bin."""
    by_layer = {name: float(bits) for name in target}
    for _ in range(4):
        program.run("quantize", "pruned.bin", "grid.bin", "--method", "trellis", "--bits",
                    ",".join(f"{name}={value:.4f}" for name, value in by_layer.items()))
        got = noise.of(program.weights("grid.bin"))
        ratios = {name: got[name] / target[name] for name in target}
        if max(abs(r - 1) for r in ratios.values()) <= ALIKE:
            break
        for name, ratio in ratios.items():
            by_layer[name] += math.log2(ratio) / 2


def main():
    dcomp, work, name, recipe = sys.argv[1:5]
    program = Program(dcomp, work)
    program.run("prune", "dense.bin", "pruned.bin", "--no-remove-dead", "--density",
                densities(recipe))
    os.remove(program.path("dense.bin"))
    noise = Noise(program.weights("pruned.bin"))
    largest = max(noise.before, key=lambda layer: noise.before[layer].size)
    dense = 4 * sum(w.size for w in noise.before.values())
    print(f"\n{name}    {dense:,} bytes of float32 weights, {sum(noise.n.values()):,} not zero; "
          f"largest layer {largest}")
    for bits in sys.argv[5:]:
        program.run("quantize", "pruned.bin", "shared.bin", "--bits", bits)
        target = noise.of(program.weights("shared.bin"))
        grids_alike(program, noise, target, bits)
        for source, title in ("shared", "k-means"), ("grid", "trellis"):
            program.run("encode", source + ".bin", source + ".dcm")
            got = noise.of(program.weights(source + ".dcm"))
            n_bytes = os.path.getsize(program.path(source + ".dcm"))
            reference = reference_bytes(program, source + ".dcm")
            print(f"{bits}-bit distortion  {title}  {n_bytes:11,} bytes  "
                  f"{reference / n_bytes:5.1f}x  noise {noise.whole(got):.3e}, "
                  f"{largest} {got[largest]:.3e}", flush=True)


def reference_bytes(program, name):
    out = subprocess.run([program.dcomp, "inspect", program.path(name), "--json", "-q"], check=True,
                         stdout=subprocess.PIPE).stdout
    return json.loads(out)["reference_bytes"]


main()
