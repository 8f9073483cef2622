# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
cp "$FIX/dense.dcm" m.dcm
echo precious > o.dcm
echo precious > before
says 2 "'o.dcm' exists (-f replaces it)" dcomp encode m.dcm -o o.dcm
says 2 "'o.dcm' exists (-f replaces it)" dcomp compress m.dcm -o o.dcm
says 2 "'o.dcm' exists (-f replaces it)" dcomp quantize m.dcm -o o.dcm
says 2 "'o.dcm' exists (-f replaces it)" dcomp train "$FIX/tiny.json" --data digits:600 -o o.dcm
says 2 "'o.dcm' exists (-f replaces it)" dcomp eval m.dcm --data digits:60 --dump-output o.dcm
says 2 "'o.dcm' exists (-f replaces it)" dcomp sensitivity m.dcm --data digits:600 --plot o.dcm
same o.dcm before
dcomp encode m.dcm -o o.dcm -f > /dev/null
dcomp verify o.dcm
