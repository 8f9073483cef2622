#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A second reader of .dcm files, written from docs/format.md, format_streams.md, format_levels.md
and ops.md alone. What ops there are, with what attributes, it reads from the table of the last one,
and the dictionary of deflated graphs from the first one.

    dcm_read.py FILE...                      a line a parameter: file name shape sha256
    dcm_read.py --check VALUES.TXT FILE...   the same lines must be in the text
    dcm_read.py --refuse FOLDER              each .dcm file in the folder must be refused

The hash is of the parameter's values as little-endian float32 in row-major order.
"""
import glob
import hashlib
import math
import os
import struct
import sys
import zlib

from dcm_books import geometry_of, read_levels
from dcm_steps import OVER_STEPS
from dcm_streams import Bits, Bytes, Refused, need, stream
from ops_table import read_ops


# ---- container (format.md, section 3) --------------------------------------------------------


KNOWN = (b"GRPH", b"WGTS", b"nAME", b"eNDS", b"hIST")
PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/format.md")


def dictionary():
    """What the page prints in section 3.4."""
    with open(PAGE, encoding="utf-8") as f:
        block = f.read().split("### 3.4 ")[1].split("```")[1]
    return bytes.fromhex("".join(block.split()))


def inflate(data):
    inflater = zlib.decompressobj(-15, zdict=dictionary())
    try:
        graph = inflater.decompress(data, 8193)
    except zlib.error:
        raise Refused("deflate stream is damaged")
    need(inflater.eof and not inflater.unused_data and len(graph) <= 8192, "end of deflate stream")
    return graph


def is_chunk_id(name):
    return all(65 <= c <= 90 or 97 <= c <= 122 for c in name)


def compact_chunks_of(data):
    r = Bytes(data)
    need(r.take(4) == b"\x89dcm" and r.u8() == 2, "magic or version")
    crc = r.number("I")
    need(crc == zlib.crc32(data[:5] + bytes(4) + data[9:]), "CRC of the file")
    head = r.varint((1 << 64) - 1)
    n_weights = r.varint((1 << 64) - 1) if head & 2 else None
    graph = r.take(head >> 2)
    chunks = {b"GRPH": Bytes(inflate(graph) if head & 1 else graph)}
    chunks[b"WGTS"] = Bytes(r.take(len(data) - r.pos if n_weights is None else n_weights))
    while r.pos < len(data):
        name, size = r.take(4), r.varint((1 << 64) - 1)
        need(is_chunk_id(name) and name not in chunks and len(chunks) < 64, "chunk id")
        need(name in KNOWN or name[0] & 0x20, "unknown critical chunk")
        chunks[name] = Bytes(r.take(size))
    return chunks


def chunks_of(data):
    if data[4:5] and 2 <= data[4] <= 9:
        return compact_chunks_of(data)
    r = Bytes(data)
    need(r.take(8) == b"\x89dcm\r\n\x1a\n", "magic")
    major, _minor = r.u8(), r.u8()
    need(major == 1, "major version")
    rows = []
    while True:
        name, offset = r.take(4), r.number("Q")
        end_of_covered = r.pos
        crc = r.number("I")
        rows.append((name, offset, crc))
        if name == bytes(4):
            break
        need(is_chunk_id(name), "chunk id")
        need(len(rows) <= 64, "more than 64 chunks")
    need(rows[-1][2] == zlib.crc32(data[:end_of_covered]), "CRC of header and table")
    need(rows[-1][1] == len(data), "size of the file")
    need(rows[0][1] == r.pos, "first offset")
    chunks = {}
    for (name, start, crc), (_, stop, _) in zip(rows, rows[1:]):
        need(start <= stop <= len(data), "offsets")
        need(name not in chunks, "chunk occurs twice")
        known = name in KNOWN
        need(known or name[0] & 0x20, "unknown critical chunk")
        need(not known or zlib.crc32(data[start:stop]) == crc, "CRC of a chunk")
        chunks[name] = Bytes(data[start:stop])
    need(b"GRPH" in chunks and b"WGTS" in chunks, "critical chunk is missing")
    return chunks


# ---- graph (section 4) -----------------------------------------------------------------------

OPS = read_ops()
LARGEST_TENSOR = 1 << 33


def read_input(r):
    flags = r.u8()
    resize, channels, is_flat, scaling = flags & 3, flags >> 3 & 3, flags >> 5 & 1, flags >> 6
    need(resize < 3 and (channels < 3 or is_flat), "reserved input flags")
    n_dims = 3 if not is_flat else 2 if channels == 3 else 1
    need(n_dims != 2 or resize < 2, "reserved input flags of a sequence")
    shape = [r.varint((1 << 32) - 1) for _ in range(n_dims)]
    if resize and n_dims != 2:
        r.varint((1 << 32) - 1)
    elif resize:
        window, hop = r.varint(10 ** 7), r.varint(10 ** 7)
        lowest, highest = r.varint(10 ** 6), r.varint(10 ** 6)
        need(window > 0 and hop > 0 and lowest < highest, "windows or bands of sounds")
    for _ in range({0: 0, 1: 1, 2: 2, 3: 2 * min(4, 1 if n_dims == 2 else shape[0])}[scaling]):
        r.number("f")
    return shape


def read_attrs(r, op):
    values, following = {}, 0
    while r is not None:
        item = r.u8()
        first, run, is_last = item & 31, (item >> 5 & 3) + 1, item >> 7
        need(first >= following, "attributes are out of order")
        code = r.varint((1 << 64) - 1)
        need(code % 2 == 0 or code == 1, "reserved attribute value")
        value = r.number("d") if code == 1 else code // 2
        for number in range(first, first + run):
            need(number in op.attrs, "op has no such attribute")
            values[number] = value
        following = first + run
        if is_last:
            break
    attrs = {}
    for number, attr in op.attrs.items():
        value = values.get(number, attr.value)
        need(attr.allows(value), "value of attribute " + attr.name)
        attrs[attr.name] = value if attr.form == "real" else int(value)
    return attrs


def slid(n, axis, attrs, dilation=1):
    kernel, stride = attrs["kernel_" + axis], attrs["stride_" + axis]
    before, after = [attrs["pad_" + side] for side in SIDES[axis]]
    is_ceil = attrs.get("ceil_mode", 0)
    room = n + before + after - dilation * (kernel - 1) - 1
    need(room >= 0, "kernel does not fit")
    need("ceil_mode" not in attrs or max(before, after) < kernel, "pad of a pool")
    out = (room + stride - 1) // stride + 1 if is_ceil else room // stride + 1
    if is_ceil and (out - 1) * stride >= n + before:
        out -= 1
    return out


def weights(shape, attrs, n_outputs=None):
    bias = [n_outputs or shape[0]]
    return [("weight", shape)] + ([("bias", bias)] if attrs["bias"] else [])


def said_dims(attrs):
    dims = [attrs[f"dim_{i}"] for i in range(4)]
    n = dims.index(0) if 0 in dims else 4
    need(n > 0 and not any(dims[n:]), "dims")
    return dims[:n]


# ---- shapes: (attributes, shapes of the inputs) -> shape of the value, (role, shape) of parameters


def is_picture(first):
    need(len(first) == 3, "wants three dims")


def conv(a, first):
    is_picture(first)
    k, groups = a["n_outputs"], a["groups"]
    need(first[0] % groups == 0 and k % groups == 0, "groups")
    sides = [slid(first[1], "h", a, a["dilation_h"]), slid(first[2], "w", a, a["dilation_w"])]
    return [k] + sides, weights([k, first[0] // groups, a["kernel_h"], a["kernel_w"]], a)


def conv_transpose(a, first):
    is_picture(first)
    k, groups = a["n_outputs"], a["groups"]
    need(first[0] % groups == 0 and k % groups == 0, "groups")
    sides = [(first[1 + i] - 1) * a["stride_" + axis] + 1 +
             a["dilation_" + axis] * (a["kernel_" + axis] - 1) + a["output_pad_" + axis] -
             sum(a["pad_" + side] for side in SIDES[axis]) for i, axis in enumerate("hw")]
    need(min(sides) > 0, "pads")
    return [k] + sides, weights([first[0], k // groups, a["kernel_h"], a["kernel_w"]], a, k)


def without(a, first, dims):
    shape = [1 if i in dims else d for i, d in enumerate(first) if a["keep_dims"] or i not in dims]
    return shape or [1], []


def reduced(a, first):
    dims = [a[f"dim_{i}"] - 1 for i in range(4) if a[f"dim_{i}"]]
    need(dims and len(set(dims)) == len(dims) and max(dims) < len(first), "dims")
    return without(a, first, dims)


def place(a, first):
    need(a["axis"] < len(first), "axis")
    return without(a, first, [a["axis"]])


def resized(a, first):
    is_picture(first)
    return [first[0], a["height"], a["width"]], []


def linear(a, first):
    axis, k = a["axis"], a["n_outputs"]
    need(axis < len(first), "axis")
    return first[:axis] + [k], weights([k, math.prod(first[axis:])], a)


def pool(a, first):
    is_picture(first)
    return [first[0], slid(first[1], "h", a), slid(first[2], "w", a)], []


def global_average_pool(_, first):
    is_picture(first)
    return first[:1], []


def batch_norm(_, first):
    need(len(first) in (1, 3), "dims")
    return first, [(role, first[:1]) for role in ("scale", "shift", "mean", "variance")]


def layer_norm(a, first):
    need(a["axis"] < len(first), "axis")
    part = first[a["axis"]:]
    return first, [("scale", part)] + ([("shift", part)] if a.get("bias") else [])


def group_norm(a, first):
    need(first[0] % a["groups"] == 0, "groups")
    return first, [("scale", first[:1]), ("shift", first[:1])]


def lrn(a, first):
    is_picture(first)
    need(a["size"] % 2 == 1, "size")
    return first, []


def softmax(a, first):
    need(len(first) <= 3 and a["axis"] < len(first), "dims")
    return first, []


def concat(_, first, *others):
    need(len(first) in (1, 3), "dims")
    need(all(i[1:] == first[1:] for i in others), "inputs differ")
    return [sum(i[0] for i in (first, *others))] + first[1:], []


def broadcast(_, *inputs):
    need(all(len(i) == len(inputs[0]) for i in inputs), "inputs differ")
    wide = [next((d for d in dims if d != 1), 1) for dims in zip(*inputs)]
    need(all(d in (1, w) for i in inputs for d, w in zip(i, wide)), "inputs differ")
    return wide, []


def clip(a, first):
    need(a["min"] <= a["max"], "ends of clip")
    return first, []


def sliced(a, first):
    axis, size = a["axis"], a["size"]
    ends = a["begin"], a["begin"] + (size - 1) * a["step"]
    need(axis < len(first) and a["step"] != 0, "axis or step of slice")
    need(min(ends) >= 0 and max(ends) < first[axis], "slice is outside")
    return first[:axis] + [size] + first[axis + 1:], []


def reshape(a, first):
    need(math.prod(said_dims(a)) == math.prod(first), "other number of values")
    return said_dims(a), []


def transposed(a, first):
    order = said_dims(a)
    need(sorted(order) == list(range(1, len(first) + 1)), "dims are no order")
    return [first[d - 1] for d in order], []


def padded(a, first):
    is_picture(first)
    return [first[0], first[1] + a["pad_top"] + a["pad_bottom"],
            first[2] + a["pad_left"] + a["pad_right"]], []


SIDES = {"h": ("top", "bottom"), "w": ("left", "right")}
RULES = {
    "conv": conv, "linear": linear, "max_pool": pool, "average_pool": pool, "lrn": lrn,
    "global_average_pool": global_average_pool, "batch_norm": batch_norm, "concat": concat,
    "softmax": softmax, "log_softmax": softmax, "add": broadcast, "mul": broadcast,
    "sub": broadcast, "div": broadcast, "clip": clip, "slice": sliced, "reshape": reshape,
    "transpose": transposed, "pad": padded, "flatten": lambda a, first: ([math.prod(first)], []),
    "resize": resized, "conv_transpose": conv_transpose, "layer_norm": layer_norm,
    "rms_norm": layer_norm, "group_norm": group_norm,
    "arg_max": place, "arg_min": place, "reduce_max": reduced, "reduce_min": reduced,
    "reduce_sum": reduced, "reduce_mean": reduced, "reduce_prod": reduced,
    **OVER_STEPS,
    "prelu": lambda a, first: (first, [("slope", first[:1])]),
    "constant": lambda a: (said_dims(a), [("value", said_dims(a))]),
}


def infer(op, attrs, inputs):
    """An op without a rule keeps its input's shape, as the page says."""
    if op.name in RULES:
        return RULES[op.name](attrs, *inputs)
    need(op.value.startswith("the input's"), op.name + " has no rule")
    return inputs[0], []


def read_graph(r, names):
    """(name, shape, geometry) of each parameter, in order; the numbers of values of input and
    output."""
    shapes, params, counts, used = [read_input(r)], [], {}, {"input"}
    inputs = [[]]
    need(0 < math.prod(shapes[0]) <= LARGEST_TENSOR, "input shape")
    if names:
        names.text(255)
    for node in range(1, r.varint(65535) + 1):
        head = r.u8()
        number = head & 63 if head & 63 < 63 else 63 + r.u8()
        need(number in OPS, "unknown op")
        op = OPS[number]
        deltas = [r.varint(65535) for _ in range(r.varint(65535))] if head & 64 else [1]
        need(all(1 <= d <= node for d in deltas), "inputs")
        low, high = op.n_inputs
        need(low <= len(deltas) <= high, "number of inputs")
        attrs = read_attrs(r if head & 128 else None, op)
        shape, own = infer(op, attrs, [shapes[node - d] for d in deltas])
        need(all(0 < math.prod(s) <= LARGEST_TENSOR for s in [shape] + [s for _, s in own]),
             "shape")
        shapes.append(shape)
        inputs.append([node - d for d in deltas])
        counts[op.name] = counts.get(op.name, 0) + 1
        name = (names.text(255) if names else "") or op.name + str(counts[op.name])
        need(name not in used, "two nodes have one name")
        used.add(name)
        params += [(name + "." + role, s, geometry_of(s, node, inputs, shapes)) for role, s in own]
    r.varint((1 << 48) - 1)
    r.end()
    if names:
        n_classes = names.varint((1 << 64) - 1)
        need(n_classes in (0, math.prod(shapes[-1])) or
             (len(shapes[-1]) == 2 and n_classes == shapes[-1][1]), "number of class names")
        for _ in range(n_classes):
            names.text(65535)
        names.end()
    return params, math.prod(shapes[0]), math.prod(shapes[-1])


def is_plain(text):
    """Nothing that a terminal obeys (section 6)."""
    ranges = ((0, 0x1f), (0x7f, 0x9f), (0x61c, 0x61c), (0x200e, 0x200f), (0x2028, 0x202e),
              (0x2066, 0x2069), (0xfff9, 0xfffb))
    return not any(first <= ord(c) <= last for c in text for first, last in ranges)


def read_end(r, n_values):
    name, head = r.text(255), r.u8()
    need(is_plain(name), "control character")
    need(head <= 5, "dims of an end")
    if head > 0:
        dims = [r.varint((1 << 32) - 1) for _ in range(head - 1)]
        need(math.prod(dims) == n_values, "values of an end")


# ---- parameters (section 5) ------------------------------------------------------------------

DENSE, SPARSE, SHARED, PACKED = range(4)


class Row:
    pass


def read_row(r, n_values):
    row, kind, coders = Row(), r.u8(), 0
    row.encoding, row.is_half, row.gap_bits = kind & 3, kind >> 2 & 1, (kind >> 5) + 1
    has_codes, has_gaps = row.encoding in (SHARED, PACKED), row.encoding in (SPARSE, PACKED)
    row.layer_coder = kind >> 5 if row.encoding == DENSE else 0
    need(row.layer_coder <= 2, "unknown coder of layers")
    need((row.gap_bits > 1) == has_gaps or row.layer_coder, "gap bits")
    if row.encoding != DENSE:
        coders = r.u8()
    row.codes_coder, row.is_column_major = coders & 7, coders >> 3 & 1
    row.gaps_coder, row.is_rising = coders >> 4 & 7, coders >> 7
    need((has_codes or not coders & 0x87) and (has_gaps or not row.gaps_coder), "reserved coders")
    row.n_codebook = r.u8() + 1 if has_codes else 0
    row.n_stored = row.n_codebook - (row.encoding == PACKED)
    need(row.n_stored > 0 or not row.is_rising, "no numbers to be coded")
    row.codebook_bytes = r.varint((1 << 64) - 1) if row.is_rising else 0
    row.n_entries = r.varint(n_values) if has_gaps else n_values
    row.codes_bytes = r.varint((1 << 64) - 1) if has_codes or row.layer_coder else 0
    row.gaps_bytes = r.varint((1 << 64) - 1) if has_gaps else 0
    return row


def read_numbers(r, n, is_half):
    raw = r.take(n * (2 if is_half else 4))
    numbers = struct.unpack("<%d%s" % (n, "e" if is_half else "f"), raw)
    need(all(map(math.isfinite, numbers)), "number is not finite")
    return list(numbers)


def number_of(integer, n_bits):
    top = 1 << n_bits - 1
    bits = integer ^ top if integer & top else ~integer & 2 * top - 1
    number = Bytes(bits.to_bytes(n_bits // 8, "little")).number("ef"[n_bits // 32])
    need(bits != top, "number is -0")
    return number


def rising_codebook(data, n, is_half):
    n_bits, bits, numbers = 16 if is_half else 32, Bits(data), []
    k = bits.u(5)
    need(k < n_bits, "k is too large")
    integer = bits.u(n_bits)
    while True:
        need(integer < 1 << n_bits, "number is out of range")
        numbers.append(number_of(integer, n_bits))
        if len(numbers) == n:
            break
        e = 0
        while bits.bit():
            e += 1
            need(e <= n_bits - k, "difference is too large")
        q = (1 << e) + bits.u(e)
        integer += (q - 1 << k) + bits.u(k) + 1
    bits.padding()
    need(bits.pos == 8 * len(data), "bytes are left over")
    return numbers


def read_codebook(r, row):
    if not row.is_rising:
        return read_numbers(r, row.n_stored, row.is_half)
    numbers = rising_codebook(r.take(row.codebook_bytes), row.n_stored, row.is_half)
    need(row.encoding == SHARED or 0 not in numbers, "0 in a coded codebook of packed")
    return numbers


def body_bytes(row):
    n_numbers = row.n_stored if row.encoding in (SHARED, PACKED) else row.n_entries
    codebook = row.codebook_bytes if row.is_rising else n_numbers * (2 if row.is_half else 4)
    return row.codes_bytes + row.gaps_bytes + (0 if row.layer_coder else codebook)


def read_body(r, row, shape, geometry):
    if row.layer_coder:
        return read_levels(Bytes(r.take(row.codes_bytes)), row.layer_coder, row.is_half, geometry,
                           rising_codebook)
    n_values, n_rows = math.prod(shape), shape[0]
    n_cols, codebook, codes, gaps = n_values // n_rows, [], [], []
    if row.encoding == DENSE:
        return read_numbers(r, n_values, row.is_half)
    if row.encoding == SHARED:
        codebook = read_codebook(r, row)
    elif row.encoding == PACKED:
        codebook = [0.0] + read_codebook(r, row)
    if codebook:
        codes = stream(row.codes_coder, r.take(row.codes_bytes), row.n_entries, row.n_codebook)
    if row.encoding != SHARED:
        gaps = stream(row.gaps_coder, r.take(row.gaps_bytes), row.n_entries, 1 << row.gap_bits)
    entries = ([codebook[c] for c in codes] if codebook
               else read_numbers(r, row.n_entries, row.is_half))
    values, position = [0.0] * n_values, -1
    for e, value in enumerate(entries):
        position += gaps[e] + 1 if gaps else 1
        need(position < n_values, "position outside the matrix")
        if gaps and (codes[e] == 0 if codes else value == 0):
            need(gaps[e] == (1 << row.gap_bits) - 1, "zero that is no filler")
            continue
        if row.is_column_major:
            values[position % n_rows * n_cols + position // n_rows] = value
        else:
            values[position] = value
    return values


# ---- the file --------------------------------------------------------------------------------

def read_file(path):
    """(name, shape, values) of each parameter."""
    with open(path, "rb") as f:
        chunks = chunks_of(f.read())
    params, n_input, n_output = read_graph(chunks[b"GRPH"], chunks.get(b"nAME"))
    if b"eNDS" in chunks:
        for n_values in (n_input, n_output):
            read_end(chunks[b"eNDS"], n_values)
        chunks[b"eNDS"].end()
    if b"hIST" in chunks:
        r = chunks[b"hIST"]
        for _ in range(r.varint(65535)):
            r.text(255)
            r.text(1 << 20)
        r.end()
    r = chunks[b"WGTS"]
    rows = [read_row(r, math.prod(shape)) for _, shape, _ in params]
    need(sum(map(body_bytes, rows)) == len(r.data) - r.pos, "bodies do not fill the chunk")
    need(all(math.prod(shape) <= 1 << 22 for _, shape, _ in params), "over this reader's own limit")
    bodies = [read_body(r, row, *ways) for row, (_, *ways) in zip(rows, params)]
    r.end()
    return [(name, shape, values) for (name, shape, _), values in zip(params, bodies)]


def lines_of(path):
    for name, shape, values in read_file(path):
        digest = hashlib.sha256(struct.pack("<%df" % len(values), *values)).hexdigest()
        yield "%s %s %s %s\n" % (os.path.basename(path), name, "x".join(map(str, shape)), digest)


def check(expected_path, paths):
    with open(expected_path, encoding="utf-8") as f:
        expected = f.readlines()
    found = [line for path in paths for line in lines_of(path)]
    for line in sorted(set(found) ^ set(expected)):
        print("differs:", line, end="")
    return found != expected


def refuse(folder):
    paths, n_taken = sorted(glob.glob(os.path.join(folder, "*.dcm"))), 0
    for path in paths:
        try:
            read_file(path)
            print(path, "was not refused")
            n_taken += 1
        except Refused as reason:
            print(os.path.basename(path) + ":", reason)
    return n_taken > 0 or not paths


def main(argv):
    if len(argv) > 2 and argv[1] == "--check":
        return check(argv[2], argv[3:])
    if len(argv) == 3 and argv[1] == "--refuse":
        return refuse(argv[2])
    for path in argv[1:]:
        try:
            sys.stdout.writelines(lines_of(path))
        except Refused as reason:
            print("%s: refused: %s" % (path, reason), file=sys.stderr)
            return 1
    return len(argv) < 2


if __name__ == "__main__":
    sys.exit(main(sys.argv))
