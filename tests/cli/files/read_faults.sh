# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
DCOMP_FAULT=read:1 says 4 "cannot read" dcomp inspect "$FIX/dense.dcm"
DCOMP_FAULT=read:1 says 4 "cannot read" dcomp encode "$FIX/dense.dcm" -o o.dcm
DCOMP_FAULT=alloc:1 says 5 "no memory" dcomp encode "$FIX/dense.dcm" -o o.dcm
DCOMP_FAULT=alloc:12 says 5 "no memory" dcomp encode "$FIX/dense.dcm" -o o.dcm
only
