# SPDX-License-Identifier: MIT
# A checkpoint that is damaged, or of other settings, or a folder that is not ours alone.
. "$CLI/lib.sh"
run="dcomp train $FIX/tiny.json --data digits:600 --lr 0.05 -j1 --checkpoint-seconds 0"
$run --epochs 6 -o whole.dcm -q > /dev/null
break_off() {
    stop KILL file:o.dcm.work/epoch.ckpt $run --epochs 100000 -o o.dcm 2> err || true
}
break_off
$run --epochs 6 -o o.dcm --resume > out 2> err
grep '^dcomp' err
same o.dcm whole.dcm
rm o.dcm
break_off
printf 'xxxx' | dd of=o.dcm.work/epoch.ckpt bs=1 seek=200 conv=notrunc 2> dd.log
$run --epochs 6 -o o.dcm --resume > out 2> err
grep '^dcomp' err
same o.dcm whole.dcm
rm o.dcm
break_off
echo mine > o.dcm.work/notes.txt
$run --epochs 6 -o o.dcm > out 2> err
grep '^dcomp' err
same o.dcm whole.dcm
ls -A o.dcm.work
rm -r o.dcm o.dcm.work
$run --epochs 6 -o o.dcm --resume > out 2> err
grep '^dcomp' err
same o.dcm whole.dcm
# Settings of the data count as well.
stop KILL file:p.dcm.work/epoch.ckpt $run --epochs 500 -o p.dcm --limit 500 2> err || true
got=0
stop INT 'err:epoch 1' $run --epochs 500 -o p.dcm --resume -v 2> err || got=$?
echo $got
cat err
