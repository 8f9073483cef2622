# SPDX-License-Identifier: MIT
# -q: nothing on standard error while all goes well; results stay.
D="--data digits:600 -j1 -q"
dcomp train "$FIX/tiny.json" $D -o t.dcm --epochs 1 > out
[ -s out ]
dcomp compress "$FIX/dense.dcm" -q -o c.dcm > out
[ -s out ]
dcomp quantize t.dcm -q -o q.dcm > out
[ -s out ]
dcomp retrain q.dcm $D --epochs 1 -o r.dcm > out
[ -s out ]
dcomp eval r.dcm $D > out
[ -s out ]
dcomp eval r.dcm $D --progress always > out
[ -s out ]
