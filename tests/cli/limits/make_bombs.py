#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Small files that ask for gigabytes or minutes, into the folder that is named."""
import gzip
import os
import struct
import sys
import zlib


def container(graph, weights):
    """A model file of two chunks with right checksums."""
    at = 10 + 3 * 16
    head = b"\x89dcm\r\n\x1a\n\1\0"
    for name, data in ((b"GRPH", graph), (b"WGTS", weights)):
        head += name + struct.pack("<QI", at, zlib.crc32(data))
        at += len(data)
    head += bytes(4) + struct.pack("<Q", at)
    return head + struct.pack("<I", zlib.crc32(head)) + graph + weights


def linear(n_outputs):
    """The graph of one linear layer without bias: 8192 inputs."""
    return bytes.fromhex("208080010182008080%02x8c0000" % (n_outputs >> 14))


def many_layers(n):
    """So many layers of 8192 x 8192 equal weights: none is much, and together they are."""
    graph = bytes.fromhex("208040") + bytes([n & 127 | 128, n >> 7])
    graph += bytes.fromhex("82008080018c00") * n + b"\0"
    return container(graph, bytes.fromhex("06010001") * n + bytes.fromhex("003c03") * n)


def png_chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(side):
    """A palette of two colours with transparency: eight pixels in a byte, four bytes of each."""
    row = b"\0" + bytes(side // 8)
    head = struct.pack(">IIBBBBB", side, side, 1, 3, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) +
            png_chunk(b"PLTE", bytes(6)) + png_chunk(b"tRNS", b"\x80\x80") +
            png_chunk(b"IDAT", zlib.compress(row * side, 9)) + png_chunk(b"IEND", b""))


def png_of_texts(n):
    """One pixel, and so many texts of 8 MiB each."""
    text = png_chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(8 << 20), 9))
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) +
            text * n + png_chunk(b"IDAT", zlib.compress(b"\0\0")) + png_chunk(b"IEND", b""))


def segment(marker, data):
    return struct.pack(">BBH", 0xff, marker, len(data) + 2) + data


class Bits:
    def __init__(self):
        self.value, self.n, self.out = 0, 0, bytearray()

    def put(self, value, n):
        self.value, self.n = self.value << n | value, self.n + n
        while self.n >= 8:
            byte = self.value >> (self.n - 8) & 255
            self.out += b"\xff\0" if byte == 255 else bytes([byte])
            self.n -= 8
        self.value &= (1 << self.n) - 1

    def end(self):
        if self.n > 0:
            self.put((1 << (8 - self.n)) - 1, 8 - self.n)
        return bytes(self.out)


def ac_scan(n_blocks, first, last, high, low):
    """One coefficient band of grey in runs of blocks without any: 15 bits for 32,767 blocks."""
    bits = Bits()
    while n_blocks > 0:
        run = min(n_blocks, 32767)
        size = run.bit_length() - 1
        bits.put(*((0, 1) if size == 14 else (32 + size, 6)))
        bits.put(run - (1 << size), size)
        n_blocks -= run
    return segment(0xda, bytes([1, 1, 0, first, last, high << 4 | low])) + bits.end()


def jpeg(side, n_scans):
    """Progressive grey: first all averages, a bit each, then scans in which nothing comes."""
    n_blocks = (side // 8) ** 2
    # DC: one code "0" of size 0. AC: "0" is a run of 2^14 blocks and more, "10xxxx" of 2^x.
    dc = b"\0" + bytes([1] + [0] * 15) + b"\0"
    runs = bytes(x << 4 for x in range(14))
    ac = b"\x10" + bytes([1, 0, 0, 0, 0, 14] + [0] * 10) + b"\xe0" + runs
    out = b"\xff\xd8" + segment(0xdb, b"\0" + bytes([1] * 64))
    out += segment(0xc2, struct.pack(">BHHB", 8, side, side, 1) + b"\1\x11\0")
    out += segment(0xc4, dc) + segment(0xc4, ac)
    out += segment(0xda, bytes([1, 1, 0, 0, 0, 0])) + bytes(n_blocks // 8)
    scans = [(k, k, high, low) for high, low in ((0, 2), (2, 1), (1, 0)) for k in range(1, 64)]
    for scan in scans[:n_scans - 1]:
        out += ac_scan(n_blocks, *scan)
    return out + b"\xff\xd9"


def idx_gz(folder, n, side):
    """So many square pictures of black pixels, and their labels."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    out = packer.compress(struct.pack(">IIII", 0x803, n, side, side))
    for _ in range(n):
        out += packer.compress(bytes(side * side))
    put(folder + "/t10k-images-idx3-ubyte.gz", out + packer.flush())
    labels = struct.pack(">II", 0x801, n) + bytes(n)
    put(folder + "/t10k-labels-idx1-ubyte.gz", gzip.compress(labels))


def put(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)


def main(folder):
    zero, lone = bytes.fromhex("670000000000"), bytes.fromhex("06010001003c03")
    for name, n_outputs in (("2G", 1 << 16), ("16G", 1 << 19)):
        put("%s/packed_zero_%s.dcm" % (folder, name), container(linear(n_outputs), zero))
        put("%s/shared_lone_%s.dcm" % (folder, name), container(linear(n_outputs), lone))
    for name, margin in (("1G", "fe7f"), ("16G", "fefd01")):  # one pixel with so many around it
        graph = "10010101029c05%s06%s07%s88%s0d00" % ((margin,) * 4)
        put("%s/act_%s.dcm" % (folder, name), container(bytes.fromhex(graph), b""))
    put(folder + "/png/p0.png", png(16384))
    put(folder + "/jpg/p0.jpg", jpeg(16384, 190))
    put(folder + "/scans/p0.jpg", jpeg(8192, 190))
    idx_gz(folder + "/gz", 400, 1024)
    idx_gz(folder + "/points", 1500, 1)
    put(folder + "/many.dcm", many_layers(200))
    put(folder + "/texts/p0.png", png_of_texts(100))
    head = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 1, 1), }".ljust(117) + "\n"
    put(folder + "/one.npy", b"\x93NUMPY\1\0v\0" + head.encode() + bytes(4))


main(sys.argv[1])
