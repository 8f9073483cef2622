# SPDX-License-Identifier: MIT
# Of a folder, what cannot be read is named and left out; --strict does not stand for it. What is
# named itself must be readable.
. "$CLI/lib.sh"
make() { python3 "$CLI/run/make_input.py" "$@"; }
P=$SRC/tests/pictures/fixtures
M=$FIX/colour.dcm
mkdir set
cp "$P/rgb.png" set/a.png
head -c 300 "$P/rgb.png" > set/b.png
echo 'no picture' > set/c.png
cp "$P/grey.png" set/d.png
echo 'no array' > set/e.npy
make npy set/f.npy '<f4' 5x5
make npy set/g.npy '<f4' 2x3x24x24 1
echo 'none of these' > set/notes.txt
dcomp run "$M" set --top 1 2> err | awk '{ print $1 }'
sed 's/IDAT.*/IDAT .../' err
dcomp run "$M" set --json -q > out
grep -E '"n_(samples|skipped)"' out
says 3 "'set/b.png'" dcomp run "$M" set --strict
says 3 "'set/b.png'" dcomp run "$M" set set/b.png
rm set/a.png set/d.png set/g.npy
got=0
dcomp run "$M" set -q > out 2> err || got=$?
[ "$got" = 3 ] && [ ! -s out ] && [ "$(wc -l < err)" = 1 ]
# What is no file, by a name that is wanted.
mkdir odd
cp "$P/rgb.png" odd/a.png
ln -s a.png odd/b.png
ln -s nowhere.png odd/c.png
ln -s d.png odd/d.png
mkfifo odd/e.png
mkdir odd/f.png
ln -s nowhere.txt odd/notes.txt
dcomp run "$M" odd --top 1 2>&1 | awk '{ if ($1 == "dcomp:") print; else print $1 }'
says 4 "'odd/c.png': No such file" dcomp run "$M" odd --strict
# Nothing in a folder can be read: that is not a folder without inputs.
mkdir links locked
ln -s nowhere.png links/a.png
says 4 "'links/a.png': No such file" dcomp run "$M" links -q
cp "$P/rgb.png" locked
if [ "$(id -u)" != 0 ]; then # root reads all
    for mode in 0 444 111; do
        chmod $mode locked
        says 4 "'locked': Permission denied" dcomp run "$M" locked
        says 4 "'./locked': Permission denied" dcomp eval "$M" --data folder:.
    done
    chmod 755 locked
fi
