#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Networks of models/ against torchvision's of the same kind, with seeded random weights.

usage: against_torchvision.py DCOMP MODELS [NAME...]      (by hand: torchvision is no light guest)

The state_dict goes through a safetensors file and `dcomp import`; the outputs of `dcomp eval` must
be torchvision's, and what `dcomp export` writes as safetensors must be the state_dict again.
"""
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
import torchvision

from tensors import read_safetensors, write_safetensors

NETS = {
    "squeezenet-1.1": lambda: torchvision.models.squeezenet1_1(weights=None),
    "googlenet": lambda: torchvision.models.googlenet(
        weights=None, aux_logits=False, transform_input=False, init_weights=False),
    "resnet-18": lambda: torchvision.models.resnet18(weights=None),
    "resnet-50": lambda: torchvision.models.resnet50(weights=None),
}
TOLERANCE = 1e-5  # of the largest output


def make(name):
    """A network whose batch norms are no identities."""
    torch.manual_seed(7)
    net = NETS[name]().eval()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.weight.data.uniform_(0.5, 1.5)
            module.bias.data.normal_(0, 0.1)
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
    return net


def check(dcomp, models, name, folder):
    net = make(name)
    x = torch.randn(4, 3, 224, 224)
    with torch.no_grad():
        wanted = net(x).numpy()
    state = {key: value.numpy() for key, value in net.state_dict().items()}
    path = os.path.join(folder, name)
    write_safetensors(path + ".safetensors", state)
    np.save(path + ".npy", x.numpy())
    run = lambda *args: subprocess.run([dcomp, *args], check=True, stdout=subprocess.DEVNULL)
    run("import", path + ".safetensors", "--arch", f"{models}/{name}.json", "-o", path + ".dcm")
    run("eval", path + ".dcm", "--data", f"npy:{path}.npy", "--dump-output", path + ".y.npy", "-q")
    run("export", path + ".dcm", "-o", path + ".back.safetensors")
    error = np.abs(np.load(path + ".y.npy") - wanted).max() / np.abs(wanted).max()
    back = read_safetensors(path + ".back.safetensors")
    state = {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}
    is_same = back.keys() == state.keys() and all(
        np.array_equal(back[key], state[key]) for key in state)
    n_values = sum(p.numel() for p in net.parameters())
    print(f"{name}: {n_values} parameters, largest difference {error:.2e} of the largest output, "
          f"weights come back {'bit for bit' if is_same else 'CHANGED'}")
    return is_same and error <= TOLERANCE


def main():
    dcomp, models = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        good = [check(dcomp, models, name, folder) for name in sys.argv[3:] or NETS]
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
