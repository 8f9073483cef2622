# SPDX-License-Identifier: MIT
"""usage: check_memory.py DCOMP SHIM [EVERY]

Fails one allocation of the whole process, foreign libraries' included, once and from there on, in
commands of every kind. Each must end with 5 and one line, or as if nothing had been: with 0 and
the same bytes. EVERY: every how many-th allocation fails (default: some 25 of a command's, and
the first).
"""
import os
import shutil
import subprocess
import sys
import tempfile

from fault_inputs import make_inputs

SECONDS = 60


def commands():
    """Words of each command; OUT is a file that is compared."""
    yield ["verify", "m.dcm"]
    yield ["inspect", "m.dcm", "--json"]
    yield ["encode", "m.dcm", "-o", "OUT", "-j1"]
    yield ["decode", "m.dcm", "-o", "OUT", "-j2"]
    yield ["prune", "m.dcm", "-o", "OUT", "--density", "0.05", "-j1"]
    yield ["quantize", "m.dcm", "-o", "OUT", "--bits", "3", "-j2"]
    yield ["export", "m.dcm", "-o", "OUT.onnx"]
    yield ["export", "m.dcm", "-o", "OUT.safetensors"]
    yield ["import", "m.onnx", "-o", "OUT"]
    yield ["simulate", "q.dcm", "--pes", "4", "--code-bits", "8", "-j1"]
    yield ["eval", "m.dcm", "--data", "digits:60", "-j1", "--dump-output", "OUT.npy"]
    yield ["eval", "c.dcm", "--data", "images:d", "-j1", "--predictions", "OUT.csv"]
    yield ["eval", "q.dcm", "--data", "digits:60", "-j1", "--engine", "packed", "--dump-output",
           "OUT.npy"]
    yield ["bench", "q.dcm", "--repeats", "1", "-j1"]
    yield ["run", "c.dcm", "d", "-j1"]
    yield ["train", "tiny.json", "--data", "digits:60", "--epochs", "1", "-o", "OUT", "-j1"]
    yield ["compress", "m.dcm", "-o", "OUT", "-j1"]


def run(dcomp, words, env):
    done = subprocess.run([dcomp, *words, "-q"], env={**os.environ, **env}, capture_output=True,
                          timeout=SECONDS, check=False)
    return done.returncode, done.stderr.decode(errors="replace")


def outputs(words):
    return [word for word in words if word.startswith("OUT")]


def fault_of(code, text, words, whole):
    """What is wrong with how the command ended, or None."""
    lines = text.splitlines()
    if code == 5:
        right = [line for line in lines if "dcomp: " in line]  # "libgomp: " of another thread
        if not right:
            return "5 without a word"
    elif code != 0:
        return f"ended with {code}: {text.strip()[:200]}"
    for name in outputs(words):
        if not os.path.exists(name):
            if code == 0:
                return f"0 without {name}"
            continue
        with open(name, "rb") as file:
            if file.read() != whole[name]:
                return f"{code} and other bytes in {name}"
    return None


def clear(words):
    for name in outputs(words):
        if os.path.exists(name):
            os.unlink(name)
        shutil.rmtree(name + ".work", ignore_errors=True)


def check(dcomp, shim, words, every):
    """Numbers of runs and of faults."""
    clear(words)
    code, text = run(dcomp, words, {"LD_PRELOAD": shim, "FAIL_COUNT": "count"})
    assert code == 0, (words, text)
    with open("count", encoding="ascii") as file:
        n = int(file.read())
    whole = {}
    for name in outputs(words):
        with open(name, "rb") as file:
            whole[name] = file.read()
    step = every or max(n // 25, 1)
    n_runs = n_faults = 0
    for at in range(1, n + 1, step):
        for also in ("0", "1"):
            clear(words)
            code, text = run(dcomp, words, {"LD_PRELOAD": shim, "FAIL_AT": str(at),
                                            "FAIL_ALL": also})
            fault = fault_of(code, text, words, whole)
            n_runs += 1
            if fault:
                n_faults += 1
                print(f"FAIL_AT={at} FAIL_ALL={also} {' '.join(words)}: {fault}")
    print(f"{words[0]:10} {n:6} allocations, {n_runs} runs, {n_faults} faults", flush=True)
    return n_faults


def main():
    dcomp, shim = (os.path.abspath(word) for word in sys.argv[1:3])
    every = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        make_inputs(dcomp)
        faults = sum(check(dcomp, shim, words, every) for words in commands())
        os.chdir("/")
    print(f"{faults} faults")
    sys.exit(1 if faults else 0)


main()
