# SPDX-License-Identifier: MIT
"""Shapes of layers over time, as docs/ops.md has them."""
import math

from dcm_streams import need


def gates(first, n, *states):
    need(len(first) == 2 and first[1] % n == 0, "gates")
    need(all(math.prod(shape) == wanted for shape, wanted in states), "first state")
    return first[1] // n


def lstm(a, first, *states):
    cells = first[1] // 4
    said = a["n_outputs"] or cells
    gates(first, 4, *zip(states, (said, cells)))
    params = [("weight", [4 * cells, said])]
    params += [("peephole", [3, cells])] if a["peepholes"] else []
    params += [("projection", [said, cells])] if a["n_outputs"] else []
    return [first[0], said + (cells if a["cells"] else 0)], params


def gru(a, first, *states):
    cells = gates(first, 3, *zip(states, (first[1] // 3,)))
    bias = [("bias", [cells])] if a["reset_after"] else []
    return [first[0], cells], [("weight", [3 * cells, cells])] + bias


def rnn(_, first, *states):
    cells = gates(first, 1, *zip(states, (first[1],)))
    return first, [("weight", [cells, cells])]


def embedding(a, first):
    need(len(first) < 4, "dims")
    return first + [a["n_outputs"]], [("weight", [a["n_symbols"], a["n_outputs"]])]


def one_step(_, first):
    need(len(first) == 2, "dims")
    return first[1:], []


OVER_STEPS = {"lstm": lstm, "gru": gru, "rnn": rnn, "embedding": embedding, "last": one_step,
              "step_mean": one_step}
