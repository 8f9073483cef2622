#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The house rules that a machine can check: floors, names, sizes, folder notes.

usage: check_layers.py [ROOT]

Prints one line a finding, `path:line: rule`, and leaves with 1 when there is any.
"""
import os
import re
import sys

ROOM = re.compile(r'^dc_room\((\w+)(?: NEEDS ([\w ]+?))?(?: LIBS [^)]*)?\)', re.MULTILINE)
# Second doors of a room, and who needs them: others keep out.
DOORS = {"file": ("base", ("base", "format", "interop", "data", "eie", "pipeline", "cli")),
         "source": ("model", ("model", "data", "nn", "pipeline", "cli")),
         "engine": ("pipeline", ("pipeline", "cli")),
         "op_list": ("model", ("model",)),
         "train": ("model", ("model", "nn", "prune", "quant", "exchange", "pipeline"))}
FOREIGN = ("zlib.h", "png.h", "cJSON.h", "dnnl.h", "jpeglib.h", "omp.h", "sndfile.h",
           "kissfft/kiss_fftr.h", "mpi.h")
# What talks to the system: files are base's, signals and terminals the program's.
SYSTEM = re.compile(r'^(dirent|fcntl|unistd|sys/\w+)\.h$')
OF_PROGRAM = ("fcntl.h", "unistd.h", "sys/ioctl.h")
MAX_FILE, MAX_BODY, MAX_COLUMNS, MAX_README = 600, 60, 100, 10
OF_LOCALE = re.compile(r'(?<!\w)(strto[df]|atof|v?snprintf)\(')
TO_TERMINAL = re.compile(r'(?<!\w)(v?printf|puts|vfprintf)\(')
DECIMALS = re.compile(r'%[-+ #0-9.*]*[aefgAEFG]')
# Quotes around a subject, not before the colon of a key of JSON.
DOUBLE_QUOTED = re.compile(r'\\"(%[-.0-9]*s|\w+(%u)?)\\"(?!:)')
INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
OP_CASE = re.compile(r'\bcase DC_OP_[A-Z]')
OP_LIST = re.compile(r'[!=]= DC_OP_[A-Z_]+\b[^;{}]*(?:\|\||&&)[^;{}]*[!=]= DC_OP_[A-Z]')
SOURCES = (".c", ".h")
SCRIPTS = (".py", ".sh", ".cmake", "CMakeLists.txt")

findings = []
sees = {}
machines = set()  # rooms that stand on accelerator alone


def rooms_of(text):
    """What each room may see, itself not counted: dc_room lines of CMakeLists.txt."""
    for name, needs in ROOM.findall(text):
        lower = needs.split()
        sees[name] = set(lower).union(*(sees[need] for need in lower))
        if lower == ["accelerator"]:
            machines.add(name)


def check_drawing(path):
    """The drawing of floors: a room stands above all that it may see, and none is left out."""
    drawn = {}
    for number, line in enumerate(read_lines(path), 1):
        match = re.match(r' (\d)  ([\w |]+)$', line)
        for room in match[2].replace("|", " ").split() if match else ():
            drawn[room] = (int(match[1]), number)
    for room in sees:
        if room not in drawn:
            report(path, 1, f"{room} is not in the drawing of floors")
    for room, (floor, number) in drawn.items():
        if room not in sees:
            report(path, number, f"CMakeLists.txt has no dc_room({room})")
        for lower in sees.get(room, ()):
            if drawn.get(lower, (-1,))[0] >= floor:
                report(path, number, f"{room} sees {lower}, which is not below it")


def report(path, line, rule):
    findings.append(f"{path}:{line}: {rule}")


def files_under(*folders):
    for folder in folders:
        for parent, inner, names in os.walk(folder):
            inner[:] = sorted(d for d in inner if d[0] != "." and d != "__pycache__")
            for name in sorted(names):
                yield os.path.join(parent, name)


def read_lines(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().splitlines()


def check_shape(path, lines):
    """SPDX first, file length, line length; for C also the length of function bodies."""
    first = lines[1:2] if lines and lines[0].startswith("#!") else lines[:1]
    if not first or "SPDX-License-Identifier: MIT" not in first[0]:
        report(path, 1, "the first line names the licence (SPDX)")
    if len(lines) > MAX_FILE:
        report(path, len(lines), f"{len(lines)} lines, at most {MAX_FILE}")
    body_start = 0
    for number, line in enumerate(lines, 1):
        if len(line) > MAX_COLUMNS:
            report(path, number, f"{len(line)} columns, at most {MAX_COLUMNS}")
        if not path.endswith(SOURCES):
            continue
        if line.startswith("{"):
            body_start = number
        elif line.startswith("}") and body_start:
            length = number - body_start - 1
            if length > MAX_BODY:
                report(path, body_start, f"function body of {length} lines, at most {MAX_BODY}")
            body_start = 0


def check_include(path, number, room, kind, target, foreign_users):
    foreign = next((key for key in FOREIGN if target.split("/")[-1] == key), None)
    if foreign:
        foreign_users.setdefault(foreign, {}).setdefault(path, number)
        if not path.endswith(".c"):
            report(path, number, f"a header names the foreign {target}")
    if kind == "<":
        is_theirs = room == "base" or (room == "cli" and target in OF_PROGRAM)
        if SYSTEM.match(target) and not is_theirs:
            report(path, number, f"{room} asks base (file.h) and not the system's {target}")
        return
    if target.startswith("dcomp/"):
        door = target[len("dcomp/"):-len(".h")]
        door, users = DOORS.get(door, (door, sees))
        if door not in sees:
            report(path, number, f"no room is called {door}")
        elif room not in users:
            report(path, number, f"{room} has no need of {target}")
        elif door != room and door not in sees[room]:
            report(path, number, f"{room} may not see {door} (CMakeLists.txt, dc_room)")
        return
    own = os.path.dirname(path)
    homes = [home for home in (own, os.path.join("src", room))
             if os.path.exists(os.path.join(home, target))]
    if not homes or ".." in target:
        report(path, number, f'"{target}" is not of room {room}')
        return
    other = os.path.dirname(os.path.join(homes[0], target))
    if not (own + os.sep).startswith(other + os.sep) and not other.startswith(own + os.sep):
        report(path, number, f"{own} and {other} stand side by side: neither sees the other")


def check_locale(path, number, line):
    """Text of decimals is the same in every locale (print.c)."""
    match = OF_LOCALE.search(line)
    if match and (match[1] != "snprintf" or DECIMALS.search(line)):
        report(path, number, f"{match[1]} follows the locale: dc_print, dc_vprint, dc_text_number")


def check_talk(path, number, line):
    """What is printed for people goes through say.c."""
    if TO_TERMINAL.search(line):
        report(path, number, "cli_say prints for people")


def check_quotes(path, number, line):
    """A message has its subject in single quotes."""
    if DOUBLE_QUOTED.search(line):
        report(path, number, "messages have their subject in single quotes: '%s'")


def check_ops(path, lines):
    """What an op is stands in its record: who asks does not list ops."""
    if os.path.basename(path).startswith(("op_", "ops_")):
        return
    for number, line in enumerate(lines, 1):
        if OP_CASE.search(line):
            report(path, number, "a switch over ops: ask the op's record (dc_op_kind)")
    if "interop" not in path.split(os.sep): # it recognises patterns of several ops
        text = "\n".join(lines)
        for match in OP_LIST.finditer(text):
            report(path, text.count("\n", 0, match.start()) + 1,
                   "a list of ops: ask the op's record (dc_op_kind)")


def check_machines(path, number, room, line):
    """A machine is known by its row (dc_accelerator): its own types stay in its room."""
    for machine in machines - {room}:
        if re.search(rf'\b(dc_{machine}_|DC_{machine.upper()}_|dcomp/{machine}\.h)', line):
            report(path, number, f"{machine} is known by its row alone (dc_accelerator)")


def check_rooms():
    foreign_users = {}
    for path in files_under("src", os.path.join("include", "dcomp")):
        if not path.endswith(SOURCES) or path.endswith(os.path.join("dcomp", "dcomp.h")):
            continue
        parts = path.split(os.sep)
        room = parts[1] if parts[0] == "src" else parts[2][:-len(".h")]
        room = DOORS.get(room, (room,))[0]
        if room not in sees:
            report(path, 1, f"CMakeLists.txt has no dc_room({room})")
            continue
        check_ops(path, read_lines(path))
        for number, line in enumerate(read_lines(path), 1):
            match = INCLUDE.match(line)
            if match:
                check_include(path, number, room, match[1], match[2], foreign_users)
            check_machines(path, number, room, line)
            if room == "cli" and not path.endswith("say.c"):
                check_talk(path, number, line)
            check_quotes(path, number, line)
            if room != "cli" and not path.endswith("print.c"):
                check_locale(path, number, line)
    for foreign, users in foreign_users.items():
        for path, number in list(users.items())[1:]:
            report(path, number, f"{foreign} is already named in {list(users)[0]}")


def check_files():
    homes = {}
    for path in files_under("src", "tests", "include", "scripts"):
        name = os.path.basename(path)
        if name.endswith(SOURCES + SCRIPTS):
            check_shape(path, read_lines(path))
        if name.endswith(SOURCES) and not path.startswith("include"):
            if name in homes:
                report(path, 1, f"the name is taken by {homes[name]}")
            homes.setdefault(name, path)


def check_readmes():
    """Folders of generated inputs (corpus) are data only and need none."""
    folders = {os.path.dirname(path) for path in files_under("src", "tests")}
    for folder in sorted(f for f in folders if "corpus" not in f.split(os.sep)):
        readme = os.path.join(folder, "README.md")
        if not os.path.exists(readme):
            report(folder, 1, "a folder has a README.md")
        elif len(read_lines(readme)) > MAX_README:
            report(readme, 1, f"{len(read_lines(readme))} lines, at most {MAX_README}")


def main():
    os.chdir(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(
        os.path.abspath(__file__))))
    with open("CMakeLists.txt", encoding="utf-8") as file:
        rooms_of(file.read())
    check_drawing(os.path.join("docs", "architecture.md"))
    check_rooms()
    check_files()
    check_readmes()
    print("\n".join(findings) or "no findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
