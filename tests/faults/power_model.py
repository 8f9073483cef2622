# SPDX-License-Identifier: MIT
"""What can lie on a disk after a power cut, from the calls that a program has made.

Only what was synced is certain. Of a file's data since its last fsync nothing, a part, zeros or all
may be there; of a folder's entries since its last fsync each may be as it was at any time since,
whatever became of the others: a rename may have made the new name and kept the old one, an unlink
may have come before the link it followed. Real file systems promise more; no program needs it.
"""
import os

O_CREAT, O_TRUNC = os.O_CREAT, os.O_TRUNC
FOLDER = "a folder"


class File:
    """Bytes that are safe, and as they are now."""

    def __init__(self, data=b""):
        self.safe = self.now = data

    def versions(self):
        n, half = len(self.now), len(self.now) // 2
        if self.safe == self.now:
            return [self.now]
        return [self.safe, self.now[:half], bytes(n), bytes(half) + self.now[half:], self.now]


class Disk:
    """Names under one folder, each with what it was since the folder's last sync."""

    def __init__(self, root, files, ignores=()):
        """files: path -> bytes, or None for a folder. ignores: kinds of syncs that do nothing."""
        self.root, self.ignores = root, ignores
        self.names = {root: [FOLDER]}
        self.names.update({path: [FOLDER if data is None else File(data)]
                           for path, data in files.items()})
        self.fds = {}

    def now(self, path):
        return self.names.get(path, [None])[-1]

    def put(self, path, what):
        self.names.setdefault(path, [None]).append(what)

    def see(self, call, data):
        """One call of the program; data: what a write has written. Whether it changed anything."""
        act = getattr(self, "see_" + call.name, None)
        if act is None or call.result < 0:
            return False
        path, path2 = (self.inner(p) for p in (call.path, call.path2))
        return bool(act(call, path, path2, data))

    def inner(self, path):
        """The path as seen from the folder that the root is in."""
        here = os.getcwd() + "/"
        return (path[len(here):] if path.startswith(here) else path).rstrip("/")

    def is_ours(self, path):
        return path == self.root or path.startswith(self.root + "/")

    def see_open(self, call, path, _path2, _data):
        self.fds[call.result] = None
        if not self.is_ours(path):
            return False
        is_new = call.extra & O_CREAT and self.now(path) is None
        if is_new:
            self.put(path, File())
        what = self.now(path)
        if call.extra & O_TRUNC and not is_new:
            what.now = b""
        self.fds[call.result] = [path if what is FOLDER else what, 0]
        return is_new

    def see_dup(self, call, _path, _path2, _data):
        self.fds[call.result] = self.fds.get(call.fd)

    def see_write(self, call, _path, _path2, data):
        opened = self.fds.get(call.fd) if call.fd > 2 else None
        if opened is None:
            return False
        file, at = opened
        file.now = file.now[:at] + data + file.now[at + len(data):]
        opened[1] += len(data)
        return True

    def see_fsync(self, call, _path, _path2, _data):
        opened = self.fds.get(call.fd)
        if opened is None:
            return False
        if isinstance(opened[0], File):
            if "files" not in self.ignores:
                opened[0].safe = opened[0].now
        elif "folders" not in self.ignores:
            for path, past in self.names.items():
                if os.path.dirname(path) == opened[0]:
                    del past[:-1]
            self.names = {path: past for path, past in self.names.items() if past != [None]}
        return True

    def see_rename(self, _call, path, path2, _data):
        if self.is_ours(path2):
            self.put(path2, self.now(path))
            self.put(path, None)
        return self.is_ours(path2)

    def see_link(self, _call, path, path2, _data):
        if self.is_ours(path2):
            self.put(path2, self.now(path))
        return self.is_ours(path2)

    def see_unlink(self, _call, path, _path2, _data):
        if self.is_ours(path):
            self.put(path, None)
        return self.is_ours(path)

    see_rmdir = see_unlink

    def see_mkdir(self, _call, path, _path2, _data):
        if self.is_ours(path):
            self.put(path, FOLDER)
        return self.is_ours(path)

    def see_ftruncate(self, *_):
        raise AssertionError("the model knows no ftruncate")

    see_pwrite = see_writev = see_ftruncate

    def choices(self, path):
        """All that may lie under a name: bytes, None for a folder, an empty tuple for nothing."""
        found = []
        for what in self.names[path]:
            found += what.versions() if isinstance(what, File) else \
                [None if what is FOLDER else ()]
        return list(dict.fromkeys(found))

    def states(self):
        """Each that a cut may leave now: path -> bytes, None for a folder."""
        paths = [path for path in sorted(self.names) if path != self.root]
        choices = [self.choices(path) for path in paths]

        def walk(at, state):
            if at == len(paths):
                yield dict(state)
                return
            folder = os.path.dirname(paths[at])
            is_there = folder == self.root or folder in state
            for what in choices[at] if is_there else [()]:
                if what != ():
                    state[paths[at]] = what
                yield from walk(at + 1, state)
                state.pop(paths[at], None)

        return walk(0, {})
