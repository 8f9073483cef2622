# SPDX-License-Identifier: MIT
# What is asked for wrongly, with one rank; and a build without MPI, which says what it lacks.
. "$CLI/lib.sh"
run="dcomp train $FIX/tiny.json --data digits:300 -j1 --epochs 1 -o o.dcm"
says 2 "'--sparsity' needs '--exchange dgc'" $run --sparsity 0.9
says 2 "'--wire' needs '--exchange dgc'" $run --exchange dense --wire f16
says 2 "'--sparsity' must be 0 to 0.999999, not 1" $run --exchange dgc --sparsity 1
says 2 "unknown option '--exchange'" dcomp prune "$FIX/dense.dcm" --density 0.5 -o o.dcm \
    --exchange dense
OMPI_COMM_WORLD_SIZE=3 OMPI_COMM_WORLD_RANK=0 $run > out 2> err && rm o.dcm
grep -q "mpirun started this 3 times, and without --exchange each does all the work alone" err
OMPI_COMM_WORLD_SIZE=3 OMPI_COMM_WORLD_RANK=1 $run > out 2> err && rm o.dcm
if grep "mpirun started" err; then exit 1; fi
rm out err
if ! has_mpi; then
    says 6 "'--exchange' needs MPI, which this build was made without (Debian: libopenmpi-dev)" \
        $run --exchange dense
fi
has_ranks || exit 0
says 2 "trains by sgd or nesterov, not by adam" $run --exchange dgc --optimizer adam
says 2 "shares values, which '--exchange dense' trains" dcomp retrain "$FIX/shared.dcm" \
    --data digits:300 -j1 --epochs 1 -o o.dcm --exchange dgc
only
