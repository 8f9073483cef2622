# SPDX-License-Identifier: MIT
# Grey, CMYK, YCCK, progressive and plain JPEGs; one that is cut. Prints nothing, since a build
# without libjpeg has nothing but a message to show.
. "$CLI/lib.sh"
P=$SRC/tests/pictures/fixtures
M=$FIX/colour.dcm
mkdir set
cp "$P"/*.jpg set
if dcomp eval "$M" --data images:set 2>&1 | grep -q 'needs libjpeg'; then
    says 6 "'set/cmyk.jpg' needs libjpeg" dcomp eval "$M" --data images:set
    exit
fi
dcomp eval "$M" --data images:set --json > out
has out n_samples n_skipped input.shape input.channels
grep -q '"n_skipped":	0' out
for name in grey cmyk ycck progressive; do
    echo "$name.jpg n02" >> set/labels.txt
done
dcomp eval "$M" --data images:set -q > out
grep -q ' 4 samples ' out
head -c 700 set/cmyk.jpg > cut
mv cut set/cmyk.jpg
dcomp eval "$M" --data images:set > out 2> err
grep -q ' 3 samples .*, 1 could not be read' out
grep -qxF "dcomp: warning: left out: picture ends early: 'set/cmyk.jpg'" err
says 3 "picture ends early: 'set/cmyk.jpg'" dcomp eval "$M" --data images:set --strict
mkdir folder folder/n03 folder/n08
cp "$P/grey.jpg" folder/n03/a.JPG
cp "$P/rgb_420.jpg" folder/n08/b.jpeg
dcomp eval "$M" --data folder:folder --per-class -q > out
grep -q '^ *2  n03 hen  *1 ' out
grep -q '^ *7  n08 crane  *1 ' out
