#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Training throughput of dcomp and PyTorch, one epoch each in turn; see train.sh.

usage: train_torch.py BENCH_TRAIN MODELS_DIR [BATCH [N_SAMPLES [REPEATS]]]

PyTorch runs at its best: foreach SGD, all cores, slices of one plain tensor, no loader, both memory
layouts, of which the faster one is the peer. Printed are medians over the epochs after a first one
that does not count.
"""
import os
import statistics
import subprocess
import sys
import time

try:
    import torch
    from torch import nn
except ImportError:
    torch = None


def lenet_300_100():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100),
                         nn.ReLU(), nn.Linear(100, 10))


def lenet_5():
    return nn.Sequential(nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5),
                         nn.MaxPool2d(2), nn.Flatten(), nn.Linear(800, 500), nn.ReLU(),
                         nn.Linear(500, 10))


class Ours:
    def __init__(self, program, models, name, precision, batch, n_samples):
        arch = os.path.join(models, name + ".json")
        self.process = subprocess.Popen(
            [program, arch, precision, str(batch), str(n_samples)], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)
        self.text = "dcomp " + precision
        self.backend = self.process.stdout.readline().strip()

    def epoch(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline().split()[0])

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Torch:
    def __init__(self, net, batch, n_samples, layout):
        torch.manual_seed(1)
        torch.set_num_threads(os.cpu_count())
        memory_format = getattr(torch, layout)
        self.net = net().to(memory_format=memory_format)
        self.x = torch.rand(n_samples, 1, 28, 28).to(memory_format=memory_format)
        self.labels = torch.randint(0, 10, (n_samples,))
        self.batch = batch
        self.optimizer = torch.optim.SGD(self.net.parameters(), lr=0.01, momentum=0.9,
                                         weight_decay=5e-4, foreach=True)
        self.text = f"PyTorch {torch.__version__} {layout}"

    def epoch(self):
        cost = nn.CrossEntropyLoss()
        start = time.perf_counter()
        for at in range(0, len(self.x), self.batch):
            self.optimizer.zero_grad(set_to_none=True)
            loss = cost(self.net(self.x[at:at + self.batch]), self.labels[at:at + self.batch])
            loss.backward()
            self.optimizer.step()
        return len(self.x) / (time.perf_counter() - start)


def main():
    program, models = sys.argv[1:3]
    batch, n_samples, repeats = [int(a) for a in sys.argv[3:6]] + [64, 20000, 9][len(sys.argv) - 3:]
    if torch is None:
        print(f"peer      PyTorch is missing in {sys.executable}; our side runs alone")
    print(f"batch     {batch}, {n_samples} samples an epoch, medians of {repeats} epochs in turn")
    for name, net in (("lenet-5", lenet_5), ("lenet-300-100", lenet_300_100)):
        sides = [Ours(program, models, name, "f32", batch, n_samples),
                 Ours(program, models, name, "bf16", batch, n_samples)]
        if torch is not None:
            sides += [Torch(net, batch, n_samples, layout)
                      for layout in ("channels_last", "contiguous_format")]
        rates = [[] for _ in sides]
        for turn in range(repeats + 1):
            for side, mine in zip(sides, rates):
                rate = side.epoch()
                if turn > 0:
                    mine.append(rate)
        medians = [statistics.median(mine) for mine in rates]
        peer = max(medians[2:], default=None)
        for side, mine, median in zip(sides, rates, medians):
            ratio = f"  {median / peer:5.2f} x PyTorch" if peer else ""
            print(f"{name:14} {side.text:34} {median:9.0f} images/s  [{min(mine):.0f} .. "
                  f"{max(mine):.0f}]{ratio}", flush=True)
        for side in sides[:2]:
            side.close()


main()
