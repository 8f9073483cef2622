# SPDX-License-Identifier: MIT
"""Layers over time for make_fixtures.py, by PyTorch's own."""
import torch
import torch.nn.functional as F


def gates_in_order(tensor, dim, order):
    blocks = tensor.chunk(len(order), dim)
    return torch.cat([blocks[i] for i in order], dim)


def recurrent(op, a, x, p):
    """By PyTorch's own layer, whose weight of the inputs is the identity; its gates are i, f, g, o
    and r, z, n. None for other ops."""
    if op not in ("lstm", "gru", "rnn"):
        return None
    order = {"lstm": (0, 2, 3, 1), "gru": (1, 0, 2), "rnn": (0,)}[op]
    weight = gates_in_order(p["weight"], 0, order)
    x = gates_in_order(x, 2, order)
    x = x.flip(1) if a["reverse"] else x
    n_cells, n_said = weight.shape[0] // len(order), weight.shape[1]
    identity = torch.eye(x.shape[2], dtype=x.dtype)
    h0, c0 = (torch.zeros(1, x.shape[0], n, dtype=x.dtype) for n in (n_said, n_cells))
    weights, said = [identity, weight], (False, 1, 0.0, False, False, True)
    if op == "lstm":
        weights += [p["projection"]] if "projection" in p else []
        forget = torch.zeros(4, n_cells, dtype=x.dtype)
        forget[1] = a["forget_bias"]
        x = x + forget.reshape(-1)
        y = torch._VF.lstm(x, (h0, c0), weights, *said)[0]
        if a["cells"]:  # PyTorch gives the last ones alone: those of each length
            cells = [torch._VF.lstm(x[:, :t], (h0, c0), weights, *said)[2]
                     for t in range(1, x.shape[1] + 1)]
            y = torch.cat([y, torch.cat(cells).transpose(0, 1)], 2)
    elif op == "gru":
        zeros = torch.zeros(2 * n_cells, dtype=x.dtype)
        weights += [torch.zeros(3 * n_cells, dtype=x.dtype), torch.cat([zeros, p["bias"]])]
        y = torch._VF.gru(x, h0, weights, True, *said[1:])[0]
    else:
        y = torch._VF.rnn_tanh(x, h0, weights, *said)[0]
    return y.flip(1) if a["reverse"] else y


def of_steps(op, a, x, p):
    """None for other ops."""
    if op == "embedding":
        places = x.long()
        places = torch.where(places < 0, places + a["n_symbols"], places)
        is_row = (places >= 0) & (places < a["n_symbols"])
        places = torch.where(is_row, places, torch.zeros_like(places))
        return F.embedding(places, p["weight"]) + 0 * x.sum()
    return x[:, -1] if op == "last" else x.mean(1) if op == "step_mean" else None


def make_recurrent(op, a, n_gate_values, rounded):
    n_cells = n_gate_values // {"lstm": 4, "gru": 3, "rnn": 1}[op]
    n_said = a.get("n_outputs") or n_cells
    params = {"weight": rounded(n_gate_values, n_said, scale=n_said ** -0.5)}
    if a.get("n_outputs"):
        params["projection"] = rounded(n_said, n_cells, scale=n_cells ** -0.5)
    if a.get("reset_after"):
        params["bias"] = rounded(n_cells, scale=0.3)
    return params


def make_sequences(make_op, make_case):
    make_op("lstm", "plain", 2, (5, 12))
    make_op("lstm", "projection, forget bias", 3, (4, 20), n_outputs=3, forget_bias=1)
    make_op("lstm", "reverse", 2, (3, 8), reverse=1)
    make_op("gru", "plain", 2, (5, 9))
    make_op("gru", "reverse", 3, (3, 15), reverse=1)
    make_op("rnn", "plain", 2, (6, 4))
    make_op("embedding", "vector", 3, (7,), n_outputs=3, n_symbols=2)
    make_op("last", "steps", 2, (4, 3))
    make_op("step_mean", "steps", 2, (4, 3))
    make_case("keywords", 4, (6, 5),
              [("gates1", "linear", None, {"n_outputs": 16, "axis": 1}),
               ("lstm1", "lstm", None, {"forget_bias": 1}),
               ("gates2", "linear", None, {"n_outputs": 9, "axis": 1}),
               ("gru2", "gru", None, {}), ("last", "last", None, {}),
               ("fc", "linear", None, {"n_outputs": 3})], n_classes=3)
    make_op("lstm", "cells", 2, (4, 12), cells=1)
    make_op("lstm", "cells, projection, reverse", 2, (4, 12), cells=1, n_outputs=2, reverse=1)
