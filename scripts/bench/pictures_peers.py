#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""pictures_peers.py BENCH DCOMP WORK FOLDER [MODEL [N [ROUNDS]]]: see pictures.sh.

Both sides decode, resize to 256 x 256 and crop in turn, one thread each, in CPU time; ours also
makes float32 of it. Evaluations read N photographs or N prepared inputs from one file, in turn, in
wall-clock time on all cores. Medians of the rounds count.
"""
import json
import os
import statistics
import subprocess
import sys
import time

try:
    from PIL import Image
except ImportError:
    sys.exit("Pillow is missing: no peer to compare with (Debian: python3-pil)")


def pillow(paths):
    start = time.process_time()
    for path in paths:
        with Image.open(path) as image:
            warped = image.convert("RGB").resize((256, 256), Image.BILINEAR)
        warped.crop((14, 14, 241, 241)).load()
    return 1e3 * (time.process_time() - start) / len(paths)


def ours(bench, folder):
    return float(subprocess.check_output([bench, "run", "images:" + folder], text=True))


def paths_of(folder):
    inner = os.path.join(folder, "images")
    home = inner if os.path.isdir(inner) else folder
    endings = (".jpg", ".jpeg", ".png")
    return [os.path.join(home, n) for n in sorted(os.listdir(home)) if n.lower().endswith(endings)]


def evaluate(dcomp, model, spec, n):
    command = [dcomp, "eval", model, "--data", spec, "--limit", str(n), "--json", "-q"]
    return json.loads(subprocess.check_output(command, text=True))["seconds"]


def main():
    bench, dcomp, work, folder = sys.argv[1:5]
    model = sys.argv[5] if len(sys.argv) > 5 else None
    n = int(sys.argv[6]) if len(sys.argv) > 6 else 300
    rounds = int(sys.argv[7]) if len(sys.argv) > 7 else 5
    paths = paths_of(folder)
    times = {"dcomp": [], "Pillow": []}
    for _ in range(rounds):
        times["dcomp"].append(ours(bench, folder))
        times["Pillow"].append(pillow(paths))
    middle = {side: statistics.median(values) for side, values in times.items()}
    mean_kb = sum(map(os.path.getsize, paths)) / len(paths) / 1e3
    print(f"photographs      {len(paths)}, {mean_kb:.0f} kB each, medians of {rounds} rounds")
    for side, value in middle.items():
        print(f"{side:16} {value:.2f} ms a photograph, one thread (least {min(times[side]):.2f})")
    print(f"Pillow / dcomp   {middle['Pillow'] / middle['dcomp']:.2f}x")
    if model is None:
        return
    inputs = os.path.join(work, "x.npy")
    subprocess.check_call([bench, "write", "images:" + folder, str(n), inputs])
    seconds = {"npy:" + inputs: [], "images:" + folder: []}
    for _ in range(rounds):
        for spec, values in seconds.items():
            values.append(evaluate(dcomp, model, spec, n))
    for name, of in (("medians", statistics.median), ("least", min)):
        alone, whole = (n / of(values) for values in seconds.values())
        print(f"evaluation       {n} samples: {alone:.1f}/s from prepared inputs, {whole:.1f}/s "
              f"from photographs, ratio {whole / alone:.2f} ({name})")


main()
