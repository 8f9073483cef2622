#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares every table of src that docs/extending.md names with the page that lists its rows.

usage: tables.py ROOT

A row that no page has, and a name on a page that no table has, is a finding; so is a kind of thing
in extending.md whose table is not compared here, and a file of a row that no table names.
"""
import os
import re
import sys

findings = []
root = ""


def read(path):
    try:
        with open(os.path.join(root, path), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        findings.append(f"{path} is missing")
        return ""


def between(path, start, end):
    """The text of a file from one pattern to the next match of another."""
    text = read(path)
    first = re.search(start, text)
    if not first:
        findings.append(f"{path}: nothing matches '{start}'")
        return ""
    last = re.search(end, text[first.end():])
    return text[first.end():first.end() + last.start() if last else None]


def names(pattern, text):
    return re.findall(pattern, text)


def x_list(path, macro):
    """The rows of `#define MACRO(X) X(a) X(b)`, or of an array of addresses."""
    return names(r"\w+\((\w+)\)", between(path, rf"#define {macro}\([^)]*\)", r"\n\n|\n#define"))


def addresses(path, array, prefix):
    return names(rf"{prefix}(\w+)", between(path, rf"\b{array}\[\] = ", r"\};"))


def member(folder, prefix, row, what):
    """A text member of a row that stands somewhere in a folder: its name, its ending."""
    for parent, _, files in os.walk(os.path.join(root, folder)):
        for name in files:
            with open(os.path.join(parent, name), encoding="utf-8") as file:
                found = re.search(rf"\b{prefix}{row} = \{{(?:[^{{}}]|\{{[^{{}}]*\}})*?"
                                  rf"\.{what} = \"([^\"]*)\"", file.read())
            if found:
                return found[1]
    findings.append(f"{folder}: no row {prefix}{row} with a {what}")
    return row


def first_cells(path, start):
    """The first cells of the table that stands behind `start`, without its head and marks."""
    table = between(path, start + r"[^\n]*\n\|[-|]*\|\n", r"\n\n|\n[^|]")
    return names(r"(?m)^\| ([^|]*?) \|", table)


def plain(cells):
    """`name`, [name](page) and `name:DIR` as name."""
    return [re.sub(r"[`\[]|\]\(.*?\)", "", cell) for cell in cells]


def spec_kinds(cells):
    return [re.match(r"\w+", cell)[0] for cell in plain(cells)]


def coders():
    rows = x_list("src/entropy/coders.c", "CODERS")
    ids = {row: names(r"\.id = (\w+)", read(f"src/entropy/coder_{row}.c")) for row in rows}
    text = [f"{'0' if i == ['DC_CODER_RAW'] else ''.join(i)}: {row}" for row, i in ids.items()]
    reader = names(r"(\d+: \w+)_stream",
                   between("tests/spec_reader/dcm_streams.py", r"CODERS = \{", r"\}"))
    if sorted(reader) != sorted(text):
        findings.append(f"the Python reader has the coders {reader}, the table {text}")
    return text, names(r"(?m)^## (\d+: \w+)$", read("docs/format_streams.md"))


def level_coders():
    rows = x_list("src/entropy/level_coders.c", "CODERS")
    ids = {row: names(r"\.id = (\w+)", read(f"src/entropy/level_{row}.c")) for row in rows}
    text = [f"{''.join(i)}: {row}" for row, i in ids.items()]
    reader = names(r"(\d+: \w+)", between("tests/spec_reader/dcm_levels.py", r"CODERS = \{", r"\}"))
    if [name.lower() for name in reader] != text:
        findings.append(f"the Python reader has the coders of levels {reader}, the table {text}")
    return text, [": ".join(row) for row in names(r"\| (\d+) \| (\w+) \|", between(
        "docs/format_levels.md", r"\| id \| coder \|", r"\n\n"))]


def layouts():
    listed = names(r"(?m)^- \*\*([\w, ]+)\*\*:", between("docs/format.md", r"### 5\.2", r"\n### "))
    coders_of_layers = x_list("src/entropy/level_coders.c", "CODERS")
    rows = [row for row in x_list("src/format/layouts.c", "LAYOUTS") if row not in coders_of_layers]
    reader = names(r"(?m)^([A-Z, ]+) = range\(4\)", read("tests/spec_reader/dcm_read.py"))
    if sorted(", ".join(reader).lower().split(", ")) != sorted(rows):
        findings.append(f"the Python reader has the layouts {reader}, the table {rows}")
    return (rows,
            [word for words in listed for word in words.split(", ")])


def saliencies():
    rows = ["magnitude", *x_list("src/prune/saliencies.c", "OTHERS")]
    return rows, names(r"`(\w+)`", between("docs/recipes.md", "what makes a weight worth keeping: ",
                                           r"\)"))


def hooks():
    made = names(r"make_(\w+)|hook_(\w+)_make", between("src/pipeline/fit_hooks.c",
                                                        r"makers\[\] = ", ";"))
    listed = between("docs/architecture.md", r"\(`fit_hooks\.c`: ", ";")
    return [a or b for a, b in made], [re.sub("[`-]", "", word) for word in listed.split(", ")]


def commands():
    rows = x_list("src/cli/commands.c", "COMMANDS")
    pages = {name[:-3] for name in os.listdir(os.path.join(root, "docs/cli"))} - {"README"}
    if pages != set(rows):
        findings.append(f"docs/cli: pages and commands differ in {sorted(pages ^ set(rows))}")
    return rows, plain(first_cells("docs/cli/README.md", r"\| command \| does \|"))


def importers():
    rows = addresses("src/interop/importers.c", "importers", "&interop_")
    code = [member("src/interop", "interop_", row, "name") for row in rows]
    if between("src/interop/importers.c", r'return "', '"').split(", ") != code:
        findings.append("dc_import_formats has other names than the rows of importers.c")
    return code, plain(first_cells("docs/cli/import.md", r"\| format \| known by"))


def exporters():
    rows = addresses("src/interop/exporters.c", "exporters", "&interop_")
    code = [member("src/interop", "interop_", row, "ending") for row in rows]
    if names(r"\((\.\w+)\)", between("src/interop/exporters.c", r'return "', '"')) != code:
        findings.append("dc_export_formats has other endings than the rows of exporters.c")
    return code, plain(first_cells("docs/cli/export.md", r"\| ending \|"))


def readers_and_writers():
    return [sum(pair, []) for pair in zip(importers(), exporters())]


def datasets():
    rows = addresses("src/data/datasets.c", "kinds", "&data_kind_")
    door = between("include/dcomp/data.h", r"kind, colon, where\.", r"Kinds are rows")
    said = re.sub(r'"\s*"', "", between("src/data/datasets.c", r'return "', '";'))
    for where, kinds in (("data.h", names(r"(?m)^ \*     (\w+)[:\[]", door)),
                         ("dc_data_kinds", spec_kinds(said.split(", ")))):
        if sorted(kinds) != sorted(rows):
            findings.append(f"{where} has {kinds}, the table {rows}")
    return rows, spec_kinds(first_cells("docs/data.md", r"\| SPEC \|"))


def run_inputs():
    cells = set(first_cells("docs/cli/run.md", r"\| input \| is \|")) - {"a folder", "`-`"}
    return names(r'\.word = "([^"]*)"', read("src/data/given_kinds.c")), cells


def engines():
    text = between("docs/cli/eval.md", "`--engine` says what runs the network", r"\n\n")
    return (["float"] + x_list("src/pipeline/engines.c", "OTHERS"),
            names(r"`(?:--engine )?([a-z][a-z0-9]*)`", text))


def accelerators():
    others = names(r"X\((\w+)\)", re.sub(r"/\*.*?\*/", "", between(
        "src/pipeline/accelerators.c", r"#define OTHERS\(X\)", r"\n\n")))
    rooms = names(r"(?m)^\| (\w+) \| the accelerator of \[", read("docs/architecture.md"))
    return ["eie"] + others, rooms


def charts():
    return (names(r"X\(DC_CHART_\w+, (\w+)\)", between("include/dcomp/report.h", "DC_CHART_LIST",
                                                        r"\n\n")),
            names(r"`(\w+)`", between("docs/formats.md", r"Charts \(", r"\)")))


def kernel_page():
    return between("docs/library.md", r"\*\*Kernels\*\*", r"\n\n")


def instruction_sets():
    sets = between("src/kernels/dispatch.c", r"rows\[\] = ", r"\};")
    return names(r"&dc_kernels_(\w+)", sets), names(r"`(\w+)`", re.split(
        r"walks all of them: ", kernel_page())[-1].split(". ")[0])


def kernels():
    members = between("include/dcomp/kernels.h", r"typedef struct dc_kernels \{", r"\} dc_kernels;")
    return names(r"\(\*(\w+)\)", members), names(r"`(\w+)`", re.split(
        r"Each has ", kernel_page())[-1].split(", and all")[0])


TABLES = {
    "coder of streams": coders,
    "coder of levels": level_coders,
    "layout": layouts,
    "saliency": saliencies,
    "hook of training": hooks,
    "stage": lambda: (x_list("src/pipeline/stages.c", "STAGES"),
                      plain(first_cells("docs/recipes.md", r"\| stage \|"))),
    "command": commands,
    "dataset": datasets,
    "reader or writer of foreign files": readers_and_writers,
    "input of `run`": run_inputs,
    "engine": engines,
    "accelerator": accelerators,
    "instruction set": instruction_sets,
    "kernel": kernels,
    "kind of chart": charts,
    "renderer": lambda: (x_list("src/report/renderers.c", "RENDERERS"),
                         plain(first_cells("docs/formats.md", r"\| form \|"))),
}
# Ops and their attributes are compared by ops_page.py; a fact about ops has no table.
ELSEWHERE = {"op that is a curve", "op of another form", "attribute",
             "fact about ops that others need"}


def main():
    global root
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = sys.argv[1]
    kinds = set(first_cells("docs/extending.md", r"\| A new \.\.\. \|"))
    for kind in sorted(kinds ^ (TABLES.keys() | ELSEWHERE)):
        findings.append(f"'{kind}' is {'not compared' if kind in kinds else 'not in extending.md'}")
    for kind, compare in TABLES.items():
        code, page = compare()
        if not code:
            findings.append(f"{kind}: the table is not found")
        for name in sorted(set(code) - set(page)):
            findings.append(f"{kind} '{name}' is on no page")
        for name in sorted(set(page) - set(code)):
            findings.append(f"{kind} '{name}' is on a page and in no table")
    print("\n".join(findings) or f"{len(TABLES)} tables agree with their pages")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
