# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
for command in inspect verify; do
    says 4 "'none.dcm'" dcomp $command none.dcm
    says 4 "is a folder" dcomp $command .
done
says 4 "'none.dcm'" dcomp eval none.dcm --data digits:60
says 4 "'none.dcm'" dcomp diff none.dcm "$FIX/dense.dcm"
says 4 "'none.dcm'" dcomp diff "$FIX/dense.dcm" none.dcm
says 4 "'none.dcm'" dcomp prune none.dcm -o o.dcm --density 0.1
says 4 "'none.dcm'" dcomp encode none.dcm -o o.dcm
says 4 "'none.dcm'" dcomp compress none.dcm
says 4 "'none.json'" dcomp compress "$FIX/dense.dcm" -o o.dcm --recipe none.json
says 4 "'none.json'" dcomp train none.json --data digits:60 -o o.dcm
says 4 "none" dcomp eval "$FIX/dense.dcm" --data idx:none
says 4 "none" dcomp eval "$FIX/dense.dcm" --data npy:none.npy
says 4 "none" dcomp eval "$FIX/dense.dcm" --data folder:none
only
