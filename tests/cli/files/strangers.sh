# SPDX-License-Identifier: MIT
# Names that a file gives lead to plain files in its own folder: never to a pipe, which would be
# waited for, a device, which never ends, or through a link to somebody's else file.
. "$CLI/lib.sh"
mkdir d
mkfifo d/pipe.png
ln -s /dev/zero d/zero.png
python3 - <<'END'
import struct
import zlib


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


with open("d/good.png", "wb") as file:
    file.write(b"\x89PNG\r\n\x1a\n" +
               chunk(b"IHDR", struct.pack(">IIBBBBB", 28, 28, 8, 0, 0, 0, 0)) +
               chunk(b"IDAT", zlib.compress(b"".join(b"\0" + bytes(28) for _ in range(28)))) +
               chunk(b"IEND", b""))
END
printf 'good.png 1\npipe.png 1\nzero.png 2\n' > d/labels.txt
timeout 20 dcomp eval "$FIX/dense.dcm" --data images:d --json > out.json 2> err
grep -q '"n_skipped":[[:space:]]*2,' out.json || { cat out.json err; }
rm d/labels.txt
mkfifo d/labels.txt
got=0
timeout 20 dcomp eval "$FIX/dense.dcm" --data images:d > out 2> err || got=$?
[ $got = 4 ] || { echo "exit $got"; cat err; }
