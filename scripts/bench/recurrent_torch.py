#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Layers over time in dcomp and PyTorch, a turn each; see recurrent.sh.

usage: recurrent_torch.py BENCH_DIR [TURNS [N_SAMPLES]]
       recurrent_torch.py serve train|predict lstm|gru BATCH N_SAMPLES plain|frozen

96 cells, 64 steps of 40 features, the last step to 10 classes. Every side is a process that does a
piece of work (an epoch of training, or one batch of prediction) for each line it reads. Printed are
medians over the turns, by the clock and by the processor time of all threads; the second counts
where other programs share the machine. PyTorch runs with 1 and 2 threads, waiting threads asleep,
foreach SGD, batches that lie ready time-major; in prediction without gradients, and frozen
(optimize_for_inference).
"""
import glob
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

CELLS, STEPS, FEATURES, CLASSES, BATCH = 96, 64, 40, 10, 32
GATES = {"lstm": 4, "gru": 3}
CORES = len(os.sched_getaffinity(0))


def architecture(kind):
    return {"name": kind, "input": {"shape": [STEPS, FEATURES]}, "layers": [
        {"name": "gates", "op": "linear", "n_outputs": GATES[kind] * CELLS, "axis": 1},
        {"name": kind, "op": kind}, {"name": "last", "op": "last"},
        {"name": "fc", "op": "linear", "n_outputs": CLASSES}]}


# ---- PyTorch, in a process of its own ----

def torch_net(kind):
    import torch

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = (torch.nn.LSTM if kind == "lstm" else torch.nn.GRU)(FEATURES, CELLS)
            self.fc = torch.nn.Linear(CELLS, CLASSES)

        def forward(self, x):
            return self.fc(self.layer(x)[0][-1])

    torch.manual_seed(1)
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    return torch, Net()


def serve(what, kind, batch, n_samples, form):
    torch, net = torch_net(kind)
    n_batches = n_samples // batch if what == "train" else 1
    x = [torch.rand(STEPS, batch, FEATURES) for _ in range(n_batches)]
    labels = [torch.randint(0, CLASSES, (batch,)) for _ in range(n_batches)]
    cost = torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9, weight_decay=5e-4,
                                foreach=True)
    if form == "frozen":
        net = torch.jit.optimize_for_inference(torch.jit.script(net.eval()))
    with open("/proc/self/maps", encoding="ascii") as file:
        blas = {os.path.basename(line.split()[-1]) for line in file if "blas" in line}
    print(torch.__version__, " ".join(sorted(blas)), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        if what == "train":
            for mine, wanted in zip(x, labels):
                optimizer.zero_grad(set_to_none=True)
                cost(net(mine), wanted).backward()
                optimizer.step()
        else:
            with torch.no_grad():
                net(x[0])
        print(f"{time.perf_counter() - start:.6f}", flush=True)


# ---- a side ----

class Side:
    def __init__(self, text, command, threads):
        env = dict(os.environ, OMP_NUM_THREADS=str(threads), OMP_WAIT_POLICY="PASSIVE")
        self.text = f"{text}, {threads} thread{'s' if threads > 1 else ''}"
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, env=env)
        self.version = self.process.stdout.readline().strip()
        self.wall, self.busy = [], []

    def processor_seconds(self):
        total = 0
        for path in glob.glob(f"/proc/{self.process.pid}/task/*/schedstat"):
            with open(path, encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total * 1e-9

    def turn(self, n, per_line):
        """`per_line`: seconds from what a line says, for one batch."""
        before = self.processor_seconds()
        self.process.stdin.write("go\n" * n)
        self.process.stdin.flush()
        lines = [float(self.process.stdout.readline().split()[0]) for _ in range(n)]
        self.busy.append((self.processor_seconds() - before) / n)
        self.wall.append(statistics.median(per_line(line) for line in lines))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def ours(folder, what, path, batch, n_samples):
    command = [os.path.join(folder, f"bench_{what}"), path, "f32", str(batch)]
    return [(Side("dcomp", command + ([str(n_samples)] if what == "train" else []), threads),
             (lambda rate: batch / rate) if what == "train" else (lambda seconds: seconds))
            for threads in {1, CORES}]


def theirs(what, kind, batch, n_samples):
    per_batch = n_samples // batch if what == "train" else 1
    command = [sys.executable, os.path.abspath(__file__), "serve", what, kind, str(batch),
               str(n_samples)]
    return [(Side(f"PyTorch {form}", command + [form], threads), lambda s: s / per_batch)
            for form in (["plain"] if what == "train" else ["plain", "frozen"])
            for threads in {1, CORES}]


def compare(folder, what, kind, batch, turns, n_samples, has_peer):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(architecture(kind), file)
        file.flush()
        sides = ours(folder, what, file.name, batch, n_samples)
        n_ours = len(sides)
        sides += theirs(what, kind, batch, n_samples) if has_peer else []
    n_each = 1 if what == "train" else 20
    for _ in range(turns + 1):
        for side, per_line in sides:
            side.turn(n_each, per_line)
    n_batches = n_samples // batch if what == "train" else 1
    rows = [(side.text, statistics.median(side.wall[1:]),
             statistics.median(side.busy[1:]) / n_batches) for side, _ in sides]
    best_wall = min((wall for _, wall, _ in rows[n_ours:]), default=0)
    best_busy = min((busy for _, _, busy in rows[n_ours:]), default=0)
    for text, wall, busy in rows:
        print(f"{what:7} {kind:4} batch {batch:2} {text:27} {wall * 1e3:8.3f} ms by the clock "
              f"{best_wall / wall:5.2f}x   {busy * 1e3:8.3f} ms of processor "
              f"{best_busy / busy:5.2f}x", flush=True)
    for side, _ in sides:
        side.close()
    return [side.version for side, _ in sides]


def main():
    folder = sys.argv[1]
    turns, n_samples = [int(a) for a in sys.argv[2:4]] + [7, 640][len(sys.argv) - 2:]
    has_peer = subprocess.run([sys.executable, "-c", "import torch"], check=False,
                              stderr=subprocess.DEVNULL).returncode == 0
    if not has_peer:
        print(f"peer      PyTorch is missing in {sys.executable}; our side runs alone")
    print(f"turns     {turns}, an epoch of {n_samples} samples or 20 predictions each; medians, "
          "x is of the best PyTorch")
    for what, kind, batch in (("train", "lstm", BATCH), ("train", "gru", BATCH),
                              ("predict", "lstm", 1), ("predict", "lstm", BATCH),
                              ("predict", "gru", 1), ("predict", "gru", BATCH)):
        versions = compare(folder, what, kind, batch, turns, n_samples, has_peer)
    print("versions  " + "; ".join(dict.fromkeys(versions)))


if sys.argv[1] == "serve":
    serve(sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6])
else:
    main()
