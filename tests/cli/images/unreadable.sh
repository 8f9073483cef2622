# SPDX-License-Identifier: MIT
# What cannot be read is left out, told and counted; --strict does not stand for it.
. "$CLI/lib.sh"
P=$SRC/tests/pictures/fixtures
M=$FIX/colour.dcm
for i in 1 2 3 4 5 6 7; do
    head -c "${i}00" "$P/rgb.png" > "bad$i.png"
    echo "bad$i.png $i" >> labels.txt
done
echo 'no picture' > bad3.png
cp "$P/grey.png" "$P/palette.png" .
echo 'grey.png 0' >> labels.txt
echo 'palette.png 9' >> labels.txt
dcomp eval "$M" --data images:. -j2
dcomp eval "$M" --data images:. --json -j1 -q | grep -E '"n_(samples|skipped)"'
says 3 "'./bad1.png'" dcomp eval "$M" --data images:. --strict
says 3 "'./bad1.png'" dcomp simulate "$M" --requantize --data images:. --strict
sed -i '/bad/!d' labels.txt
got=0
dcomp eval "$M" --data images:. -q || got=$?
echo "$got"
# Training sees the same: 9 readable samples and 5 that are not.
for i in 1 2 3 4 5 6 7 8 9; do
    cp grey.png "good$i.png"
    echo "good$i.png $i" >> labels.txt
done
dcomp retrain "$M" --data images:. -o o.dcm --epochs 2 --holdout 2 --batch 4 -j2 --json > out 2> err
grep -c "left out" err
has out validation.n_samples validation.loss
code 3 dcomp retrain "$M" --data images:. -o p.dcm --epochs 1 --holdout 2 --strict
grep bad labels.txt > bad
cat bad bad > labels.txt
says 3 "can be read" dcomp retrain "$M" --data images:. -o p.dcm --epochs 1 --holdout 3 -q
