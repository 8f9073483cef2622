# SPDX-License-Identifier: MIT
# A checkpoint that is damaged is as if it were not there, and a folder may be not ours alone.
. "$CLI/lib.sh"
run="dcomp train $FIX/tiny.json --data digits:600 --lr 0.05 --batch 16 -j1 --epochs 40
    --checkpoint-seconds 0"
$run -o whole.dcm -q > /dev/null
break_off() {
    stop KILL file:o.dcm.work/epoch.ckpt $run -o o.dcm 2> err || true
}
break_off
printf 'xxxx' | dd of=o.dcm.work/epoch.ckpt bs=1 seek=200 conv=notrunc 2> dd.log
$run -o o.dcm --resume > out 2> err
grep '^dcomp' err
same o.dcm whole.dcm
rm o.dcm
break_off
echo mine > o.dcm.work/notes.txt
$run -o o.dcm -f > out 2> err
same o.dcm whole.dcm
ls -A o.dcm.work
rm o.dcm
$run -o o.dcm > out 2> err
same o.dcm whole.dcm
ls -A o.dcm.work
rm -r o.dcm o.dcm.work
$run -o o.dcm --resume > out 2> err
grep '^dcomp' err
same o.dcm whole.dcm
