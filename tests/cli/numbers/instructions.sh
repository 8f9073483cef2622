# SPDX-License-Identifier: MIT
# What may be used of the processor is for oneDNN's kernels too, which say what they use.
. "$CLI/lib.sh"
run="dcomp eval $FIX/dense.dcm --data digits:60 -q"
export DNNL_VERBOSE=1 ONEDNN_VERBOSE=1
for level in ref avx2; do
    $run --cpu $level > out
    DCOMP_CPU=$level $run > again
    if dcomp --version | grep -q onednn; then
        grep -oh 'isa:.*' out again
    else
        echo "no oneDNN"
    fi
done
