# SPDX-License-Identifier: MIT
"""Conventions and streams of .dcm files, for dcm_read.py; written from docs/format.md, section
2, and docs/format_streams.md alone."""
import math
import struct


class Refused(Exception):
    pass


def need(condition, text):
    if not condition:
        raise Refused(text)


# ---- conventions (format.md, section 2) ------------------------------------------------------

class Bytes:
    def __init__(self, data):
        self.data, self.pos = data, 0

    def take(self, n):
        need(n <= len(self.data) - self.pos, "bytes end early")
        self.pos += n
        return self.data[self.pos - n:self.pos]

    def number(self, code):
        value = struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]
        need(code not in "efd" or math.isfinite(value), "number is not finite")
        return value

    def u8(self):
        return self.number("B")

    def varint(self, limit):
        value = shift = 0
        while True:
            byte = self.u8()
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                break
            need(shift < 70, "varint is longer than 10 bytes")
        need(byte != 0 or shift == 7, "varint is not in its shortest form")
        need(value < 1 << 64 and value <= limit, "varint is over its limit")
        return value

    def text(self, limit):
        raw = self.take(self.varint(limit))
        need(0 not in raw, "text has a zero byte")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            raise Refused("text is not UTF-8")

    def end(self):
        need(self.pos == len(self.data), "bytes are left over")


# ---- streams (format_streams.md) -------------------------------------------------------------


class Bits:
    def __init__(self, data):
        self.data, self.pos = data, 0

    def bit(self):
        need(self.pos < 8 * len(self.data), "bits end early")
        value = self.data[self.pos >> 3] >> (self.pos & 7) & 1
        self.pos += 1
        return value

    def u(self, k):
        return sum(self.bit() << i for i in range(k))

    def gamma(self):
        k = 0
        while self.bit():
            k += 1
            need(k <= 8, "gamma is too long")
        r = (1 << k) + self.u(k)
        need(r <= 256, "gamma is over 256")
        return r

    def padding(self):
        while self.pos & 7:
            need(self.bit() == 0, "padding is not zero")


def raw_stream(data, n, n_symbols):
    if n == 0:
        need(len(data) == 0, "bytes for no symbols")
        return []
    width = min(8, 8 * len(data) // n)
    need(len(data) == (n * width + 7) // 8, "size of a raw stream")
    bits = Bits(data)
    symbols = [bits.u(width) for _ in range(n)]
    bits.padding()
    need(all(s < n_symbols for s in symbols), "symbol outside the alphabet")
    return symbols


ITEMS = [
    {"0": 0, "10": 1, "110": -1, "1110": "absent", "1111": "any"},
    {"00": 0, "01": 1, "10": -1, "1100": 2, "1101": -2, "1110": "absent", "1111": "any"},
    {"00": 0, "01": 1, "10": -1, "110": "absent", "111": "any"},
]


def next_item(bits, items):
    string = ""
    while string not in items:
        string += str(bits.bit())
    return items[string]


def code_lengths(bits, items, n_symbols):
    lengths, last, total = [], None, 0
    while total < 1 << 12:
        if last is None:
            length, run = bits.u(4), 0
            if length == 0:
                run = bits.gamma()
        else:
            item, run, length = next_item(bits, items), 0, 0
            if item == "absent":
                run = bits.gamma()
            elif item == "any":
                length = bits.u(4)
            else:
                length = last + item
        if run:
            lengths += [0] * run
        else:
            need(1 <= length <= 12, "bad code length")
            lengths.append(length)
            total += 1 << (12 - length)
            last = length
        need(len(lengths) <= n_symbols, "code table passes the alphabet")
    need(total == 1 << 12, "code table is over-full")
    return lengths


def code_words(lengths):
    words, word = {}, 0
    for length in range(1, 13):
        word *= 2
        for symbol, own in enumerate(lengths):
            if own == length:
                words[(length, word)] = symbol
                word += 1
    return words


def huffman_stream(data, n, n_symbols):
    if n == 0:
        need(len(data) == 0, "bytes for no symbols")
        return []
    bits = Bits(data)
    selector = bits.u(2)
    if selector == 3:
        symbol = bits.u(6)
        if symbol == 63:
            symbol = bits.u(8)
            need(symbol >= 63, "lone symbol is told the long way")
        need(symbol < n_symbols, "lone symbol outside the alphabet")
        bits.padding()
        need(bits.pos == 8 * len(data), "bytes are left over")
        return [symbol] * n
    words = code_words(code_lengths(bits, ITEMS[selector], n_symbols))
    jumps = []
    if n >= 65536:
        bits.padding()
        jumps = [bits.u(32 if n < 1 << 28 else 64) for _ in range(3)]
    start, quarter, symbols = bits.pos, (n + 3) // 4, []
    for i in range(n):
        if jumps and i and i % quarter == 0:
            need(bits.pos - start == jumps[i // quarter - 1], "a jump is wrong")
        length = word = 0
        while (length, word) not in words:
            word = 2 * word + bits.bit()
            length += 1
        symbols.append(words[(length, word)])
    bits.padding()
    need(bits.pos == 8 * len(data), "bytes are left over")
    return symbols


class Rans:
    """Section 3: a table of weights, then states that take symbols in turn."""

    def __init__(self, data, n, n_symbols):
        self.bits, self.n, self.n_symbols = Bits(data), n, n_symbols
        self.levels, self.top = [], 0

    def item(self, k):
        e = 0
        while self.bits.bit():
            e += 1
            need(e <= 12, "item is too long")
        q = (1 << e) + self.bits.u(e)
        return (q - 1 << k) + self.bits.u(k)

    def read_table(self):
        self.t, k = self.bits.u(3), self.bits.u(2)
        last = top = 16 << self.t
        while len(self.levels) < self.n_symbols:
            z = self.item(k)
            if z == 5:
                self.levels += [0] * (self.item(0) + 1)
                need(len(self.levels) <= self.n_symbols, "table passes the alphabet")
                continue
            z -= z > 5
            last += -(z // 2) - 1 if z % 2 else z // 2
            need(1 <= last <= top, "level is out of range")
            self.levels.append(last)
        self.bits.padding()

    def frequencies(self):
        weights = [(1 << self.t) + (level - 1) % (1 << self.t) << (level - 1 >> self.t)
                   if level else 0 for level in self.levels]
        present = sum(level > 0 for level in self.levels)
        need(present > 0, "table without a symbol")
        freqs = [1 + w * (4096 - present) // sum(weights) if w else 0 for w in weights]
        freqs[self.levels.index(max(self.levels))] += 4096 - sum(freqs)
        return freqs

    def symbols(self):
        self.read_table()
        freqs = self.frequencies()
        if 4096 in freqs:
            need(self.bits.pos == 8 * len(self.bits.data), "bytes are left over")
            return [freqs.index(4096)] * self.n
        slots = [(s, i) for s, f in enumerate(freqs) for i in range(f)]
        n_states, out = 1 if self.n < 65536 else 4, []
        x = [self.bits.u(32) for _ in range(n_states)]
        need(all(state >= 1 << 16 for state in x), "state is out of range")
        for i in range(self.n):
            symbol, offset = slots[x[i % n_states] % 4096]
            state = freqs[symbol] * (x[i % n_states] // 4096) + offset
            x[i % n_states] = state if state >= 1 << 16 else (state << 16) + self.bits.u(16)
            out.append(symbol)
        need(all(state == 1 << 16 for state in x), "states do not end where they began")
        need(self.bits.pos == 8 * len(self.bits.data), "bytes are left over")
        return out


def rans_stream(data, n, n_symbols):
    if n == 0:
        need(len(data) == 0, "bytes for no symbols")
        return []
    return Rans(data, n, n_symbols).symbols()


CODERS = {0: raw_stream, 1: huffman_stream, 3: rans_stream}


def stream(coder, data, n, n_symbols):
    need(coder in CODERS, "unknown coder")
    return CODERS[coder](data, n, n_symbols)
