# SPDX-License-Identifier: MIT
# Threads of OpenMP wait asleep unless the user says otherwise: what it is to do it reads before the
# program begins, so that is started twice; with one job nothing is to be done. (OMP_DISPLAY_ENV
# shows at each start what was read; it calls an unset policy passive, too.)
unset OMP_WAIT_POLICY GOMP_SPINCOUNT KMP_BLOCKTIME
D="eval $FIX/dense.dcm --data digits:60"
starts() {
    OMP_DISPLAY_ENV=true dcomp $D "$1" 2>&1 | grep -c "DISPLAY ENVIRONMENT BEGIN"
}
if starts -j1 > n; then
    [ "$(starts -j1)" = 1 ]
    [ "$(starts -j2)" = 2 ]
    export OMP_WAIT_POLICY=active
    [ "$(starts -j2)" = 1 ]
    unset OMP_WAIT_POLICY
    export GOMP_SPINCOUNT=10
    [ "$(starts -j2)" = 1 ]
    unset GOMP_SPINCOUNT
fi
# The words arrive as they were given.
dcomp eval --data digits:60 -j2 --limit 7 -- "$FIX/dense.dcm" > out 2> err
grep -q "7 samples" out
