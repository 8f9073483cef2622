# SPDX-License-Identifier: MIT
"""Commands under trace_calls, and what they leave: for check_calls.py and check_power.py."""
import collections
import os
import shutil
import subprocess

SECONDS = 60
Call = collections.namedtuple("Call", "number name result fd extra path path2 is_hit")
Ended = collections.namedtuple("Ended", "code out err calls")


def run(program, words, tracer=None, faults=(), stdin=None):
    """A command's end; its calls are known when it was traced. A hang is code -1."""
    command = [program, *words]
    if tracer:
        command = [tracer, "log", *faults, "--", *command]
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=SECONDS,
                              check=False)
    except subprocess.TimeoutExpired:
        return Ended(-1, b"", "no end", [])
    calls = read_log() if tracer else []
    return Ended(done.returncode, done.stdout, done.stderr.decode(errors="replace"), calls)


def read_log():
    with open("log", encoding="utf-8", errors="replace") as file:
        rows = [line.rstrip("\n").split("\t") for line in file]
    return [Call(int(row[0]), row[1], int(row[2]), int(row[3]), int(row[4]), row[5], row[6],
                 row[7] == "hit") for row in rows]


def tree(folder):
    """Path -> bytes of all files, None for folders."""
    found = {}
    for parent, folders, names in os.walk(folder):
        found.update({os.path.join(parent, name): None for name in folders})
        for name in names:
            with open(os.path.join(parent, name), "rb") as file:
                found[os.path.join(parent, name)] = file.read()
    return found


def put_tree(folder, files):
    """The folder holds these files and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    for path, data in sorted(files.items()):
        if data is None:
            os.makedirs(path, exist_ok=True)
            continue
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


def can_trace(program, tracer):
    return run(program, ["--version"], tracer).code == 0
