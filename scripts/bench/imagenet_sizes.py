#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""One network from ONNX to a compressed file, beside the paper's table; see imagenet.sh.

usage: imagenet_sizes.py DCOMP WORK NAME RECIPE

The recipe's training is left out: gradual pruning becomes pruning in one step, retraining goes. So
sizes can be compared, accuracies not.
"""
import json
import os
import subprocess
import sys
import time

# Deep Compression, tables 4 and 5: per cent of float32 after pruning, sharing and Huffman coding.
PAPER = {
    "alexnet": {"conv1": 20.53, "conv2": 9.43, "conv3": 8.44, "conv4": 9.11, "conv5": 9.43,
                "fc6": 2.39, "fc7": 2.46, "fc8": 5.85, "total": 2.88},
    "vgg-16": {"conv1_1": 29.97, "conv1_2": 6.99, "conv2_1": 8.91, "conv2_2": 9.31,
               "conv3_1": 11.15, "conv3_2": 5.67, "conv3_3": 8.96, "conv4_1": 7.29,
               "conv4_2": 5.93, "conv4_3": 7.47, "conv5_1": 8.00, "conv5_2": 6.52,
               "conv5_3": 7.79, "fc6": 1.10, "fc7": 1.25, "fc8": 5.24, "total": 2.05},
}


def run(*args):
    """What the command says with --json, its seconds, and its own peak memory in MiB."""
    start = time.monotonic()
    process = subprocess.Popen([*args, "--json", "-q"], stdout=subprocess.PIPE)
    out = process.stdout.read()
    _, code, usage = os.wait4(process.pid, 0)
    if code != 0:
        sys.exit(f"imagenet_sizes: {' '.join(args)} failed")
    return json.loads(out), time.monotonic() - start, usage.ru_maxrss / 1024


def without_training(path, changes):
    with open(path, encoding="utf-8") as file:
        recipe = json.load(file)
    stages = []
    for stage in recipe["stages"]:
        if stage["stage"] == "gradual":
            stages.append({"stage": "prune", "density": stage["density"], "remove_dead": False})
        elif stage["stage"] != "retrain":
            stages.append({**stage, **changes.get(stage["stage"], {})})
    return {"name": recipe["name"] + ", without training", "stages": stages}


def compress(dcomp, model, recipe, out):
    with open(out + ".json", "w", encoding="utf-8") as file:
        json.dump(recipe, file)
    return run(dcomp, "compress", model, "--recipe", out + ".json", "-o", out, "-f")


def main():
    dcomp, work, name, recipe = sys.argv[1:5]
    onnx, model = os.path.join(work, name + ".onnx"), os.path.join(work, name + ".bin")
    n_onnx = os.path.getsize(onnx) / 2**20
    _, seconds, peak = run(dcomp, "import", onnx, "-o", model, "-f")
    print(f"\n{name}    seeded synthetic weights; {n_onnx:.0f} MiB of ONNX")
    print(f"import    {seconds:.1f} s, peak {peak:.0f} MiB = {peak / n_onnx:.2f} x the file")
    ours, seconds, peak = compress(dcomp, model, without_training(recipe, {}),
                                   os.path.join(work, "paper.dcm"))
    print(f"compress  {seconds:.1f} s, peak {peak:.0f} MiB, as in the paper")
    free = {"quantize": {"biases": "f16"}, "encode": {"gap_bits": 0}}
    best, seconds, peak = compress(dcomp, model, without_training(recipe, free),
                                   os.path.join(work, "best.dcm"))
    print(f"compress  {seconds:.1f} s, peak {peak:.0f} MiB, gap widths ours, by exact count")
    print(f"{'layer':10} {'weights':>11} {'density %':>9} {'paper %':>8} {'as paper %':>10} "
          f"{'ours %':>7}    (bytes of the layer, of float32)")
    for a, b in zip(ours["layers"], best["layers"]):
        dense = 4 * a["weights"] / 100
        print(f"{a['name']:10} {a['weights']:11,} {100 * a['density']:9.1f} "
              f"{PAPER[name].get(a['name'], float('nan')):8.2f} {a['bytes'] / dense:10.2f} "
              f"{b['bytes'] / dense:7.2f}")
    whole = PAPER[name]["total"]
    dense = ours["reference_bytes"]
    print(f"whole file  paper {whole:.2f} % ({100 / whole:.1f}x, {dense * whole / 1e8:.2f} MB)   "
          f"as paper {ours['file_bytes']:,} bytes ({dense / ours['file_bytes']:.1f}x)   "
          f"ours {best['file_bytes']:,} bytes ({dense / best['file_bytes']:.1f}x)", flush=True)


main()
