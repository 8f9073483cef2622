# SPDX-License-Identifier: MIT
"""usage: check_hardening.py [--copies] READELF PROGRAM [LIBRARY...]

Says what of the protections that a compiler and a linker offer is missing in the files. --copies:
the C library checks the sizes of copies.
"""
import re
import subprocess
import sys


def read(readelf, path, *options):
    return subprocess.run([readelf, "-W", *options, path], check=True, capture_output=True,
                          text=True).stdout


def missing(readelf, path, is_program, has_copies):
    header = read(readelf, path, "-h")
    segments = read(readelf, path, "-l")
    dynamic = read(readelf, path, "-d")
    names = read(readelf, path, "--dyn-syms")
    flags = {kind: words for kind, words in re.findall(
        r"^\s+(\w+)\s+0x\w+ 0x\w+ 0x\w+ 0x\w+ 0x\w+ ([RWE ]{3})", segments, flags=re.M)}
    loaded = re.findall(r"^\s+LOAD\s+(?:0x\w+ ){5}([RWE ]{3})", segments, flags=re.M)
    if not loaded:
        sys.exit(f"{path}: readelf shows no segments that are loaded")
    if not re.search(r"Type:\s+DYN", header) or (is_program and not re.search(
            r"FLAGS_1.*\bPIE\b", dynamic)):
        yield "it is loaded at a fixed place (no PIE)"
    if "GNU_RELRO" not in flags:
        yield "tables of the loader can be written (no RELRO)"
    if not re.search(r"BIND_NOW|FLAGS_1.*\bNOW\b", dynamic):
        yield "functions are bound late (no BIND_NOW), so RELRO is partial"
    if "E" in flags.get("GNU_STACK", "E"):
        yield "the stack can be run"
    if any("W" in words and "E" in words for words in loaded):
        yield "a segment can be written and run"
    if "TEXTREL" in dynamic:
        yield "code is changed when it is loaded (TEXTREL)"
    if "__stack_chk_fail" not in names:
        yield "the stack is not checked (no stack protector)"
    if has_copies and not re.search(r"__(mem|str|v?snprintf)\w*_chk", names):
        yield "copies are not checked (no _FORTIFY_SOURCE)"


def main():
    arguments = sys.argv[1:]
    has_copies = arguments[0] == "--copies"
    readelf, *paths = arguments[has_copies:]
    faults = 0
    for index, path in enumerate(paths):
        for fault in missing(readelf, path, index == 0, has_copies):
            print(f"{path}: {fault}")
            faults += 1
    print(f"{len(paths)} files, {faults} protections missing")
    sys.exit(1 if faults or not paths else 0)


main()
