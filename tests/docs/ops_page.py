#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds docs/ops.md against the program: its table of ops, and its tables of ONNX ops.

usage: ops_page.py DUMP_OPS ROOT

DUMP_OPS prints the ops' records. Numbers, names, inputs, parameters, attributes with their numbers,
defaults and ranges must be those of the page. Every op has ONNX ops that it is read from and
written as, or "none: " and the reason; what a page names must be in the tables of
src/interop/onnx, and what is in them must be on a page. Gaps in the gradient cases, in the fixtures
of PyTorch and in the samples of the file format are named by their own tests.
"""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../spec_reader"))
from ops_table import MANY, read_ops  # noqa: E402 (it stands beside the other user)

findings = []


def report(text):
    findings.append(text)


def dumped(program):
    """{number: (name, (least, most inputs), params, {attribute's number: its text})}"""
    ops = {}
    for line in subprocess.run([program], check=True, text=True,
                               capture_output=True).stdout.splitlines():
        kind, *words = line.split()
        if kind == "op":
            attrs = {}
            limits = tuple(min(int(n), MANY) for n in words[2:4])
            ops[int(words[0])] = (words[1], limits, words[4:], attrs)
        else:
            attrs[int(words[0])] = (words[1], words[2], *map(float, words[3:]))
    return ops


def compare(page, code):
    for number in sorted(page.keys() | code.keys()):
        if number not in page or number not in code:
            report(f"op {number} is {'only on the page' if number in page else 'not on the page'}")
            continue
        op, (name, limits, params, attrs) = page[number], code[number]
        said = {n: (a.name, a.form, a.value, a.low, a.high) for n, a in op.attrs.items()}
        for what, on_page, in_code in (("name", op.name, name), ("inputs", op.n_inputs, limits),
                                       ("parameters", op.params, params)):
            if on_page != in_code:
                report(f"op {number} {name}: {what} are {on_page} on the page, {in_code} in code")
        for n in sorted(said.keys() | attrs.keys()):
            if said.get(n) != attrs.get(n):
                report(f"op {number} {name}: attribute {n} is {said.get(n)} on the page, "
                       f"{attrs.get(n)} in code")


def read(root, *path):
    with open(os.path.join(root, *path), encoding="utf-8") as file:
        return file.read()


def onnx_tables(root):
    """Names that are read as nodes, those that are folded only, and our ops that are written."""
    onnx = "src/interop/onnx"
    rows = re.findall(r'^    \{ "(\w+)", ("[^"]*"|[A-Z]+[^,]*), \w+, \w+,\s*(\w+),\s*(\w+) \},',
                      read(root, onnx, "in/onnx_ops.c"), re.M)
    twins = re.findall(r'^    \{ (DC_OP_\w+), "(\w+)",', read(root, onnx, "onnx_twins.c"), re.M)
    writers = re.findall(r"^    \[(DC_OP_\w+)\] = ", read(root, onnx, "out/onnx_emit_ops.c"), re.M)
    reads = {name for name, _, _, reader in rows if reader != "NULL"}
    folds = {name for name, _, _, reader in rows if reader == "NULL"}
    ids = re.findall(r"X\((DC_OP_\w+), (\d+), \w+\)", read(root, "include/dcomp/op_list.h"))
    numbers = {name: int(number) for name, number in ids}
    written = {numbers[name] for name in [op for op, _ in twins] + writers}
    return reads | {name for _, name in twins}, folds, written, dict(
        (numbers[op], name) for op, name in twins if op not in writers)


def words_of(text):
    return set(re.findall(r"\b[A-Z]\w+\b", text))


def check_onnx(page, root):
    reads, folds, written, twins = onnx_tables(root)
    onnx_page = read(root, "docs/onnx.md")
    if len(reads) < 40 or len(folds) < 5:
        report("the tables of src/interop/onnx are not found")
    named = set()
    for number, op in page.items():
        for what, cell in (("read from", op.from_onnx), ("written as", op.to_onnx)):
            if not words_of(cell) and not cell.startswith("none: "):
                report(f"op {number} {op.name} says neither what it is {what} nor why it is not")
        if not op.from_onnx.startswith("none: "):
            named |= words_of(op.from_onnx)
        if (number in written) == op.to_onnx.startswith("none: "):
            report(f"op {number} {op.name} is {'' if number in written else 'not '}written as ONNX")
        if number in twins and words_of(op.to_onnx.split(";")[0]) != {twins[number]}:
            report(f"op {number} {op.name} is written as {twins[number]}, not {op.to_onnx}")
    for name in sorted(named - reads - {"N"}):
        report(f"ops.md names ONNX op {name}, which is not read")
    for name in sorted((reads - named) | folds):
        if not re.search(rf"\b{name}\b", onnx_page):
            report(f"ONNX op {name} is read and on no page")


def main():
    page = read_ops(os.path.join(sys.argv[2], "docs/ops.md"))
    compare(page, dumped(sys.argv[1]))
    check_onnx(page, sys.argv[2])
    print("\n".join(findings) or f"{len(page)} ops agree")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
