# SPDX-License-Identifier: MIT
# A file that somebody writes while it is imported may be refused or read; nothing that it said
# before is relied on.
. "$CLI/lib.sh"
cat > change.py <<'END'
import mmap
import subprocess
import sys
import threading

N_FIELDS = 200000


def field(number, data):
    """A field of bytes."""
    n, size = len(data), b""
    while n >= 128:
        size += bytes([n & 127 | 128])
        n >>= 7
    return bytes([number << 3 | 2]) + size + bytes([n]) + data


def value(name):
    dims = field(1, b"\x08\x01") + field(1, b"\x08\x04")
    return field(1, name) + field(2, field(1, b"\x08\x01" + field(2, dims)))


# Fields that no reader knows, and that become names of inputs by one bit.
spare = b"\x32\x00" * N_FIELDS
node = field(1, b"x") + field(2, b"y") + field(3, b"n") + field(4, b"Relu") + spare
graph = field(1, node) + field(11, value(b"x")) + field(12, value(b"y"))
model = b"\x08\x08" + field(7, graph) + field(8, field(1, b"") + b"\x10\x0d")
with open("m.onnx", "wb") as file:
    file.write(model)
at = model.index(spare)
done = threading.Event()


def flip():
    with open("m.onnx", "r+b") as file:
        data = mmap.mmap(file.fileno(), 0)
        while not done.is_set():
            for kind in (b"\x0a\x00", b"\x32\x00"):
                data[at:at + len(spare)] = kind * N_FIELDS


thread = threading.Thread(target=flip)
thread.start()
for _ in range(30):
    run = subprocess.run(["dcomp", "import", "m.onnx", "-o", "o.dcm", "-f", "-q"],
                         capture_output=True, check=False)
    if run.returncode not in (0, 3, 4, 6):
        print(run.returncode, run.stderr)
done.set()
thread.join()
END
python3 change.py
