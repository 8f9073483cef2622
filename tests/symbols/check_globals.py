# SPDX-License-Identifier: MIT
"""usage: check_globals.py LIBRARY OBJDUMP

What the library keeps for the whole process is this list, each with what guards it: several threads
may be at work. Tables that are constant and what each thread has for itself are not of it.
"""
import re
import subprocess
import sys

GUARDED = {
    "once": "is a pthread_once_t", "detect_once": "is one, too", "environment_once": "is one, too",
    "hooks_once": "is one, too",
    "n_cores": "set once", "detected": "set once", "secret": "set once", "plain": "set once",
    "allowed": "atomic", "allowed_level": "atomic", "left": "atomic", "counter": "atomic",
    "unfinished": "atomic", "n_looking": "atomic", "taken": "atomic",
    "set_limit": "atomic", "default_limit": "set once", "wanted_jobs": "atomic",
    "limited": "atomic", "has_warned": "atomic", "has_warned_of_name": "atomic",
    "lock": "is a mutex", "pool": "its own mutex",
    "work": "talk.c's mutex", "listener": "talk.c's mutex",
}


def main():
    library, objdump = sys.argv[1:]
    table = subprocess.run([objdump, "-t", library], check=True, capture_output=True,
                           text=True).stdout
    # address, seven flags, section, size, name
    rows = re.findall(r"^[0-9a-f]{8,16} .{7} (\.(?:data|bss)\S*)\t[0-9a-f]+\s+(\S+)$", table, re.M)
    names = {re.sub(r"\.\d+$", "", name).split(".")[-1] for section, name in rows
             if name != section and not section.startswith(".data.rel.ro")}
    for name in sorted(names - set(GUARDED)):
        print(f"'{name}' belongs to the whole process: what guards it is not in {sys.argv[0]}")
    for name in sorted(set(GUARDED) - names):
        print(f"'{name}' is no longer there: take it out of {sys.argv[0]}")
    print(f"{len(names)} names")
    sys.exit(0 if names == set(GUARDED) else 1)


main()
