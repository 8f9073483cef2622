# SPDX-License-Identifier: MIT
# A failure prints nothing on standard output, with --json too.
. "$CLI/lib.sh"
says 4 "none" dcomp inspect none.dcm --json
says 3 "cut.dcm" dcomp inspect "$FIX/cut.dcm" --json
says 2 "needs data" dcomp eval "$FIX/dense.dcm" --json
