# SPDX-License-Identifier: MIT
# The stages that do not train: any number of jobs, any instructions, the same bytes.
. "$CLI/lib.sh"
make_all() {
    mkdir "$1"
    dcomp prune "$FIX/dense.dcm" -o "$1/p.dcm" --density 'conv1=0.6,*=0.2' -q -j"$2" > log
    for init in linear density random optimal near_optimal; do
        dcomp quantize "$1/p.dcm" -o "$1/q_$init.dcm" --bits 4 --init $init -q -j"$2" > log
    done
    dcomp encode "$1/q_linear.dcm" -o "$1/e.dcm" -q -j"$2" > log
    dcomp decode "$1/e.dcm" -o "$1/d.dcm" -q -j"$2" > log
    dcomp compress "$FIX/dense.dcm" -o "$1/c.dcm" -q -j"$2" > log
    dcomp compress "$FIX/dense.dcm" -o "$1/b.dcm" --max-bytes 2000 -q -j"$2" > log
}
make_all want 1
make_all jobs2 2
make_all jobs5 5
for cpu in ref avx2 avx512; do
    DCOMP_CPU=$cpu make_all $cpu 2
done
for folder in jobs2 jobs5 ref avx2 avx512; do
    diff -r want $folder
done
dcomp compress "$FIX/dense.dcm" -o cpu.dcm -q --cpu ref > log
same cpu.dcm want/c.dcm
