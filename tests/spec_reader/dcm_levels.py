# SPDX-License-Identifier: MIT
"""Levels of whole layers, for dcm_read.py; written from docs/format_levels.md alone.

    decode(coder, (n_rows, n_inputs, height, width), above, below, sizes, is_trellis, data)

gives the levels in row-major order. `sizes` is None, or two lists by size from 1 on (index 0 is
not looked at), above and below 0.
"""
from collections import defaultdict
from functools import lru_cache

from dcm_streams import Bytes, need

TWO_32 = 1 << 32


# ---- logarithms and odds (section 4) ---------------------------------------------------------


def clamp(least, most, x):
    return max(least, min(most, x))


@lru_cache(None)
def fraction(m):
    a, f = m << 21, 0
    for _ in range(8):
        a = a * a >> 31
        f *= 2
        if a >= TWO_32:
            f, a = f + 1, a >> 1
    return f


def log(x):
    e = x.bit_length() - 1
    return 256 * e + fraction((x << 10) >> e)


@lru_cache(None)
def mantissa(f):
    return next(m for m in range(1024, 2048) if fraction(m) >= f)


def power(l, b):
    return (mantissa(l % 256) << (l // 256 + b)) >> 10


@lru_cache(None)
def odds(p):
    return log(2 * (p // 16) + 1) - log(8191 - 2 * (p // 16))


@lru_cache(None)
def prob(o):
    o = clamp(-3071, 3071, o)
    w = mantissa(abs(o) % 256) << (abs(o) // 256)
    h = (w << 16) // (w + 1024)
    return h if o >= 0 else 65536 - h


@lru_cache(None)
def odds_of_log(l):
    l = clamp(-3071, -8, l)
    s = (255 - l) // 256
    return l - (log((1024 << s) - mantissa(l + 256 * s)) - 256 * (10 + s))


def class_of(l):
    return clamp(0, 15, (l + 1024) >> 7)


# ---- range coder, counters, mixers (sections 3 and 5) ----------------------------------------


class Counter:
    def __init__(self):
        self.p = None  # new
        self.n = 2

    def start(self, p):
        if self.p is None:
            self.p = p << 6

    def learn(self, bit):
        r = 131072 // (2 * self.n + 3)
        if bit:
            self.p += ((1 << 22) - 1 - self.p) * r >> 16
        else:
            self.p -= self.p * r >> 16
        self.n = min(self.n + 1, 400)


class RangeDecoder:
    def __init__(self, data):
        self.data, self.taken, self.range, self.value, self.low = data, 0, TWO_32 - 1, 0, 0
        for _ in range(4):
            self.value = self.value << 8 | self.next_byte()

    def next_byte(self):
        self.taken += 1
        need(self.taken <= len(self.data) + 8, "bytes of a slice end early")
        return self.data[self.taken - 1] if self.taken <= len(self.data) else 0

    def bit(self, p):
        part = (self.range >> 16) * p
        bit = int(self.value < part)
        if bit:
            self.range = part
        else:
            self.value -= part
            self.range -= part
            self.low = (self.low + part) % TWO_32
        while self.range < 1 << 24:
            self.range <<= 8
            self.value = (self.value << 8 | self.next_byte()) % TWO_32
            self.low = (self.low << 8) % TWO_32
        return bit

    def plain(self, n):
        value = 0
        for _ in range(n):
            value = 2 * value + self.bit(32768)
        return value

    def lone(self, counter):
        counter.start(32768)
        bit = self.bit(clamp(32, 65504, counter.p >> 6))
        counter.learn(bit)
        return bit

    def mixed(self, counters, start, weights, rate):
        for counter in counters:
            counter.start(prob(start))
        o = [odds(counter.p >> 6) for counter in counters]
        p = prob(sum(w * x for w, x in zip(weights, o)) >> 16)
        bit = self.bit(p)
        e = ((bit << 16) - p) * rate >> 6
        for i in range(6):
            weights[i] = clamp(-(1 << 20), 1 << 20, weights[i] + ((o[i] * e + (1 << 13)) >> 14))
            counters[i].learn(bit)
        return bit

    def end(self):
        for n in range(5):
            m = (1 << (32 - 8 * n)) - 1
            end = (self.low + m) & ~m
            if end - self.low < self.range:
                break
        last = 0
        for at in range(self.taken - 4, self.taken):
            last = last << 8 | (self.data[at] if at < len(self.data) else 0)
        need(len(self.data) == self.taken - 4 + n, "size of a slice")
        need(last == end % TWO_32, "end of a slice")


# ---- a slice (sections 2, 6 and 7) -----------------------------------------------------------


def sign3(q):
    return 0 if q == 0 else 1 if q < 0 else 2


class Slice:
    def __init__(self, layer, n_rows, data):
        self.layer, self.n_rows, self.coder = layer, n_rows, RangeDecoder(data)
        _, self.n_inputs, self.height, self.width = layer.shape
        self.places = self.height * self.width
        self.n_cols = self.n_inputs * self.places
        self.counters, self.weights = defaultdict(Counter), defaultdict(lambda: [10922] * 6)
        self.by_column, self.by_input = [0] * self.n_cols, [0] * self.n_inputs
        self.by_place = [0] * self.places
        self.rows = self.seen = self.nonzero = 0
        self.history, self.state, self.parity = [0] * 8, 0, 0
        self.above = self.above2 = [0] * self.n_cols

    def marks(self):
        counters = defaultdict(Counter)
        row_lives, lives, last = [], [], 1
        for _ in range(self.n_rows):
            last = self.coder.lone(counters["row", last])
            row_lives.append(last)
        for c in range(self.n_cols):
            back = self.width if c % self.places // self.width > 0 else self.places
            left = lives[c - 1] if c > 0 else 1
            up = lives[c - back] if c >= back else 1
            lives.append(self.coder.lone(counters["column", 2 * left + up]))
        return row_lives, lives

    def pop(self, n, n_all):
        return (log((n << 16) + 2 * self.usual) - 4096) - log(n_all + 2) - self.usual_log

    def prepare(self):
        share = power(4096 + self.layer.share_log, 0)
        self.usual = max(1, (share * 20 + (self.nonzero << 16)) // (20 + self.seen))
        self.usual_log = log(self.usual) - 4096
        inputs = [self.pop(self.by_input[i], self.rows * self.live_input[i])
                  for i in range(self.n_inputs)]
        places = [self.pop(self.by_place[k], self.rows * self.live_place[k])
                  for k in range(self.places)]
        self.column_log = [self.pop(n, self.rows) for n in self.by_column]
        if self.places >= 100:
            around = [self.around_in_picture(c) for c in range(self.n_cols)]
        else:
            around = [inputs[c // self.places] + places[c % self.places]
                      for c in range(self.n_cols)]
        self.around_log = [clamp(-3071, 3071, a) for a in around]

    def around_in_picture(self, c):
        y, x = c % self.places // self.width, c % self.width
        near = [self.by_column[c + dy * self.width + dx]
                for dy in (-1, 0, 1) for dx in (-1, 0, 1)
                if 0 <= y + dy < self.height and 0 <= x + dx < self.width]
        return self.pop(sum(near), len(near) * self.rows)

    def beside(self, c):
        row = self.row
        if self.places == 1:
            left = before = row[c - 1] if c > 0 else 0
            up = row[c - 2] if c > 1 else 0
        else:
            left = row[c - 1] if c % self.width > 0 else 0
            up = row[c - self.width] if c % self.places >= self.width else 0
            before = row[c - self.places] if c >= self.places else 0
        return left, up, before, self.above[c], self.above2[c]

    def size(self, side, ask):
        bound = self.layer.bounds[side]
        if self.layer.sizes is not None and max(self.layer.bounds) >= 25:
            low, high, node = 1, bound, 1
            while low < high:
                middle = (low + high) // 2
                bit = ask(node)
                low, high = (middle + 1, high) if bit else (low, middle)
                node = 2 * node + bit
            return low
        k = 1
        while k < min(bound, 16) and ask(k):
            k += 1
        if k < 16 or bound <= 16:
            return k
        n = 0
        while n < 15 and ask(16 + n):
            n += 1
        z = 1
        if n > 0:
            z = 2 + ask(31 + n)
            z = z << (n - 1) | self.coder.plain(n - 1)
        need(15 + z <= bound, "a level is out of bounds")
        return 15 + z

    def step(self, level):
        self.state = [(0, 2), (7, 5), (1, 3), (6, 4), (2, 0), (5, 7), (3, 1), (4, 6)][
            self.state][level & 1]

    def code_row(self, number, lives):
        self.begin_row(number)
        self.row, self.row_seen, self.row_nonzero = [0] * self.n_cols, 0, 0
        for c in range(self.n_cols):
            self.parity = self.state & 1 if self.layer.is_trellis else 0
            if lives[c]:
                level = self.level(c)
                self.row[c] = level
                self.history = [int(level != 0)] + self.history[:7]
                self.row_seen += 1
                if level != 0:
                    self.row_nonzero += 1
                    self.by_column[c] += 1
                    self.by_input[c // self.places] += 1
                    self.by_place[c % self.places] += 1
            self.step(self.row[c])
        self.above2, self.above = self.above, self.row
        self.rows += 1
        self.seen += self.row_seen
        self.nonzero += self.row_nonzero

    def levels(self):
        row_lives, lives = [1] * self.n_rows, [1] * self.n_cols
        if self.layer.has_marks:
            row_lives, lives = self.marks()
        self.live_input, self.live_place = [0] * self.n_inputs, [0] * self.places
        for c in range(self.n_cols):
            self.live_input[c // self.places] += lives[c]
            self.live_place[c % self.places] += lives[c]
        out = []
        for number in range(self.n_rows):
            if row_lives[number]:
                self.code_row(number, lives)
                out += self.row
            else:
                out += [0] * self.n_cols
                for _ in range(self.n_cols):
                    self.step(0)
        self.coder.end()
        return out

    def is_above(self, code):
        above, below = self.layer.bounds
        return int(below == 0) if above == 0 or below == 0 else code()


# ---- lite (section 8) ------------------------------------------------------------------------


class Lite(Slice):
    def begin_row(self, _):
        if self.rows < 16 or self.rows % 4 == 0:
            self.prepare()

    def level(self, c):
        if self.row_seen % 16 == 0:
            self.row_class = class_of(self.pop(self.row_nonzero, self.row_seen))
        other = class_of(self.around_log[c])
        zero = self.counters["zero", self.parity, self.row_class, other, self.history[0],
                             self.history[1]]
        zero.start(prob(odds_of_log(self.layer.share_log + 128 * (self.row_class - 8) +
                                    128 * (other - 8) + 128)))
        if not self.coder.lone(zero):
            return 0
        left, up, _, above, _ = self.beside(c)
        sign = "sign", sign3(left), sign3(up), sign3(above)
        side = 1 - self.is_above(lambda: self.coder.lone(self.counters[sign]))
        size = self.size(side, lambda node: self.coder.lone(
            self.counters["size", node, side, self.parity]))
        return -size if side else size


# ---- mix (section 9) -------------------------------------------------------------------------


class Sum:
    def __init__(self):
        self.sum = self.n = 0

    def add(self, worth):
        self.sum += worth
        self.n += 1


class Mix(Slice):
    def __init__(self, *args):
        super().__init__(*args)
        self.all_sizes = Sum()
        self.input_sizes = [Sum() for _ in range(self.n_inputs)]
        self.place_sizes = [Sum() for _ in range(self.places)]

    def begin_row(self, number):
        self.prepare()
        mean = power(self.layer.mean_log, 4)
        self.mean = max(1, (mean * 3 + (self.all_sizes.sum << 4)) // (3 + self.all_sizes.n))
        self.mean_log = log(self.mean) - 1024
        self.number, self.row_sizes, self.kernel = number, Sum(), None

    def worth(self, q):
        if q == 0 or self.layer.sizes is None:
            return abs(q)
        return self.layer.sizes[q < 0][abs(q)]

    def scale(self, s, prior):
        return (log((s.sum << 4) + prior * self.mean) - 1024) - log(s.n + prior) - self.mean_log

    def mixed(self, kind, keys, start, mixer, rate):
        counters = [self.counters[(kind, i) + key] for i, key in enumerate(keys)]
        return self.coder.mixed(counters, start, self.weights[(kind,) + mixer], rate)

    def touching(self, c):
        y, x = c % self.places // self.width, c % self.width
        return sum(self.row[c + dy * self.width + dx] != 0
                   for dy, dx in ((0, -1), (-1, -1), (-1, 0), (-1, 1))
                   if y + dy >= 0 and 0 <= x + dx < self.width)

    def is_some(self, c, beside):
        row_log, around = self.pop(self.row_nonzero, self.row_seen), self.around_log[c]
        left, up, before, above, above2 = [q != 0 for q in beside]
        row, seen, k = class_of(row_log), self.kernel_sizes.n, c % self.places
        kernel = ((class_of(around), self.touching(c)) if self.places >= 100
                  else (min(seen, 15), min(k, 63)))
        keys = [(c // self.places,), (self.parity, left, up, before, above, above2),
                (self.parity, row, class_of(around)), kernel,
                (class_of(self.column_log[c]), min(sum(self.history), 7)),
                (row, min(seen, 3), before, above)]
        start = odds_of_log(self.usual_log + row_log + around)
        return self.mixed("zero", keys, start, (self.parity, seen > 0), 5)

    def sign(self, c, beside):
        left, up, before, above = [sign3(q) for q in beside[:4]]
        keys = [(c // self.places,), (c,), (left, up, before, above), (left, up, above),
                (c % self.places, left), (self.number,)]
        return self.mixed("sign", keys, 0, (), 20)

    def node(self, node, side, c, around):
        first = ("size", 0, node, side, self.parity)
        if node >= 16:
            return self.coder.lone(self.counters[first])
        i, k = c // self.places, c % self.places
        input_scale = self.scale(self.input_sizes[i], 3)
        scale = (self.scale(self.row_sizes, 3) + input_scale + self.scale(self.place_sizes[k], 8))
        start = 0
        if self.layer.sizes is None:
            start = -odds_of_log(-max(16, self.mean_log + scale))
        own = node, side, self.parity
        keys = [own, own + (class_of(input_scale),), own + (class_of(self.scale(around, 1)),),
                own + (class_of(scale),), (node, side, self.number), (node, side, i)]
        return self.mixed("size", keys, start, (node,), 8)

    def level(self, c):
        if self.kernel != c // self.places:
            self.kernel, self.kernel_sizes = c // self.places, Sum()
        beside = self.beside(c)
        if not self.is_some(c, beside):
            return 0
        side = 1 - self.is_above(lambda: self.sign(c, beside))
        around = Sum()
        around.sum, around.n = self.kernel_sizes.sum, self.kernel_sizes.n
        for q in beside[:4]:
            if q != 0:
                around.add(self.worth(q))
        size = self.size(side, lambda node: self.node(node, side, c, around))
        level = -size if side else size
        for s in (self.row_sizes, self.input_sizes[c // self.places],
                  self.place_sizes[c % self.places], self.all_sizes, self.kernel_sizes):
            s.add(self.worth(level))
        return level


# ---- a layer (section 2) ---------------------------------------------------------------------

CODERS = {1: Lite, 2: Mix}


class Layer:
    def __init__(self, shape, above, below, sizes, is_trellis):
        self.shape, self.bounds, self.sizes = shape, (above, below), sizes
        self.is_trellis = is_trellis

    def decode(self, coder, data):
        n_rows, n_inputs, height, width = self.shape
        n = n_rows * n_inputs * height * width
        if n == 0 or self.bounds == (0, 0):
            need(len(data) == 0, "bytes for levels that are all 0")
            return [0] * n
        n_slices = 1 if self.is_trellis else max(1, min(n >> 22, 16, n_rows))
        r = Bytes(data)
        share, mean = r.u8(), r.u8()
        self.share_log, self.has_marks = -32 * (share & 127), share >> 7
        self.mean_log = 16 * mean
        sizes = [r.varint(len(data)) for _ in range(n_slices - 1)]
        out = []
        for number in range(n_slices):
            rows = n_rows // n_slices + (number < n_rows % n_slices)
            left = len(data) - r.pos
            part = r.take(sizes[number] if number + 1 < n_slices else left)
            out += CODERS[coder](self, rows, part).levels()
        return out


def decode(coder, shape, above, below, sizes, is_trellis, data):
    need(coder in CODERS, "unknown coder of levels")
    return Layer(shape, above, below, sizes, is_trellis).decode(coder, data)
