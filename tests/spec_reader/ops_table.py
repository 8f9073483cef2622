# SPDX-License-Identifier: MIT
"""The table of ops as docs/ops.md has it."""
import os
import re

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/ops.md")
COLUMNS = 8
MANY = 65535
ATTR = re.compile(r"(\d+) (\w+) = ([^,]+), (switch|(whole )?(\S+) \.\. (\S+))$")


class Attr:
    def __init__(self, text):
        match = ATTR.match(text)
        if not match:
            raise ValueError(f"'{text}' is no attribute")
        self.number, self.name, self.value = int(match[1]), match[2], number_of(match[3])
        self.form = "switch" if match[4] == "switch" else "whole" if match[5] else "real"
        ends = ("0", "1") if self.form == "switch" else match.groups()[5:]
        self.low, self.high = map(number_of, ends)

    def allows(self, value):
        return self.low <= value <= self.high and (self.form == "real" or value == int(value))


class Op:
    def __init__(self, cells, groups):
        number, self.name, inputs, params, attrs, self.value, from_onnx, to_onnx = cells
        self.number = int(number)
        self.n_inputs = {"none": (0, 0), "1": (1, 1), "2": (2, 2), "1 or 2": (1, 2),
                         "1 to 3": (1, 3), "1 or more": (1, MANY), "2 or more": (2, MANY)}[inputs]
        self.params = [text.split()[0] for text in params.split("; ") if text]
        texts = [t for text in re.findall(r"`([^`]+)`", attrs) for t in groups.get(text, [text])]
        self.attrs = {attr.number: attr for attr in map(Attr, texts)}
        self.from_onnx, self.to_onnx = from_onnx, to_onnx


def number_of(text):
    text = re.sub(r"^(-?)2\^(\d+)$", lambda m: m[1] + str(2 ** int(m[2])), text)
    above, _, below = text.partition("/")
    return float(above) / float(below or 1)


def read_ops(page=PAGE):
    """By number."""
    groups, ops = {}, {}
    with open(page, encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.strip().strip("|").split(" |")]
            match = re.match(r"\| `(\w+)` \| (`\d.*) \|$", line)
            if match:
                groups[match[1]] = re.findall(r"`([^`]+)`", match[2])
            elif re.match(r"\| \d+ \| ", line) and len(cells) == COLUMNS:
                op = Op(cells, groups)
                if op.number in ops:
                    raise ValueError(f"op {op.number} is twice on the page")
                ops[op.number] = op
    return ops
