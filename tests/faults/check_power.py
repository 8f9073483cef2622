# SPDX-License-Identifier: MIT
"""usage: check_power.py DCOMP TRACER [EVERY]

Cuts the power at every point of commands that write, in a model of a disk (power_model.py), and
looks at every state that can be left: each output is the old whole file or the new one, and after
exit code 0 the new one; checkpoints that are written stay until the output is there; and the
command, with --resume, ends with the same bytes and leaves nothing else. The model must find all
that broken when syncs are ignored. EVERY: every how many-th state is gone on from (default: some
10 of a command's). Leaves with 77 where nothing may be traced.
"""
import itertools
import os
import re
import sys
import tempfile

from fault_inputs import make_inputs
from power_model import Disk
from traced import can_trace, put_tree, run, tree

TRAIN = ["train", "tiny.json", "--data", "digits:60", "--epochs", "2", "--checkpoint-seconds", "0",
         "-o", "o/OUT", "-j1"]
CHAIN = ["compress", "m.dcm", "--recipe", "r.json", "--data", "digits:60", "--checkpoint-seconds",
         "0", "-o", "o/OUT", "-j1"]
STATE = re.compile(r"o/OUT\.work/(epoch\.ckpt|\d\d-.*\.dcm)$")


def commands():
    """Words, and words of what was run before: (words, before)."""
    old = ["export", "m.dcm", "-o", "o/OUT.json"]
    other = [*TRAIN, "--seed", "7", "--keep-checkpoints"]
    yield ["encode", "m.dcm", "-o", "o/OUT"], None
    yield ["encode", "m.dcm", "-o", "o/OUT", "-f"], ["decode", "q.dcm", "-o", "o/OUT"]
    yield ["import", "m.onnx", "-o", "o/OUT"], old
    yield ["inspect", "m.dcm", "--plots", "o/P"], None
    yield ["eval", "m.dcm", "--data", "digits:60", "--predictions", "o/P.csv", "-j1"], None
    yield ["simulate", "--layer", "16x12", "--pes", "2", "--emit-sram", "o/S", "-j1"], None
    yield TRAIN, None
    yield [*TRAIN, "-f"], other
    yield CHAIN, None
    yield [*CHAIN, "-f"], ["encode", "m.dcm", "-o", "o/OUT"]


class Recorded:
    """A command's calls, and the files before and after it."""

    def __init__(self, dcomp, tracer, words, earlier):
        self.dcomp, self.words = dcomp, [*words, "-q"]
        put_tree("o", {})
        if earlier:
            assert run(dcomp, [*earlier, "-q"]).code == 0, earlier
        self.before = tree("o")
        ended = run(dcomp, self.words, tracer, ["data"])
        assert ended.code == 0, (words, ended.err)
        self.calls, self.after = ended.calls, tree("o")
        with open("log.data", "rb") as file:
            self.data = file.read()

    def points(self, ignores=()):
        """The disk after each call that changed it."""
        disk, at = Disk("o", self.before, ignores), 0
        yield disk, False
        for call in self.calls:
            n = call.result if call.name == "write" and call.result > 0 else 0
            if disk.see(call, self.data[at:at + n]):
                yield disk, call is self.calls[-1]
            at += n
        yield disk, True

    def is_output(self, path):
        return ".dcomp-" not in path and not path.startswith("o/OUT.work")

    def fault_of(self, state, has_ended):
        """What is wrong with the outputs in a state, or None."""
        for path, data in state.items():
            known = [files[path] for files in (self.before, self.after) if path in files]
            if self.is_output(path) and data not in known:
                return f"{path} is neither the old nor the new one"
        for path, data in self.before.items():
            if self.is_output(path) and path not in state:
                return f"{path} is gone"
        for path, data in self.after.items():
            if has_ended and state.get(path, b"-") != data:
                return f"{path} is not there after exit code 0"
        return None

    def broken(self):
        """(fault, state) of all broken states, and all states, each once."""
        faults, states, keeps = [], {}, False
        for disk, has_ended in self.points():
            found = list(disk.states())
            is_out = all(state.get("o/OUT") == self.after.get("o/OUT") for state in found)
            for state in found:
                fault = self.fault_of(state, has_ended)
                if keeps and not is_out and not any(STATE.match(path) for path in state):
                    fault = fault or "the checkpoints are gone"
                if fault:
                    faults.append((fault, state))
                states[tuple(sorted(state.items()))] = state
            keeps = self.keeps(disk)
        return faults, list(states.values())

    def is_seen(self, ignores):
        """Whether the model finds anything broken when syncs of a kind do nothing."""
        return any(self.fault_of(state, has_ended) for disk, has_ended in self.points(ignores)
                   for state in itertools.islice(disk.states(), 64))

    def keeps(self, disk):
        """Whether the program has made a state safe and not begun to remove states."""
        names = [path for path in disk.names if STATE.match(path) and path not in self.before]
        return any(disk.names[path][-1] is not None and len(disk.names[path]) == 1
                   for path in names)

    def fault_of_going_on(self, state):
        put_tree("o", state)
        words = self.words if "-f" in self.words else [*self.words, "-f"]
        is_resumed = "--checkpoint-seconds" in self.words
        ended = run(self.dcomp, [*words, *(["--resume"] if is_resumed else [])])
        if ended.code == 2 and any(STATE.match(path) for path in self.before):
            ended = run(self.dcomp, words)  # what was to be replaced is there still
        if ended.code != 0:
            return f"going on ended with {ended.code}: {ended.err.strip()[:300]}"
        found = tree("o")
        return None if found == self.after else f"going on left others: {sorted(found)}"


def check(dcomp, tracer, words, earlier, every):
    """Number of faults of a command."""
    recorded = Recorded(dcomp, tracer, words, earlier)
    faults, states = recorded.broken()
    for kind in ("files", "folders"):
        if not recorded.is_seen((kind,)):
            faults.append((f"the model does not see that {kind} are not synced", {}))
    tried = states[::every or max(1, len(states) // 10)]
    for state in tried:
        fault = recorded.fault_of_going_on(state)
        if fault:
            faults.append((fault, state))
    for fault in list(dict.fromkeys(fault for fault, _ in faults))[:5]:
        state = next(s for f, s in faults if f == fault)
        print(f"{' '.join(words)}: {fault} in {[(p, d and len(d)) for p, d in state.items()]}")
    print(f"{words[0]:10} {len(states):5} states, {len(tried)} gone on from, {len(faults)} faults",
          flush=True)
    return len(faults)


def main():
    dcomp, tracer = (os.path.abspath(word) for word in sys.argv[1:3])
    every = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    os.environ["OMP_WAIT_POLICY"] = "passive"
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(os.path.realpath(folder))
        if not can_trace(dcomp, tracer):
            os.chdir("/")
            print("nothing may be traced here")
            sys.exit(77)
        make_inputs(dcomp)
        faults = sum(check(dcomp, tracer, *row, every) for row in commands())
        os.chdir("/")
    print(f"{faults} faults")
    sys.exit(1 if faults else 0)


main()
