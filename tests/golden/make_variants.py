#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""make_variants.py FOLDER: valid files that our writer would not write, as `v1_0_variant_*.dcm`.

Most hold one layer of 2 x 3 weights, 0 1 0 / 2 0 1, in different encodings: all have the same hash.
Files that are there stay as they are.
"""
import os
import sys

from dcm_make import (GRAPH_2X3, bits, chunks_in, file_of, floats, halves, row, with_weights)


def layer(weights):
    return with_weights(weights, GRAPH_2X3)


def layers():
    codes = bits("00 10 00 01 00 10")  # 0 1 0 2 0 1, two bits each, least significant first
    yield "f32", layer(row(0, half=0) + floats(0, 1, 0, 2, 0, 1))
    yield "f16", layer(row(0) + halves(0, 1, 0, 2, 0, 1))
    yield "shared_raw", layer(row(2, codes, n_codebook=3) + halves(0, 1, 2) + codes)
    yield "shared_f32", layer(row(2, codes, half=0, n_codebook=3) + floats(0, 1, 2) + codes)
    unsorted = bits("01 00 01 10 01 00")  # codebook 1 2 0: codes 2 0 2 1 2 0
    yield "shared_unsorted", layer(row(2, unsorted, n_codebook=3) + halves(1, 2, 0) + unsorted)
    wide = bytes([0, 1, 0, 2, 0, 1])
    yield "shared_8_bit_codes", layer(row(2, wide, n_codebook=3) + halves(0, 1, 2) + wide)
    yield "shared_unused", layer(row(2, wide, n_codebook=5) + halves(0, 1, 2, 3, 3) + wide)
    columns = bits("00 01 10 00 00 10")  # column-major 0 2 1 0 0 1
    yield "shared_columns", layer(row(2, columns, column=1, n_codebook=3) + halves(0, 1, 2) +
                                  columns)
    huffman = bits("00 1000 10 0  0 10 0 11 0 10")  # lengths 1 2 2
    yield "shared_huffman", layer(row(2, huffman, codes_coder=1, n_codebook=3) + halves(0, 1, 2) +
                                  huffman)
    long_way = bits("01 1000 111 0100 111 0100  0 10 0 11 0 10")  # selector 2, lengths told in full
    yield "shared_huffman_long", layer(row(2, long_way, codes_coder=1, n_codebook=3) +
                                       halves(0, 1, 2) + long_way)
    codes, gaps = bits("10 01 10"), bits("10 10 10")  # positions 1 3 5
    yield "packed_raw", layer(row(3, codes, gaps, gap_bits=2, n_codebook=3, n_entries=3) +
                              halves(1, 2) + codes + gaps)
    codes, gaps = bits("01 10 10"), bits("10000 00000 01000")  # column-major positions 1 2 5
    yield "packed_columns", layer(row(3, codes, gaps, gap_bits=4, column=1, n_codebook=3,
                                      n_entries=3) + halves(1, 2) + codes + gaps)
    codes, gaps = bits("00 1000 10 0  10 11 10"), bits("11 100000")
    yield "packed_huffman", layer(row(3, codes, gaps, gap_bits=8, codes_coder=1, gaps_coder=1,
                                      n_codebook=3, n_entries=3) + halves(1, 2) + codes + gaps)
    gaps = bits("10 10 10")
    yield "sparse_f32", layer(row(1, gaps=gaps, half=0, gap_bits=2, n_entries=3) + gaps +
                              floats(1, 2, 1))
    gaps = bits("10000000 00000000 01000000")
    yield "sparse_columns", layer(row(1, gaps=gaps, gap_bits=8, column=1, n_entries=3) + gaps +
                                  halves(2, 1, 1))


def number_bits(value, n):
    """u(n) as a string."""
    return "".join(str(value >> i & 1) for i in range(n))


def rising():
    codes = bits("00 10 00 01 00 10")  # 0 1 0 2 0 1
    # 0 1 2 are 8000 bc00 c000 as f16: k 9, differences less one are 3bff: q 1e, and 3ff: q 2
    book = bits("10010" + number_bits(0x8000, 16) + "11110 0111 111111111  10 0 111111111")
    yield "rising_shared", layer(row(2, codes, n_codebook=3, rising=book) + book + codes)
    codes, gaps = bits("10 01 10"), bits("10 10 10")
    # 1 2 are bf800000 c0000000 as f32: k 31, 7fffff: q 1
    book = bits("11111" + number_bits(0xbf800000, 32) + "0" + number_bits(0x7fffff, 31))
    yield "rising_packed_f32", layer(row(3, codes, gaps, half=0, gap_bits=2, n_codebook=3,
                                         n_entries=3, rising=book) + book + codes + gaps)
    # k 0, 7fffff: q 800000, 23 ones, a zero, 23 zeros
    book = bits("00000" + number_bits(0xbf800000, 32) + "1" * 23 + "0" * 24)
    yield "rising_k_0", layer(row(3, codes, gaps, half=0, gap_bits=2, n_codebook=3, n_entries=3,
                                  rising=book) + book + codes + gaps)


def containers(folder):
    with open(os.path.join(folder, "v1_0_every_op.dcm"), "rb") as f:
        chunks = chunks_in(f.read())
    yield "chunks_reversed", file_of(chunks[::-1])
    yield "unknown_ancillary", file_of(chunks[:1] + [(b"xTRA", b"?" * 9)] + chunks[1:])
    yield "empty_ancillary", file_of(chunks + [(b"zero", b"")])
    yield "newer_minor", file_of(chunks, minor=9)
    yield "no_history", file_of([c for c in chunks if c[0] != b"hIST"])


def main(folder):
    for name, data in [*layers(), *rising(), *containers(folder)]:
        path = os.path.join(folder, "v1_0_variant_%s.dcm" % name)
        if not os.path.exists(path):
            with open(path, "wb") as f:
                f.write(data)


if __name__ == "__main__":
    main(sys.argv[1])
