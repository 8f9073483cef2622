# SPDX-License-Identifier: MIT
"""usage: check_calls.py DCOMP TRACER [EVERY]

Makes one call to the kernel about files fail, or one and all after it of its name, in commands that
read and write; and has all reads and writes done by parts. Each command must end with 4 (5 when
memory was out), one line that names the file, the old output and nothing half written; or with 0
and the same bytes, where the call was not one that data go through. What was interrupted must go
on to the same bytes. EVERY: every how many-th fault (default: half of the kinds of call and
error once a command). Leaves with 77 where nothing may be traced.
"""
import errno
import os
import re
import sys
import tempfile

from fault_inputs import make_inputs
from traced import can_trace, put_tree, run, tree

EIO, EINTR, EMFILE = errno.EIO, errno.EINTR, errno.EMFILE
ERRORS = {  # of each call: what it may fail with; "+": from then on
    "open": (f"{EIO}", f"{EINTR}", f"{EMFILE}+"), "read": (f"{EIO}", f"{EINTR}"),
    "write": (f"{EIO}", f"{EINTR}", f"{errno.ENOSPC}+"), "lseek": (f"{errno.ESPIPE}",),
    "fsync": (f"{EIO}", f"{EINTR}", f"{errno.ENOSPC}+"), "ftruncate": (f"{EIO}",),
    "close": (f"{EIO}", f"{EINTR}"), "dup": (f"{EMFILE}",), "stat": (f"{EIO}",),
    "access": (f"{EIO}",), "readlink": (f"{EIO}",), "getdents": (f"{EIO}",),
    "mmap": (f"{errno.ENODEV}", f"{errno.ENOMEM}+"), "munmap": (f"{errno.EINVAL}",),
    "flock": (f"{EINTR}", f"{errno.ENOLCK}+"), "fchmod": (f"{errno.EPERM}",),
    "fchown": (f"{errno.EPERM}+",), "mkdir": (f"{EIO}", f"{errno.ENOSPC}+"), "rmdir": (f"{EIO}",),
    "rename": (f"{EIO}", f"{errno.ENOSPC}+"), "link": (f"{EIO}", f"{errno.EPERM}"),
    "unlink": (f"{EIO}",), "getrandom": (f"{errno.ENOSYS}",)}
BY_PARTS = (["short"], ["short", f"mmap={errno.ENODEV}"])
TIMES = re.compile(rb"[0-9.,]+( s\b|/s)")
DATA_CALLS = ("write", "fsync", "ftruncate")  # what they lose is lost
STATE = re.compile(r"o/OUT\.work/(epoch\.ckpt|\d\d-.*\.dcm)$")
TRAIN = ["train", "tiny.json", "--data", "digits:60", "--epochs", "2", "--checkpoint-seconds", "0",
         "-o", "o/OUT", "-j1"]


def commands(interrupted):
    """Words, and what lies in the folder of outputs before. "-": the model by a pipe."""
    old = {"o/OUT": b"old"}
    yield ["verify", "m.dcm"], {}
    yield ["verify", "-"], {}
    yield ["inspect", "-", "--json"], {}
    yield ["inspect", "m.dcm", "--plots", "o/P"], {}
    yield ["encode", "m.dcm", "-o", "o/OUT", "-j1"], {}
    yield ["encode", "-", "-o", "o/OUT", "-f", "-j2"], old
    yield ["decode", "m.dcm", "-o", "o/OUT", "-f"], old
    yield ["prune", "m.dcm", "-o", "o/OUT", "--density", "0.3", "-j1"], {}
    yield ["quantize", "m.dcm", "-o", "o/OUT", "--bits", "3", "-f", "-j1"], old
    for ending in ("onnx", "safetensors", "json"):
        yield ["export", "m.dcm", "-o", f"o/OUT.{ending}"], {}
    yield ["import", "m.onnx", "-o", "o/OUT", "-f"], old
    yield ["import", "m.safetensors", "--arch", "tiny.json", "-o", "o/OUT"], {}
    yield ["simulate", "--layer", "16x12", "--pes", "2", "-j1", "--emit-sram", "o/S"], {}
    machine = ["simulate", "q.dcm", "--pes", "4", "--code-bits", "8", "-j1"]
    yield [*machine, "--trace", "o/T.vcd", "--plot", "o/P.png"], {}
    yield [*machine, "--csv"], {}
    yield ["eval", "m.dcm", "--data", "digits:60", "-j1", "--dump-output", "o/OUT.npy",
           "--predictions", "o/P.csv", "-f"], {"o/P.csv": b"old"}
    yield ["eval", "c.dcm", "--data", "images:d", "-j1", "--predictions", "o/OUT.csv",
           "--dump-input", "o/I.png", "--strict"], {}
    yield ["eval", "c.dcm", "--data", "images:e", "-j1", "--dump-output", "o/OUT.npy",
           "--strict"], {}
    yield ["run", "c.dcm", "d", "-j1", "--strict"], {}
    yield TRAIN, {}
    yield TRAIN, interrupted
    yield [*TRAIN, "--resume"], interrupted
    yield [*TRAIN, "--seed", "2", "-f"], interrupted
    yield ["compress", "m.dcm", "-o", "o/OUT", "-f", "-j1"], old
    yield ["compress", "m.dcm", "-o", "o/OUT", "-f", "-j1", "--recipe", "r.json", "--data",
           "digits:60", "--checkpoint-seconds", "0"], old


def interrupt(dcomp, tracer):
    """What a training leaves that could not write its last state."""
    put_tree("o", {})
    calls = run(dcomp, TRAIN, tracer).calls
    last = next(call for call in calls if call.name == "open" and ".01-train" in call.path)
    put_tree("o", {})
    assert run(dcomp, TRAIN, tracer, [f"{last.number}={EIO}"]).code == 4
    return tree("o")


class Command:
    """A command, and what it does undisturbed."""

    def __init__(self, dcomp, tracer, words, before):
        self.dcomp, self.tracer, self.words, self.before = dcomp, tracer, [*words, "-q"], before
        self.stdin, self.n_missed = None, 0
        if "-" in words:
            with open("m.dcm", "rb") as file:
                self.stdin = file.read()
        whole = self.run([])
        self.code, self.calls, self.out, self.after = whole.code, whole.calls, whole.out, tree("o")
        is_refused = before and "-f" not in words and "--resume" not in words
        assert self.code == (2 if is_refused else 0), (words, whole.err)

    def run(self, faults):
        put_tree("o", self.before)
        return run(self.dcomp, self.words, self.tracer, faults, self.stdin)

    def faults(self):
        """All single faults: the call, and how it fails."""
        for call in self.calls:
            for error in ERRORS[call.name]:
                if call.fd != 2 or error[-1] != "+":  # messages go there
                    yield call, error

    def is_whole(self, ended):
        return ended.code == self.code and tree("o") == self.after and \
            same_text(ended.out, self.out)

    def fault_of(self, ended, name, error):
        """What is wrong with how the command ended, or None."""
        hits = [call for call in ended.calls if call.is_hit]
        if not hits or hits[0].name != name:
            self.n_missed += 1  # threads make calls in another order
            return None if self.n_missed < len(self.calls) // 2 else "calls are not made again"
        if ended.code == self.code:
            return self.fault_of_success(ended, hits, error)
        allowed = (4, 5) if error.startswith(str(errno.ENOMEM)) else (4,)
        if ended.code not in allowed:
            return f"ended with {ended.code}: {ended.err.strip()[:200]}"
        if error == str(EINTR) and not any(hit.fd == 1 for hit in hits):
            return f"not tried again: {ended.err.strip()[:200]}"
        return fault_of_line(ended, hits) or self.fault_of_files(hits)

    def fault_of_success(self, ended, hits, error):
        for hit in hits:
            is_locked = any(call.name == "flock" and call.path.endswith("OUT.work")
                            for call in ended.calls[:hit.number])
            is_state = is_locked and "--resume" in self.words and \
                STATE.search(hit.path) and hit.name in ("open", "read", "stat")
            if error != str(EINTR) and (is_state or is_of_data(hit, ended.calls)):
                return f"{hit.name} {hit.path} was swallowed"
        found = tree("o")
        for path, data in self.after.items():
            if path not in found or found[path] != data:
                return f"0 and other bytes in {path}"
        if may_leave(hits):
            found = {path: found[path] for path in found if path in self.after}
        if found != self.after:
            return f"0 and left {sorted(set(found) - set(self.after))}"
        return None if same_text(ended.out, self.out) else "0 and other text"

    def fault_of_files(self, hits):
        found = tree("o")
        for path in self.before:
            if path not in found and not path.startswith("o/OUT.work"):
                return f"{path} is gone"
        had, has = (any(map(STATE.match, files)) for files in (self.before, found))
        if had and not has and "o/OUT" not in found and "-f" not in self.words:
            return "the states are gone"
        for path, data in found.items():
            known = [files[path] for files in (self.before, self.after) if path in files]
            if path.startswith("o/OUT.work"):
                continue
            if not known and not may_leave(hits):
                return f"left {path}"
            if known and data not in known:
                return f"partial {path}"
        return self.fault_of_resume() if "o/OUT.work" in found else None

    def fault_of_resume(self):
        words = [word for word in self.words if word not in ("-f", "--resume")] + ["-f"]
        ended = run(self.dcomp, [*words, "--resume"])
        if ended.code == 2 and "-f without --resume" in ended.err and "-f" in self.words:
            ended = run(self.dcomp, words)  # what was to be replaced is there still
        if ended.code != 0:
            return f"resume ended with {ended.code}: {ended.err.strip()[:200]}"
        found = tree("o")
        whole = self.code != 0 or found == self.after
        return None if whole else f"resume left others: {sorted(found)}"


def same_text(a, b):
    """But for how long it took."""
    return TIMES.sub(b"", a) == TIMES.sub(b"", b)


def is_of_data(call, calls):
    """Whether an output is not safe when this fails."""
    if call.fd == 2 or "/o" not in call.path and call.fd != 1:
        return False
    if call.name == "close":
        for earlier in reversed(calls[:call.number - 1]):
            if earlier.result == call.fd and earlier.name in ("open", "dup"):
                return earlier.name == "dup"
            if earlier.fd == call.fd and earlier.name == "write":
                return True
    if call.path.endswith("OUT.work"):  # states that go need not be safe
        changes = [c.name for c in calls[:call.number] if c.name in ("rename", "link", "unlink")]
        return call.name in DATA_CALLS and changes[-1:] != ["unlink"]
    return call.name in DATA_CALLS


def may_leave(hits):
    """Whether something may be left because removing it is what failed."""
    return any(hit.name in ("unlink", "rmdir", "getdents", "open", "stat") or
               hit.name == "fsync" and hit.path.endswith("OUT.work") for hit in hits)


def fault_of_line(ended, hits):
    """An error is one line that names the file it is about."""
    lines = [line for line in ended.err.splitlines() if "checkpoints are in" not in line]
    if any(hit.fd == 2 for hit in hits):
        return None
    if len(lines) != 1 or not lines[0].startswith("dcomp: "):
        return f"{ended.code} and {len(lines)} lines: {ended.err.strip()[:200]}"
    if "memory" in lines[0] or any(hit.fd == 1 for hit in hits) and "output" in lines[0]:
        return None
    names = set()
    for hit in hits:
        for path in (hit.path, hit.path2):
            names.update(part.lstrip(".").split(".dcomp-")[0] for part in path.split("/")[-2:])
    if not any(name and name in lines[0] for name in names) and \
            not any(hit.path.startswith("pipe:") and "input" in lines[0] for hit in hits):
        return f"no file of {sorted(names)} is named: {lines[0]}"
    return None


def chosen(command, every):
    """Faults to try: every so many-th, or one of half the kinds, others in each command."""
    faults = list(command.faults())
    if every:
        return faults[::every]
    groups = {}
    for call, error in faults:
        groups.setdefault((call.name, error), []).append((call, error))
    turn = sum(map(len, command.words))
    return [group[turn % len(group)] for i, group in enumerate(groups.values())
            if (i + turn) % 2 == 0]


def check(dcomp, tracer, words, before, every):
    """Numbers of runs and of faults."""
    command = Command(dcomp, tracer, words, before)
    n_runs = n_faults = 0
    for call, error in chosen(command, every):
        fault = command.fault_of(command.run([f"{call.number}={error}"]), call.name, error)
        n_runs += 1
        if fault:
            n_faults += 1
            print(f"{call.number}={error} {call.name} {call.path}: {' '.join(words)}: {fault}")
    for faults in BY_PARTS:
        ended = command.run(faults)
        n_runs += 1
        if not command.is_whole(ended):
            n_faults += 1
            print(f"{faults}: {' '.join(words)}: {ended.code}, or other bytes: {ended.err[:200]}")
    print(f"{words[0]:10} {len(command.calls):4} calls, {n_runs} runs, {n_faults} faults, "
          f"{command.n_missed} not met", flush=True)
    return n_faults


def main():
    dcomp, tracer = (os.path.abspath(word) for word in sys.argv[1:3])
    every = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    os.environ["OMP_WAIT_POLICY"] = "passive"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        if not can_trace(dcomp, tracer):
            os.chdir("/")
            print("nothing may be traced here")
            sys.exit(77)
        make_inputs(dcomp)
        interrupted = interrupt(dcomp, tracer)
        faults = sum(check(dcomp, tracer, *row, every) for row in commands(interrupted))
        os.chdir("/")
    print(f"{faults} faults")
    sys.exit(1 if faults else 0)


main()
