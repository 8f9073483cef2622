#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the cases of one folder: NAME.sh, and beside it what it must print and how it must end.

usage: run_cases.py DCOMP FOLDER [--update] [NAME...]

A case is run by `sh -eu` in an empty folder of its own. NAME.out and NAME.err are what it must
write, nothing when the file is missing; NAME.exit is its exit code, 0 when missing. In both

    ...       stands for any number of lines
    ~ REGEX   for one line that matches as a whole

and other lines for themselves. --update writes the files of cases that differ. Cases find the
program as `dcomp`, small models in $FIX (fixtures.sh), functions in $CLI/lib.sh, sources in $SRC.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TIMEOUT = 240  # seconds; a busy machine under sanitizers


def environment(program, scratch):
    kept = {k: v for k, v in os.environ.items()
            if not k.startswith(("DCOMP_", "OMP_")) and k not in ("NO_COLOR", "POSIXLY_CORRECT")}
    bin_folder = os.path.join(scratch, "bin")
    os.makedirs(bin_folder)
    os.symlink(os.path.abspath(program), os.path.join(bin_folder, "dcomp"))
    return {**kept, "PATH": bin_folder + ":" + kept.get("PATH", ""), "LC_ALL": "C", "CLI": HERE,
            "FIX": os.path.join(scratch, "fix"), "SRC": os.path.dirname(os.path.dirname(HERE)),
            "OMP_WAIT_POLICY": "passive"}


def run(script, folder, env):
    done = subprocess.run(["sh", "-eu", script], cwd=folder, env=env, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT)
    return done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"), \
        done.returncode


def read(path, default):
    if not os.path.exists(path):
        return default
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text, default):
    if text != default:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    elif os.path.exists(path):
        os.remove(path)


def matches(wanted, lines):
    """Whether the list of patterns accounts for all lines."""
    if not wanted:
        return not lines
    if wanted[0] == "...":
        return any(matches(wanted[1:], lines[i:]) for i in range(len(lines) + 1))
    if not lines:
        return False
    is_same = re.fullmatch(wanted[0][2:], lines[0]) if wanted[0].startswith("~ ") else \
        wanted[0] == lines[0]
    return bool(is_same) and matches(wanted[1:], lines[1:])


def check_case(folder, name, env, scratch, is_update):
    """Findings about one case, as text."""
    base = os.path.join(folder, name)
    place = tempfile.mkdtemp(dir=scratch, prefix=name + ".")
    try:
        out, err, code = run(base + ".sh", place, env)
    except subprocess.TimeoutExpired:
        return f"{base}.sh: not done after {TIMEOUT} s\n"
    findings = ""
    for ending, got in ((".out", out), (".err", err)):
        wanted = read(base + ending, "")
        if matches(wanted.splitlines(), got.splitlines()):
            continue
        if is_update:
            write(base + ending, got, "")
        else:
            findings += f"{base}{ending}: wanted\n{wanted}{base}{ending}: got\n{got}"
    wanted = read(base + ".exit", "0\n").strip()
    if wanted != str(code) and is_update:
        write(base + ".exit", f"{code}\n", "0\n")
    elif wanted != str(code):
        findings += f"{base}.exit: wanted {wanted}, got {code}\n{err}"
    shutil.rmtree(place, ignore_errors=True)
    return findings


def main():
    words = [w for w in sys.argv[1:] if w != "--update"]
    is_update = "--update" in sys.argv
    if len(words) < 2:
        sys.exit(__doc__)
    program, folder = words[0], os.path.abspath(words[1])
    names = words[2:] or sorted(f[:-3] for f in os.listdir(folder) if f.endswith(".sh"))
    n_bad = 0
    with tempfile.TemporaryDirectory(prefix="dcomp-cli-") as scratch:
        env = environment(program, scratch)
        os.makedirs(env["FIX"])
        out, err, code = run(os.path.join(HERE, "fixtures.sh"), env["FIX"], env)
        if code != 0:
            sys.exit(f"fixtures.sh: exit {code}\n{out}{err}")
        for name in names:
            findings = check_case(folder, name, env, scratch, is_update)
            n_bad += findings != ""
            print(findings + ("FAILED " if findings else "ok ") + name, flush=True)
    sys.exit(1 if n_bad else 0)


if __name__ == "__main__":
    main()
