#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Networks of layers over time as PyTorch exports them.

    python3 make_steps.py            (made with PyTorch 1.13)

Inputs of the truths have the batch first, as dcomp has; a network that wants the steps first is
given them so. Weights are PyTorch's own first ones, seeded.
"""
import copy
import os

import torch
import torch.nn as nn

from common import FOLDER, N_SAMPLES, Truths, input_values

T, C, H, N_CLASSES = 6, 5, 4, 3


class Net(nn.Module):
    """A layer over time, what is made of its outputs, and a linear layer."""

    def __init__(self, layer, taken, n_features, is_steps_first=False):
        super().__init__()
        self.rnn, self.taken, self.is_steps_first = layer, taken, is_steps_first
        self.fc = nn.Linear(n_features, N_CLASSES)

    def forward(self, x):
        y, states = self.rnn(x)
        return self.fc(self.taken(y, states))


class OfSymbols(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(9, C)
        self.rnn = nn.GRU(C, H, batch_first=True)
        self.fc = nn.Linear(H, N_CLASSES)

    def forward(self, x):
        y, _ = self.rnn(self.embedding(x.abs().mul(3).long()))
        return self.fc(y[:, -1])


class Convolved(nn.Module):
    """Windows along the steps, a GRU of both directions, attention over its steps."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(C, 6, 3, padding=1)
        self.norm = nn.LayerNorm(6)
        self.rnn = nn.GRU(6, H, bidirectional=True)
        self.score, self.fc = nn.Linear(2 * H, 1), nn.Linear(2 * H, N_CLASSES)

    def forward(self, x):
        y = self.norm(torch.relu(self.conv(x.transpose(1, 2))).permute(2, 0, 1))
        y, _ = self.rnn(y)
        share = torch.softmax(self.score(y), 0)
        return self.fc((share * y).sum(0))


class WithStates(nn.Module):
    """First states that the network makes of the batch it is given, as many programs do."""

    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(C, H, 2, batch_first=True)
        self.fc = nn.Linear(2 * H, N_CLASSES)

    def forward(self, x):
        h0 = torch.zeros(2, x.size(0), H, dtype=x.dtype)
        c0 = torch.ones(2, x.size(0), H, dtype=x.dtype)
        _, (h, c) = self.rnn(x, (h0, c0))
        return self.fc(torch.cat((h[-1], c[-1]), 1))


def last(y, _):
    return y[:, -1, :]


def every(y, _):
    return y


def both_ends(_, h):
    return torch.cat((h[-2], h[-1]), 1)


def mean(y, _):
    return y.mean(1)


# name, network, opset, free batch, whether the steps come first
NETWORKS = [
    ("lstm_last", lambda: Net(nn.LSTM(C, H, batch_first=True), last, H), 13, True, False),
    ("lstm_of_batch_1", lambda: Net(nn.LSTM(C, H, batch_first=True), last, H), 13, False, False),
    ("lstm_stack", lambda: Net(nn.LSTM(C, H, 2, batch_first=True, bidirectional=True, dropout=0.5),
                               every, 2 * H), 11, True, False),
    ("lstm_steps_first", lambda: Net(nn.LSTM(C, H), every, H), 14, True, True),
    ("gru_both_ends", lambda: Net(nn.GRU(C, H, 2, batch_first=True, bidirectional=True), both_ends,
                                  2 * H), 13, True, False),
    ("gru_mean", lambda: Net(nn.GRU(C, H, batch_first=True), mean, H), 9, True, False),
    ("rnn_relu", lambda: Net(nn.RNN(C, H, nonlinearity="relu", bias=False, batch_first=True), last,
                             H), 17, True, False),
    ("gru_of_symbols", OfSymbols, 13, True, False),
    ("gru_of_windows", Convolved, 14, True, False),
    ("lstm_with_states", WithStates, 13, True, False),
]


def main():
    truths = Truths("steps.bin")
    for name, make, opset, is_free, is_steps_first in NETWORKS:
        torch.manual_seed(1)
        net, at = make().eval(), 1 if is_steps_first else 0
        x = input_values(N_SAMPLES, *((T,) if name == "gru_of_symbols" else (T, C)))
        given = torch.from_numpy(x if is_free else x[:1]).movedim(0, at)
        free = {"input": {at: "batch"}, "output": {at: "batch"}} if is_free else None
        torch.onnx.export(net, given, os.path.join(FOLDER, name + ".onnx"), opset_version=opset,
                          input_names=["input"], output_names=["output"], dynamic_axes=free)
        with torch.no_grad():
            y = copy.deepcopy(net).double()(torch.from_numpy(x).double().movedim(0, at))
        truths.add(name, x, y.movedim(at, 0).numpy())
    truths.close()


if __name__ == "__main__":
    main()
