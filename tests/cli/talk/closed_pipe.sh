# SPDX-License-Identifier: MIT
# A reader that has seen enough: no message.
dcomp inspect "$FIX/dense.dcm" -v | head -n 1
dcomp inspect "$FIX/dense.dcm" --json | head -c 1
echo
