#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds docs/json.md against what the commands print with --json.

usage: json_keys.py DCOMP PAGE [--list]

Every key that is printed must stand in the table of its schema, every row of a table must be
printed by some command here, a value that is null must be said to be so in the row's last column,
and every command must have a section. In a table "a[].b" is inside of a list, `<x>` stands for any
key, and a row `a.*` takes over the rows of the section that its text links to. --list prints what
was found instead.
"""
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
FIXTURES = os.path.join(os.path.dirname(HERE), "cli", "fixtures.sh")
REFUSED = "none.dcm"
NOT_HERE = []  # keys of what this build lacks
DIGITS = "--data digits:120 -j1"
TEXT = "--data text:text -j1 --epochs 1"

RUNS = [
    "train tiny.json -o t.dcm --epochs 1 " + DIGITS,
    "train next.json -o next.dcm " + TEXT,
    "gradual next.dcm -o ng.dcm --density 0.5 --steps 1 " + TEXT,
    "retrain next.dcm -o nr.dcm " + TEXT,
    "rate next.dcm -o nq.dcm --bytes 500 " + TEXT,
    "prune dense.dcm -o p.dcm --density conv1=0.5,0.3",
    "factor dense.dcm -o fa.dcm --rank fc1=4 " + DIGITS,
    "factor next.dcm -o nf.dcm --energy 0.5 --data text:text -j1",
    "gradual dense.dcm -o g.dcm --density 0.3 --epochs 1 --steps 1 " + DIGITS,
    "admm dense.dcm -o ad.dcm --density 0.3 --epochs 1 --admm-epochs 2 --every 1 " + DIGITS,
    "dsd dense.dcm -o ds.dcm --compare dp.dcm --sparse-epochs 1 --epochs 1 " + DIGITS,
    "retrain shared.dcm -o r.dcm --epochs 1 " + DIGITS,
    "train tiny.json -o x.dcm --epochs 2 --exchange dgc --sparsity-warmup 0 " + DIGITS,
    "train tiny.json -o y.dcm --epochs 0 --exchange dense " + DIGITS,
    "retrain shared.dcm -o z.dcm --epochs 1 --exchange dense --batch 200 " + DIGITS,
    "admm next.dcm -o at.dcm --density 0.5 --admm-epochs 1 --every 1 " + TEXT,
    "dsd next.dcm -o dt.dcm --sparse-epochs 1 " + TEXT,
    "ternary dense.dcm -o te.dcm --epochs 1 " + DIGITS,
    "ternary next.dcm -o tt.dcm --sparsity *=0.5 " + TEXT,
    "rate shared.dcm -o ra.dcm --epochs 1 --bytes 9000 " + DIGITS,
    "quantize pruned.dcm -o q.dcm --bits 4",
    "encode shared.dcm -o e.dcm",
    "decode e.dcm -o d.dcm",
    "compress dense.dcm -o c.dcm",
    "compress dense.dcm -o c1.dcm --recipe r.json --max-drop 100 --max-bytes 1 " + DIGITS,
    "compress dense.dcm -o c1.dcm -f --max-bytes 2000 --effort 0.01 --curve curve " + DIGITS,
    "compress dense.dcm -o c2.dcm --dry-run",
    "compress dense.dcm -o c2.dcm --recipe r.json --dry-run " + DIGITS,
    "run colour.dcm sorted/a/grey.png -j1",
    "run dense.dcm x.npy --numbers -j1",
    "run small.dcm x.npy --explain -j1",
    "run next.dcm text --generate 3 -j1",
    "eval small.dcm --against dense.dcm " + DIGITS,
    "eval colour.dcm --per-class " + DIGITS,
    "eval dense.dcm --engine auto --explain " + DIGITS,
    "eval dense.dcm --data npy:x.npy",
    "eval dense.dcm --data folder:sorted",
    "inspect small.dcm",
    "verify small.dcm",
    "verify cut.dcm",
    "diff shared.dcm stripped.dcm",
    "diff dense.dcm small.dcm",
    "sensitivity dense.dcm --densities 0.5,1 --max-drop 50 " + DIGITS,
    "bench small.dcm --repeats 2 --batch 2",
    "export small.dcm -o n.onnx",
    "export colour.dcm -o n.safetensors",
    "import n.onnx -o i.dcm",
    "import n.safetensors --arch colour.json -o i2.dcm",
    "simulate small.dcm --code-bits 5 --limit 2 " + DIGITS,
    "simulate small.dcm --code-bits 5",
    "simulate --layer 64x64 --sweep pes=1..2",
    "inspect " + REFUSED,
]


def picture():
    """28 x 28 pixels of grey, as PNG."""
    text = b"\x89PNG\r\n\x1a\n"
    rows = zlib.compress((b"\0" + bytes([90]) * 28) * 28)
    for kind, data in ((b"IHDR", struct.pack(">IIBBBBB", 28, 28, 8, 0, 0, 0, 0)),
                       (b"IDAT", rows), (b"IEND", b"")):
        text += struct.pack(">I", len(data)) + kind + data
        text += struct.pack(">I", zlib.crc32(kind + data))
    return text


def prepare(dcomp, env, folder):
    with open(os.path.join(folder, "r.json"), "w", encoding="utf-8") as file:
        file.write('{"stages": [{"stage": "retrain", "epochs": 1}]}')
    layers = [{"name": "table", "op": "embedding", "n_symbols": 8, "n_outputs": 4},
              {"name": "next", "op": "linear", "n_outputs": 8, "axis": 1}]
    with open(os.path.join(folder, "next.json"), "w", encoding="utf-8") as file:
        json.dump({"name": "next", "input": {"shape": [8]}, "layers": layers}, file)
    with open(os.path.join(folder, "text"), "w", encoding="utf-8") as file:
        file.write("abc dab cad " * 40)
    head = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 28, 28), }"
    head += " " * (63 - (10 + len(head)) % 64) + "\n"
    with open(os.path.join(folder, "x.npy"), "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head.encode())
        file.write(bytes(i % 251 for i in range(2 * 28 * 28)))
    subprocess.run(["sh", "-eu", FIXTURES], cwd=folder, env=env, check=True,
                   stdout=subprocess.DEVNULL)
    subprocess.run([dcomp, "encode", "shared.dcm", "-o", "stripped.dcm", "--strip", "-q"],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL)
    os.makedirs(os.path.join(folder, "sorted", "a"))
    with open(os.path.join(folder, "sorted", "a", "grey.png"), "wb") as file:
        file.write(picture())


def gather(found, value, path):
    """Notes each path under `path`, and whether its value was ever null."""
    if path:
        found[path] = found.get(path, False) or value is None
    if isinstance(value, dict):
        for key, inner in value.items():
            gather(found, inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            gather(found, inner, path + "[]")


def run_all(dcomp):
    """{schema: {path: whether it was null}}, and the names of the commands."""
    found = {}
    with tempfile.TemporaryDirectory(prefix="dcomp-json-") as folder:
        os.makedirs(os.path.join(folder, "bin"))
        os.symlink(os.path.abspath(dcomp), os.path.join(folder, "bin", "dcomp"))
        env = {**os.environ, "PATH": os.path.join(folder, "bin") + ":" + os.environ["PATH"]}
        prepare(dcomp, env, folder)
        for line in RUNS:
            done = subprocess.run([dcomp] + line.split() + ["--json", "-q"], cwd=folder, env=env,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            if b"libopenmpi-dev" in done.stderr:
                NOT_HERE.append("exchange")
                continue
            if b'"dcomp.error/1"' in done.stdout and not line.endswith(REFUSED):
                sys.exit(f"dcomp {line}: {done.stderr.decode()}")
            record = json.loads(done.stdout)
            gather(found.setdefault(record["schema"], {}), record, "")
    text = subprocess.run([dcomp, "--help"], stdout=subprocess.PIPE, check=True).stdout.decode()
    return found, re.findall(r"^  ([a-z]+)  +[a-z]", text, re.M)


def anchor_of(title):
    return re.sub(r"[^a-z0-9 -]", "", title.lower()).strip().replace(" ", "-")


def read_page(path):
    """{anchor: [(key, its text, when it is null)]} and {anchor: title}, in the page's order."""
    tables, titles, anchor = {}, {}, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("#"):
                title = line.lstrip("#").strip()
                anchor = anchor_of(title)
                titles[anchor] = title
            match = re.match(r"\| `([^`]+)` \|([^|]*)\|([^|]*)\|([^|]*)\|$", line)
            if match:
                tables.setdefault(anchor, []).append((match[1], match[3], match[4].strip()))
    return tables, titles


def rows_of(tables, anchor, prefix=""):
    """[(regular expression, key, null)] of a section, with those that it takes over."""
    rows = []
    for key, text, null in tables.get(anchor, []):
        if key.endswith("*"):
            other = re.search(r"\(#([^)]+)\)", text)
            if other is None:
                sys.exit(f"json.md: row '{key}' links to no section")
            rows += rows_of(tables, other[1], prefix + key[:-1])
        else:
            pattern = re.escape(prefix + key)
            rows.append((re.sub(r"<[a-z]+>", r"[^.]+(\\..+)?", pattern), prefix + key, null))
    return rows


def check(found, commands, page):
    tables, titles = read_page(page)
    findings = []
    named = {title.strip("`"): anchor for anchor, title in titles.items()}
    for command in commands:
        if f"dcomp.{command}/1" not in named:
            findings.append(f"no section `dcomp.{command}/1`")
    for schema, keys in found.items():
        rows = rows_of(tables, named.get(schema, ""))
        used = set()
        for key, was_null in keys.items():
            row = next((r for r in rows if re.fullmatch(r[0], key)), None)
            if row is None:
                findings.append(f"{schema}: key '{key}' is printed and not on the page")
                continue
            used.add(row[1])
            if was_null and row[2] == "":
                findings.append(f"{schema}: '{key}' was null, and the page does not say when")
        findings += [f"{schema}: '{r[1]}' is on the page and never printed" for r in rows
                     if r[1] not in used and "<" not in r[1] and
                     r[1].split(".")[0] not in NOT_HERE]
    findings += [f"section `{title}` is of no schema that was printed" for title in named
                 if title.startswith("dcomp.") and title not in found]
    return findings


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    found, commands = run_all(os.path.abspath(sys.argv[1]))
    if "--list" in sys.argv:
        for schema, keys in found.items():
            print(schema, *(f"  {key}{' null' if null else ''}" for key, null in keys.items()),
                  sep="\n")
        return
    findings = check(found, commands, sys.argv[2])
    print("\n".join(findings) or f"{sum(map(len, found.values()))} keys are on the page")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
