#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every function that a door declares has a caller in src, or is shown to users of the library.

usage: door_functions.py ROOT

What only tests call is a finding, unless docs/library.md or a program in docs/examples names it. So
is a name in library.md that no door has; `dc_work_` stands for all that begin so.
"""
import glob
import os
import re
import sys


def code_of(path):
    with open(path, encoding="utf-8") as file:
        return re.sub(r"/\*.*?\*/", "", file.read(), flags=re.S)


def words_in(paths):
    return set(re.findall(r"\bdc_\w+", "".join(code_of(path) for path in paths)))


def called_in(path):
    """Names that a file uses other than at the start of a definition."""
    return set(re.findall(r"\bdc_\w+", re.sub(r"(?m)^[A-Za-z][\w ]*[ *]dc_\w+\(", "(",
                                              code_of(path))))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    root = sys.argv[1]
    doors = sorted(glob.glob(os.path.join(root, "include/dcomp/*.h")))
    sources = glob.glob(os.path.join(root, "src/**/*.[ch]"), recursive=True)
    called = set().union(*(called_in(path) for path in sources))
    page = words_in([os.path.join(root, "docs/library.md")])
    shown = page | words_in(glob.glob(os.path.join(root, "docs/examples/*.c")))
    declared = words_in(doors)
    findings = [f"docs/library.md: no door declares {name}"
                for name in sorted(page - declared)
                if not (name.endswith("_") and any(d.startswith(name) for d in declared))]
    n = 0
    for door in doors:
        for name in re.findall(r"\b(dc_\w+)\(", code_of(door)):
            n += 1
            if name not in called and name not in shown:
                findings.append(f"{os.path.relpath(door, root)}: {name} is called by tests alone")
    print("\n".join(findings) or f"{n} functions are called or shown")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
