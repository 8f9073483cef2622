# SPDX-License-Identifier: MIT
# -f replaces a file that is there, but never one that the command reads: every input in turn as
# every output, by its own name, through a hard link and through a symbolic one.
. "$CLI/lib.sh"

# kept "INPUTS" "OPTIONS" COMMAND...: each input as the value of each option.
kept() {
    inputs=$1 options=$2
    shift 2
    for input in $inputs; do
        for option in $options; do
            cp "$input" before
            ln "$input" hard
            ln -s "$input" soft
            for name in "$input" hard soft; do
                says 2 "is the input itself" "$@" "$option" "$name" -f
            done
            same "$input" before
            rm before hard soft
        done
    done
}

# kept_in "INPUTS" OPTION NAME COMMAND...: as a file NAME in the folder that the option names.
kept_in() {
    inputs=$1 option=$2 inner=$3
    shift 3
    for input in $inputs; do
        mkdir -p "$(dirname "folder/$inner")"
        for link in "ln" "ln -s"; do
            $link "$PWD/$input" "folder/$inner"
            cp "$input" before
            says 2 "is the input itself" "$@" "$option" folder -f
            same "$input" before
            rm "folder/$inner"
        done
        rm -r folder before
    done
}

cp "$FIX/dense.dcm" "$FIX/small.dcm" "$FIX/shared.dcm" "$FIX/tiny.json" "$FIX/colour.dcm" .
cp dense.dcm teacher.dcm
echo '{"stages": [{"stage": "retrain", "epochs": 1}]}' > r.json
python3 - <<'END'
import gzip
import struct
import zlib


def png(path, grey):
    rows = b"".join(b"\0" + bytes([grey]) * 28 for _ in range(28))

    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))
    head = struct.pack(">IIBBBBB", 28, 28, 8, 0, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
                   + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def npy(path, kind, shape, data):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)


import os
N = 36
npy("x.npy", "|u1", (N, 28, 28), bytes(i % 251 for i in range(N * 784)))
npy("f.npy", "<f4", (2, 784), bytes(2 * 4 * 784))
npy("y.npy", "|u1", (N,), bytes(i % 10 for i in range(N)))
for folder in ("idx", "pictures/images", "pictures/more", "plain", "classes/a", "classes/b"):
    os.makedirs(folder)
for name in ("train", "t10k"):
    with open(f"idx/{name}-images-idx3-ubyte", "wb") as file:
        file.write(struct.pack(">IIII", 0x803, N, 28, 28) + bytes(N * 784))
    with gzip.open(f"idx/{name}-labels-idx1-ubyte.gz", "wb") as file:
        file.write(struct.pack(">II", 0x801, N) + bytes(i % 10 for i in range(N)))
names = ["one.png", "two words.png", "more/three.png"]
for i, name in enumerate(["images/one.png", "two words.png", "more/three.png", "images/free.png"]):
    png("pictures/" + name, 40 * i)
with open("pictures/labels.txt", "w") as file:
    file.writelines(f"{names[i % 3]} {i % 10}\r\n" for i in range(N))
for i in range(N):
    png(f"plain/{i:02}.png", i)
    png(f"classes/{'ab'[i % 2]}/{i:02}.png", i)
with open("names.txt", "w") as file:
    file.writelines(f"class {i}\n" for i in range(10))
END
dcomp export dense.dcm -o dense.safetensors > out
mv "pictures/two words.png" pictures/two_words.png # names in a list of the shell's have no blanks
sed 's/two words/two_words/' pictures/labels.txt > list
mv list pictures/labels.txt

# Data of every kind, with every output of the commands that take data.
for data in "npy:x.npy,y.npy|x.npy y.npy" \
    "idx:idx|idx/train-images-idx3-ubyte idx/t10k-labels-idx1-ubyte.gz" \
    "images:pictures|pictures/labels.txt pictures/images/one.png pictures/two_words.png
        pictures/more/three.png" \
    "folder:classes|classes/a/02.png classes/b/01.png"; do
    spec=${data%%|*} files=${data#*|}
    D="--data $spec -j1"
    kept "dense.dcm $files" "--dump-output --predictions --dump-input" dcomp eval dense.dcm $D
    kept "dense.dcm $files" "--plot --dump-input" dcomp sensitivity dense.dcm $D
    kept "tiny.json teacher.dcm $files" "-o --dump-input" \
        dcomp train tiny.json $D -o o.dcm --teacher teacher.dcm
    kept "dense.dcm teacher.dcm r.json $files" "-o --dump-input" \
        dcomp compress dense.dcm $D -o o.dcm --recipe r.json --teacher teacher.dcm
    kept "small.dcm $files" "--trace --plot --dump-input" dcomp simulate small.dcm $D
done
kept "plain/07.png" "--dump-output --dump-input" dcomp eval dense.dcm --data images:plain
for command in "prune --density 0.5" "gradual --density 0.5" retrain quantize; do
    kept "dense.dcm teacher.dcm x.npy" "-o --dump-input" \
        dcomp $command dense.dcm --data npy:x.npy,y.npy --teacher teacher.dcm -o o.dcm
done

# Commands without data.
kept dense.dcm "-o" dcomp encode dense.dcm
kept small.dcm "-o" dcomp decode small.dcm
kept dense.dcm "-o" dcomp export dense.dcm
kept dense.dcm "-o" dcomp compress dense.dcm
kept "dense.safetensors tiny.json names.txt" "-o" \
    dcomp import dense.safetensors --arch tiny.json --class-names names.txt
kept "small.dcm f.npy" "--trace --plot" dcomp simulate small.dcm --input f.npy
says 2 "is the input itself" dcomp encode - -o dense.dcm -f < dense.dcm
same dense.dcm teacher.dcm

# Folders: pictures, memory images, the charts of a sweep, the states of an interrupted run.
kept_in "shared.dcm dense.dcm" --plots bytes.png \
    dcomp inspect shared.dcm --before dense.dcm
kept_in "small.dcm f.npy" --emit-sram fc1/act.hex dcomp simulate small.dcm --input f.npy
ln small.dcm chart-padding.png
says 2 "is the input itself" dcomp simulate small.dcm --sweep pes=1,2 --plot chart.png -f
mkdir o.dcm.work
ln teacher.dcm o.dcm.work/01-retrain-0123456789abcdef.dcm
says 2 "is the input itself" dcomp retrain dense.dcm --data npy:x.npy,y.npy -o o.dcm -f \
    --teacher o.dcm.work/01-retrain-0123456789abcdef.dcm
says 2 "is the input itself" dcomp retrain dense.dcm --data npy:x.npy,y.npy -o teacher.dcm -f \
    --teacher self,teacher.dcm
same teacher.dcm dense.dcm

# Pictures that the list does not name are not read, and may be replaced.
dcomp eval dense.dcm --data images:pictures --dump-input pictures/images/free.png -f -q -j1 > out
