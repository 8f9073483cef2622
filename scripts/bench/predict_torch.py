#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Inference throughput of dcomp and PyTorch, one batch each in turn; see predict.sh.

usage: predict_torch.py BENCH_PREDICT MODELS_DIR [BATCH [REPEATS]]

PyTorch runs without gradients on all cores, in both memory layouts, and again traced, frozen and
optimized for inference. Its best setting is the peer. Printed are medians over the batches after
two that do not count.
"""
import os
import statistics
import subprocess
import sys
import time

try:
    import torch
    import torchvision
except ImportError:
    torch = None

NETS = (("squeezenet-1.0", "squeezenet1_0", 227), ("resnet-18", "resnet18", 224))


class Ours:
    def __init__(self, program, models, name, precision, batch):
        arch = os.path.join(models, name + ".json")
        self.process = subprocess.Popen([program, arch, precision, str(batch)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True)
        self.batch = batch
        self.text = "dcomp " + precision
        self.backend = self.process.stdout.readline().strip()

    def rate(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return self.batch / float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Torch:
    def __init__(self, name, side, batch, layout, is_frozen):
        torch.manual_seed(1)
        torch.set_num_threads(os.cpu_count())
        torch.set_grad_enabled(False)
        memory_format = getattr(torch, layout)
        net = getattr(torchvision.models, name)(weights=None).eval()
        self.net = net.to(memory_format=memory_format)
        self.x = torch.randn(batch, 3, side, side).to(memory_format=memory_format)
        self.text = f"PyTorch {torch.__version__} {layout}"
        if is_frozen:
            self.net = torch.jit.optimize_for_inference(torch.jit.trace(self.net, self.x))
            self.text += ", frozen"

    def rate(self):
        start = time.perf_counter()
        self.net(self.x)
        return len(self.x) / (time.perf_counter() - start)


def sides_of(program, models, name, net, side, batch):
    sides = [Ours(program, models, name, precision, batch) for precision in ("f32", "bf16")]
    sides = [s for s in sides if s.backend]  # bf16 is not on every CPU
    if torch is not None:
        sides += [Torch(net, side, batch, layout, is_frozen) for layout, is_frozen in
                  (("contiguous_format", False), ("channels_last", False),
                   ("contiguous_format", True), ("channels_last", True))]
    return sides


def main():
    program, models = sys.argv[1:3]
    batch, repeats = [int(a) for a in sys.argv[3:5]] + [32, 15][len(sys.argv) - 3:]
    if torch is None:
        print(f"peer      torch or torchvision is missing in {sys.executable}; our side runs alone")
    print(f"batch     {batch}, medians of {repeats} batches in turn")
    for name, net, side in NETS:
        sides = sides_of(program, models, name, net, side, batch)
        rates = [[] for _ in sides]
        for turn in range(repeats + 2):
            for s, mine in zip(sides, rates):
                rate = s.rate()
                if turn > 1:
                    mine.append(rate)
        medians = [statistics.median(mine) for mine in rates]
        peer = max([m for m, s in zip(medians, sides) if isinstance(s, Torch)], default=None)
        for s, mine, median in zip(sides, rates, medians):
            ratio = f"  {median / peer:5.2f} x best PyTorch" if peer else ""
            print(f"{name:15} {s.text:46} {median:7.1f} images/s  [{min(mine):.1f} .. "
                  f"{max(mine):.1f}]{ratio}", flush=True)
            if isinstance(s, Ours):
                s.close()


main()
