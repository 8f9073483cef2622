# SPDX-License-Identifier: MIT
"""usage: check_symbols.py DOORS LIBRARY NM [ARGUMENTS...]

Compares the symbols that LIBRARY shows with what the headers in DOORS declare.
"""
import pathlib
import re
import subprocess
import sys


def declared(text):
    """Names of the declarations at the top level of a header."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"^#.*$", "", text.replace("\\\n", " "), flags=re.M).replace('extern "C" {', "")
    text = re.sub(r"static inline [^;{}]*\{[^{}]*\}", " ", text)
    while "{" in text:  # bodies of structs and enums, from the inside out
        shorter = re.sub(r"\{[^{}]*\}", " ", text)
        if shorter == text:
            sys.exit("a brace without its other")
        text = shorter
    names = set()
    for statement in re.split(r";|\}", text):
        words = " ".join(statement.split())
        if words.startswith("typedef"):
            continue
        found = re.match(r"[^()]*?(\w+)\(", words) or re.match(r"extern .*?(\w+)(\[\])?$", words)
        if found:
            names.add(found.group(1))
    return names


def main():
    doors, library, *nm = sys.argv[1:]
    wanted = set()
    for door in sorted(pathlib.Path(doors).glob("*.h")):
        wanted |= declared(door.read_text(encoding="utf-8"))
    listing = subprocess.run([*nm, library], check=True, capture_output=True, text=True).stdout
    shown = {line.split()[-1] for line in listing.splitlines() if len(line.split()) == 3}
    shown = {name for name in shown if not name.startswith(".")}  # the compiler's, no C name
    for name in sorted(shown - wanted):
        print(f"{library} shows '{name}', which no door declares")
    for name in sorted(wanted - shown):
        print(f"{library} lacks '{name}', which a door declares")
    print(f"{len(wanted)} declared, {len(shown)} shown")
    sys.exit(0 if shown == wanted and len(wanted) > 100 else 1)


main()
