# SPDX-License-Identifier: MIT
# --strip leaves out names and history, and nothing that counts.
. "$CLI/lib.sh"
dcomp encode "$FIX/shared.dcm" -o full.dcm > log
dcomp encode "$FIX/shared.dcm" -o bare.dcm --strip > log
dcomp verify bare.dcm
[ "$(wc -c < bare.dcm)" -lt "$(wc -c < full.dcm)" ]
dcomp eval full.dcm --data digits:60 -j1 --dump-output a.npy > log
dcomp eval bare.dcm --data digits:60 -j1 --dump-output b.npy > log
same a.npy b.npy
dcomp inspect bare.dcm --json > out
python3 -c 'import json; assert json.load(open("out"))["history"] == []'
