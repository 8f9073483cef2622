#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""has_keys.py FILE KEY...: the file is one JSON object with "schema" and these keys.

KEY is a path: "before.top1", "layers[].name" (looked up in the list's first element).
"""
import json
import sys


def find(value, path):
    for step in path.replace("[]", ".[]").split("."):
        value = value[0] if step == "[]" else value[step]
    return value


with open(sys.argv[1], encoding="utf-8") as file:
    record = json.load(file)
for key in ["schema"] + sys.argv[2:]:
    try:
        find(record, key)
    except (KeyError, IndexError, TypeError):
        sys.exit(f"{sys.argv[1]}: no '{key}'")
if "ledger" in record and sum(record["ledger"].values()) != record["file_bytes"]:
    sys.exit(f"{sys.argv[1]}: the ledger does not sum to file_bytes")
