# SPDX-License-Identifier: MIT
"""Small inputs of every kind, in the current folder, for commands that are to fail."""
import json
import os
import shutil
import subprocess

TINY = {"name": "tiny", "input": {"shape": [1, 28, 28], "mean": 0, "scale": 0.00390625}, "layers": [
    {"name": "conv1", "op": "conv", "n_outputs": 4, "kernel": 5},
    {"name": "pool1", "op": "max_pool", "kernel": 4, "stride": 4},
    {"name": "fc1", "op": "linear", "n_outputs": 24},
    {"name": "relu1", "op": "relu"},
    {"name": "fc2", "op": "linear", "n_outputs": 10}]}
COLOUR = {"name": "colour", "input": {"shape": [3, 24, 24], "resize": "warp", "resize_size": 28},
          "layers": [{"name": "pool1", "op": "average_pool", "kernel": 4, "stride": 4},
                     {"name": "fc1", "op": "linear", "n_outputs": 10}]}
RECIPE = {"stages": [{"stage": "prune", "density": 0.3},
                     {"stage": "retrain", "epochs": 2, "batch": 32},
                     {"stage": "quantize", "bits": 4},
                     {"stage": "retrain", "epochs": 1, "batch": 32, "lr": 0.001}]}
MADE = (["train", "tiny.json", "--data", "digits:200", "--epochs", "2", "-o", "m.dcm"],
        ["train", "colour.json", "--data", "digits:60", "--epochs", "0", "-o", "c.dcm"],
        ["quantize", "m.dcm", "--bits", "4", "-o", "q.dcm"],
        ["export", "m.dcm", "-o", "m.onnx"],
        ["export", "m.dcm", "-o", "m.safetensors"])


def make_pictures():
    """A folder of two pictures with a list of their classes, and one without."""
    pictures = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                            "pictures", "fixtures")
    os.mkdir("d")
    for name in ("tiny.jpg", "cmyk.jpg"):
        shutil.copy(os.path.join(pictures, name), "d")
    with open("d/labels.txt", "w", encoding="ascii") as file:
        file.write("tiny.jpg 0\ncmyk.jpg 1\n")
    shutil.copytree("d", "e")
    os.unlink("e/labels.txt")


def make_inputs(dcomp):
    for name, value in (("tiny.json", TINY), ("colour.json", COLOUR), ("r.json", RECIPE)):
        with open(name, "w", encoding="ascii") as file:
            json.dump(value, file)
    for words in MADE:
        subprocess.run([dcomp, *words, "-q", "-j1"], check=True, stdout=subprocess.DEVNULL)
    make_pictures()
