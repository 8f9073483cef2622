# SPDX-License-Identifier: MIT
"""alter_tensor.py IN OUT TENSOR INDEX=VALUE ... | x FACTOR: a safetensors file with some float32
values of a tensor set, or all of them multiplied."""
import json
import struct
import sys


def main():
    source, target, name, *changes = sys.argv[1:]
    with open(source, "rb") as f:
        data = bytearray(f.read())
    n_header = struct.unpack_from("<Q", data)[0]
    entry = json.loads(data[8 : 8 + n_header])[name]
    assert entry["dtype"] == "F32"
    start, end = (8 + n_header + at for at in entry["data_offsets"])
    if changes[0] == "x":
        values = struct.unpack_from("<%df" % ((end - start) // 4), data, start)
        values = [v * float(changes[1]) for v in values]
        struct.pack_into("<%df" % len(values), data, start, *values)
    else:
        for change in changes:
            index, value = change.split("=")
            struct.pack_into("<f", data, start + 4 * int(index), float(value))
    with open(target, "wb") as f:
        f.write(data)


main()
