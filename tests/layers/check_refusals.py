#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_layers.py refuses what it should: a tree of two rooms with one offence at a time.

usage: check_refusals.py CHECK_LAYERS
"""
import os
import subprocess
import sys
import tempfile

SPDX = "/* SPDX-License-Identifier: MIT */\n"
TREE = {
    "CMakeLists.txt": "dc_room(base)\ndc_room(nn NEEDS base)\ndc_room(cli NEEDS nn)\n",
    "docs/architecture.md": " 2  cli\n 1  nn\n 0  base\n",
    "include/dcomp/base.h": SPDX, "include/dcomp/file.h": SPDX, "include/dcomp/nn.h": SPDX,
    "src/README.md": "", "tests/README.md": "", "src/base/README.md": "", "src/nn/README.md": "",
    "src/cli/README.md": "",
    "src/base/one.c": SPDX + "#include <dirent.h>\n#include <sys/stat.h>\n",
    "src/nn/two.c": SPDX + "#include <pthread.h>\n#include \"dcomp/base.h\"\n",
    "src/cli/three.c": SPDX + "#include <unistd.h>\n#include \"dcomp/nn.h\"\n",
}
# The file that offends, its line, and what the finding says.
OFFENCES = (
    ("src/nn/two.c", "#include <unistd.h>", "the system's unistd.h"),
    ("src/nn/two.c", "#include <dirent.h>", "the system's dirent.h"),
    ("src/nn/two.c", "#include <sys/stat.h>", "the system's sys/stat.h"),
    ("src/cli/three.c", "#include <dirent.h>", "the system's dirent.h"),
    ("src/nn/two.c", '#include "dcomp/file.h"', "nn has no need of dcomp/file.h"),
    ("src/base/one.c", '#include "dcomp/nn.h"', "base may not see nn"),
    ("src/nn/two.c", '#include "three.h"', "is not of room nn"),
)


def findings_of(check, files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        run = subprocess.run([sys.executable, check, root], capture_output=True, text=True,
                             check=False)
        return run.stdout + run.stderr


def main():
    n_wrong = 0
    clean = findings_of(sys.argv[1], TREE)
    if clean != "no findings\n":
        print("a tree without an offence:", clean)
        n_wrong += 1
    for path, line, expected in OFFENCES:
        found = findings_of(sys.argv[1], {**TREE, path: TREE[path] + line + "\n"})
        if found.count("\n") != 1 or path not in found or expected not in found:
            print(f"{path} with {line}: {found}")
            n_wrong += 1
    return 1 if n_wrong else 0


if __name__ == "__main__":
    sys.exit(main())
