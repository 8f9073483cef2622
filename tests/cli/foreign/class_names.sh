# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
dcomp export "$FIX/dense.dcm" -o m.safetensors > /dev/null
import="dcomp import m.safetensors --arch $FIX/tiny.json --class-names names.txt -q -o"
seq 0 9 | sed 's/.*/class &/' > names.txt
$import a.dcm > /dev/null
awk '{ printf "%s%s\r\n", NR == 1 ? "" : "", $0 }' names.txt | head -c -2 > dos.txt
mv dos.txt names.txt
$import b.dcm > /dev/null
same a.dcm b.dcm
grep -c "class 7" a.dcm
{ seq 0 9 | sed 's/.*/ \tclass & \t/'; printf ' \n\r\n\n'; } > names.txt
$import c.dcm > /dev/null
same a.dcm c.dcm
seq 0 8 > names.txt
says 2 "has 9 names, the network 10 outputs" $import n.dcm
seq 0 10 > names.txt
says 2 "has 11 names, the network 10 outputs" $import n.dcm
printf '1\n2\n\377\n' > names.txt
says 3 "line 3 of 'names.txt' is too long or not UTF-8" $import n.dcm
rm names.txt
says 4 "names.txt" $import n.dcm
only m.safetensors a.dcm b.dcm c.dcm
