#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The compressed SqueezeNet that the authors of Deep Compression published, as facts about it say.

usage: check_squeezenet.py DCOMP MODELS       ends with 77 without DCOMP_DATA

The .net file, the same weights as safetensors and as ONNX, and the outputs of a PyTorch float32
forward pass.
"""
import array
import json
import os
import re
import subprocess
import sys
import tempfile

N_WEIGHTS, N_NONZERO, N_LAYERS = 1244448, 415921, 26
TOLERANCE = 1e-3


def read_npy(path):
    """Values of a little-endian float32 array, version 1."""
    with open(path, "rb") as file:
        data = file.read()
    n_header = int.from_bytes(data[8:10], "little")
    header = data[10:10 + n_header].decode()
    assert "'<f4'" in header and not re.search("'fortran_order': True", header)
    values = array.array("f")
    values.frombytes(data[10 + n_header:])
    return values


def main():
    dcomp, models = sys.argv[1:3]
    data = os.path.join(os.environ.get("DCOMP_DATA", ""), "squeezenet")
    if not os.path.isdir(data):
        print("skipped: DCOMP_DATA has no squeezenet")
        return 77
    arch = os.path.join(models, "squeezenet-1.0.json")

    def run(*args):
        done = subprocess.run([dcomp, *args, "--json"], check=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout)

    def need(name, got, wanted):
        if got != wanted:
            sys.exit(f"{name} is {got}, wanted {wanted}")

    with tempfile.TemporaryDirectory() as folder:
        net, dense, y = (os.path.join(folder, name) for name in ("net.dcm", "dense.dcm", "y.npy"))
        for path, source in ((net, "compressed_SqueezeNet.net"),
                             (dense, "squeezenet_v1.0.safetensors")):
            told = run("import", os.path.join(data, source), "--arch", arch, "-o", path)
            need("n_weights", told["n_weights"], N_WEIGHTS)
            need("n_nonzero", told["n_nonzero"], N_NONZERO)
            need("layers", len(told["layers"]), N_LAYERS)
        for row in run("diff", net, dense)["parameters"]:
            need("difference of " + row["name"], row["max_difference"], 0)
        told = run("import", os.path.join(data, "squeezenet_v1.0.onnx"), "-o", dense, "-f")
        need("n_nonzero", told["n_nonzero"], N_NONZERO)
        wanted, worst = read_npy(os.path.join(data, "logits_8x1000.npy")), 0
        for model in (net, dense):
            run("eval", model, "--data", f"npy:{data}/input_8x3x227x227.npy", "--dump-output", y,
                "-f")
            got = read_npy(y)
            need("number of outputs", len(got), len(wanted))
            worst = max(worst, max(abs(a - b) for a, b in zip(got, wanted)))
        if not worst <= TOLERANCE:
            sys.exit(f"outputs differ by {worst}")
        size = os.path.getsize(net)
        need("larger than the published file", size >= 675763, False)
        print(f"{N_WEIGHTS} weights, {N_NONZERO} not 0, outputs within {worst:.1e}, {size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
