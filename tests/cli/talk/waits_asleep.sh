# SPDX-License-Identifier: MIT
# Threads of OpenMP wait asleep unless the user says otherwise; with one job nothing is to be done.
# (What OpenMP has read is shown by OMP_DISPLAY_ENV, once for each start of the program.)
unset OMP_WAIT_POLICY GOMP_SPINCOUNT KMP_BLOCKTIME
export OMP_DISPLAY_ENV=true
D="eval $FIX/dense.dcm --data digits:60"
dcomp $D -j2 > out 2> err
if grep -q "OMP_WAIT_POLICY" err; then
    grep -qi "OMP_WAIT_POLICY = 'passive'" err
    dcomp $D -j1 > out 2> err
    ! grep -qi "OMP_WAIT_POLICY = 'passive'" err
    OMP_WAIT_POLICY=active dcomp $D -j2 > out 2> err
    ! grep -qi "OMP_WAIT_POLICY = 'passive'" err
    grep -qi "OMP_WAIT_POLICY = 'active'" err
fi
# The words arrive as they were given.
dcomp eval --data digits:60 -j2 --limit 7 -- "$FIX/dense.dcm" > out 2> err
grep -q "7 samples" out
