# SPDX-License-Identifier: MIT
"""Layers of levels, for dcm_read.py; written from docs/format.md, section 5.4, alone."""
import math
import struct

import dcm_levels
from dcm_streams import need

GRID, TRELLIS, ROWS, VALUES = range(4)
NEXT = ((0, 2), (7, 5), (1, 3), (6, 4), (2, 0), (5, 7), (3, 1), (4, 6))
LARGEST_F32 = (2 - 2.0 ** -23) * 2.0 ** 127


def geometry_of(shape, node, inputs, shapes):
    """(rows, inputs, height, width) of a parameter of this shape; inputs[i] are those of node i."""
    if len(shape) == 1:
        return 1, shape[0], 1, 1
    if len(shape) == 4:
        return tuple(shape)
    n_cols = math.prod(shape[1:])
    if len(shape) == 2 and len(inputs[node]) == 1:
        at = inputs[node][0]
        while math.prod(shapes[at]) == n_cols:
            if len(shapes[at]) == 3:
                return (shape[0], *shapes[at])
            if len(inputs[at]) != 1:
                break
            at = inputs[at][0]
    return shape[0], n_cols, 1, 1


def small_step(byte):
    return (8 + byte % 8) * 2.0 ** (byte // 8 - 28)


def read_step(r, is_small):
    if is_small:
        return small_step(r.u8())
    half = r.number("H")
    step = struct.unpack("<f", struct.pack("<I", half << 16))[0]
    need(0x0080 <= half < 0x7f80, "step is no normal number above 0")
    return step


def count(r, bits):
    return 7 + r.varint(32767 - 7) if bits == 7 else bits


def read_row_steps(r, n_rows, coder):
    first, spread = r.u8(), r.u8()
    need(first + spread < 256, "range of steps")
    if spread == 0:
        return [small_step(first)] * n_rows
    data = r.take(r.varint((1 << 64) - 1))
    levels = dcm_levels.decode(coder, (1, n_rows, 1, 1), spread, 0, None, False, data)
    return [small_step(first + level) for level in levels]


def sizes_of(numbers, n_below):
    """Of level k above and below 0 at index k."""
    largest = max(map(abs, numbers))
    sizes = [max(1, int(abs(number) * 4095 / largest + 0.5)) for number in numbers]
    return [0] + sizes[n_below:], [0] + sizes[:n_below][::-1]


def trellis(levels, step):
    state, values = 0, []
    for q in levels:
        sign = (q > 0) - (q < 0)
        values.append((2 * q - (sign if state % 2 else 0)) * step)
        state = NEXT[state][q % 2]
    return values


def read_levels(r, coder, is_half, geometry, rising_codebook):
    """All of a body that r reads as values, in row-major order."""
    n_values, n_rows = math.prod(geometry), geometry[0]
    if not r.data:
        need(not is_half, "zeros of half their size")
        return [0.0] * n_values
    head, sizes = r.u8(), None
    kind, above = head & 3, count(r, head >> 2 & 7)
    below = count(r, head >> 5)
    need(0 < above + below and (kind != VALUES or above + below <= 255), "levels of a book")
    if kind == ROWS:
        need(is_half, "steps of rows are small")
        steps = read_row_steps(r, n_rows, coder)
    elif kind == VALUES:
        data = r.take(r.varint((1 << 64) - 1))
        numbers = rising_codebook(data, above + below, is_half)
        need(all(n < 0 for n in numbers[:below]) and all(n > 0 for n in numbers[below:]), "sides")
        sizes = sizes_of(numbers, below)
    else:
        step = read_step(r, is_half)
        reach = max(above, below) * step * (2 if kind == TRELLIS else 1)
        need(reach <= LARGEST_F32, "step is too large")
    levels = dcm_levels.decode(coder, geometry, above, below, sizes, kind == TRELLIS,
                               r.take(len(r.data) - r.pos))
    need(len(levels) == n_values and max(levels) <= above and min(levels) >= -below, "levels")
    if kind == ROWS:
        n_cols = n_values // n_rows
        return [q * steps[i // n_cols] for i, q in enumerate(levels)]
    if kind == VALUES:
        worth = numbers[below:] + numbers[:below]  # level q > 0 is at q - 1, level q < 0 at q
        return [worth[q - 1 if q > 0 else q] if q else 0.0 for q in levels]
    return trellis(levels, step) if kind == TRELLIS else [q * step for q in levels]

