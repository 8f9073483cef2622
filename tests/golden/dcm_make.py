# SPDX-License-Identifier: MIT
"""Pieces of .dcm files, for the scripts that make odd good ones and bad ones."""
import os
import struct
import zlib

MAGIC = b"\x89dcm\r\n\x1a\n"


def varint(n):
    out = bytearray()
    while n >= 0x80:
        out.append(n & 0x7f | 0x80)
        n >>= 7
    return bytes(out + bytes([n]))


def text(s):
    raw = s if isinstance(s, bytes) else s.encode()
    return varint(len(raw)) + raw


def halves(*numbers):
    return struct.pack("<%de" % len(numbers), *numbers)


def floats(*numbers):
    return struct.pack("<%df" % len(numbers), *numbers)


def table(rows, major=1, minor=0):
    """Header and table of (id, offset, crc) rows; the CRC of the terminating one is set right."""
    out = MAGIC + bytes([major, minor])
    for name, offset, crc in rows[:-1]:
        out += name + struct.pack("<QI", offset, crc)
    out += rows[-1][0] + struct.pack("<Q", rows[-1][1])
    return out + struct.pack("<I", zlib.crc32(out))


def rows_of(chunks):
    """Right rows for (id, bytes) chunks."""
    offset = 10 + 16 * (len(chunks) + 1)
    rows = []
    for name, data in chunks:
        rows.append((name, offset, zlib.crc32(data)))
        offset += len(data)
    return rows + [(bytes(4), offset, 0)]


def file_of(chunks, major=1, minor=0):
    return table(rows_of(chunks), major, minor) + b"".join(data for _, data in chunks)


def compact_head(n_graph, n_weights=None, is_deflated=False):
    """What stands behind the checksum; n_weights when there are further chunks."""
    head = varint(n_graph << 2 | (n_weights is not None) << 1 | is_deflated)
    return head + (b"" if n_weights is None else varint(n_weights))


def compact_file(rest, version=2):
    """A file of version 2 with a right checksum; rest is all behind it."""
    start = MAGIC[:4] + bytes([version])
    return start + struct.pack("<I", zlib.crc32(start + bytes(4) + rest)) + rest


def compact_file_of(graph, weights, further=None, is_deflated=False):
    n_weights = None if further is None else len(weights)
    tail = b"".join(name + varint(len(data)) + data for name, data in further or ())
    return compact_file(compact_head(len(graph), n_weights, is_deflated) + graph + weights + tail)


def deflated(data):
    """With the dictionary that the page prints."""
    page = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/format.md")
    with open(page, encoding="utf-8") as f:
        words = f.read().split("### 3.4 ")[1].split("```")[1]
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_DEFAULT_STRATEGY,
                                bytes.fromhex("".join(words.split())))
    return deflater.compress(data) + deflater.flush()


def levels_row(body, coder=2, half=1):
    """The row and body of a layer of levels."""
    return bytes([half << 2 | coder << 5]) + varint(len(body)) + body


def chunks_in(data):
    rows, at = [], 10
    while True:
        name, offset = data[at:at + 4], struct.unpack_from("<Q", data, at + 4)[0]
        rows.append((name, offset))
        at += 16
        if name == bytes(4):
            return [(n, data[a:b]) for (n, a), (_, b) in zip(rows, rows[1:])]


FLAT_6 = b"\x20\x06"                            # Input: flat, 6 channels, no scaling
LINEAR_1 = b"\x82\x00\x02\x8c\x00"              # linear, n_outputs 1, no bias
LINEAR_2 = b"\x82\x00\x04\x8c\x00"
GRAPH_1X6 = FLAT_6 + b"\x01" + LINEAR_1 + b"\0"  # weights (1, 6)
GRAPH_2X3 = b"\x20\x03\x01\x82\x00\x04\x8c\x00\x00"


def with_weights(weights, graph=GRAPH_1X6):
    return file_of([(b"GRPH", graph), (b"WGTS", weights)])


def with_graph(graph, weights=b""):
    return file_of([(b"GRPH", graph), (b"WGTS", weights)])


def row(encoding, codes=b"", gaps=b"", half=1, gap_bits=1, codes_coder=0, gaps_coder=0, column=0,
        n_codebook=1, n_entries=0, rising=None):
    """A row with the sizes of these streams. encoding: 0 dense, 1 sparse, 2 shared, 3 packed;
    rising: the coded codebook, if it is."""
    out = bytes([encoding | half << 2 | gap_bits - 1 << 5])
    if encoding == 0:
        return out
    out += bytes([codes_coder | column << 3 | gaps_coder << 4 | (rising is not None) << 7])
    if encoding >= 2:
        out += bytes([n_codebook - 1])
    if encoding >= 2 and rising is not None:
        out += varint(len(rising))
    if encoding != 2:
        out += varint(n_entries)
    if encoding >= 2:
        out += varint(len(codes))
    if encoding != 2:
        out += varint(len(gaps))
    return out


def bits(string):
    """Bytes of a string of 0 and 1 in stream order; other characters are for the eye."""
    flat = [c for c in string if c in "01"]
    flat += ["0"] * (-len(flat) % 8)
    return bytes(int("".join(reversed(flat[i:i + 8])), 2) for i in range(0, len(flat), 8))
