# SPDX-License-Identifier: MIT
# Many programs that replace one file at a time: each ends well and the last one's file is whole;
# without -f exactly one makes it.
. "$CLI/lib.sh"
for i in 1 2 3 4 5; do
    (
        for k in 1 2 3 4 5 6 7 8 9 10; do
            dcomp decode "$FIX/small.dcm" -o o.dcm -f -q > "out$i" 2>> err ||
                echo "exit $?" >> failed
        done
    ) &
done
wait
[ ! -e failed ] || { sort failed | uniq -c; sort err | uniq -c; }
dcomp verify o.dcm
rm o.dcm
for i in 1 2 3 4 5; do
    (dcomp decode "$FIX/small.dcm" -o o.dcm -q > "out$i" 2>> err && echo made >> made) &
done
wait
wc -l < made
only err made o.dcm out1 out2 out3 out4 out5
