# SPDX-License-Identifier: MIT
# What JSON says is what lies on the disk.
dcomp encode "$FIX/shared.dcm" -o e.dcm --json > out
python3 - <<'END'
import json, os
record = json.load(open("out"))
assert record["file_bytes"] == os.path.getsize("e.dcm")
assert abs(record["ratio"] - record["reference_bytes"] / record["file_bytes"]) < 1e-9
n = sum(layer["weights"] for layer in record["layers"])
assert all(0 <= layer["density"] <= 1 for layer in record["layers"])
assert record["reference_bytes"] > 4 * n
END
