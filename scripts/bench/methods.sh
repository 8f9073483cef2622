#!/bin/sh
# SPDX-License-Identifier: MIT
# Training methods, each beside what it must be compared with, with several seeds: rows of
# docs/results.md, as means with their standard errors. methods.sh ROW...: dsd-lenet dsd-resnet
# ternary-resnet-20 ternary-resnet-32 ternary-lenet admm bf16-lenet bf16-resnet. Needs $DCOMP_DATA;
# rows of ResNet also $CIFAR10, a folder with the train/ and test/ of cifar10-jpeg.zip. OUT keeps
# what is there already; SEEDS are the seeds, JOBS the threads, LIMIT the pictures of bf16-resnet.
# shellcheck disable=SC2046 # lists of files are words
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
build=${DCOMP_BUILD:-$root/build}
dcomp=${DCOMP:-$build/dcomp}
out=${OUT:-methods}
seeds=${SEEDS:-1 2 3}
mnist=idx:${DCOMP_DATA:?where mnist/ and cifar10/ are}/mnist
cifar=images:${CIFAR10:-cifar10}/train # in the order of labels.txt: class by class in turn
cifar_test=images:${CIFAR10:-cifar10}/test
common="-q -j${JOBS:-1}"
pictures="--mirror --shift 4 --batch 128 --last"
[ -x "$dcomp" ] || cmake --build "$build" --target dcomp >&2
mkdir -p "$out"

# make FILE COMMAND...: unless it is there.
make()
{
    made=$1
    shift
    # shellcheck disable=SC2086
    [ -e "$made" ] || "$dcomp" "$@" $common -o "$made" >&2
}

# of FILE DATA KEY: of the test part, in $out/FILE.json.
of()
{
    judged=$out/$(basename "$1").json
    # shellcheck disable=SC2086
    [ -e "$judged" ] || "$dcomp" eval "$1" --data "$2" --json $common > "$judged"
    python3 -c "import json, sys; print(json.load(open(sys.argv[1]))[sys.argv[2]])" "$judged" "$3"
}

# row NAME DATA FILES...: "NAME | top-1 mean +- error | loss mean +- error | bytes".
row()
{
    name=$1 data=$2
    shift 2
    for file in "$@"; do
        echo "$(of "$file" "$data" top1) $(of "$file" "$data" loss) $(wc -c < "$file")"
    done | python3 -c "
import statistics, sys
rows = [[float(v) for v in line.split()] for line in sys.stdin]
def text(i, digits):
    values = [r[i] for r in rows]
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0
    return '%.*f +- %.*f' % (digits, statistics.mean(values), digits, error)
print('| %s | %d | %s | %s | %s |' % (sys.argv[1], len(rows), text(0, 2), text(1, 4),
                                     format(round(statistics.mean(r[2] for r in rows)), ',')))
" "$name"
}

# each KIND: the files of this kind, one a seed.
each()
{
    for seed in $seeds; do
        printf '%s ' "$out/$1-$seed.dcm"
    done
}

imported()
{
    make "$out/imported-$1.dcm" import "$DCOMP_DATA/cifar10/$1.onnx" --mean 123.675,116.28,103.53 \
        --scale 0.01712475,0.017507,0.01742919 --channels rgb
}

reference()
{
    imported "$1"
    # shellcheck disable=SC2086
    make "$out/$1.dcm" retrain "$out/imported-$1.dcm" --data "$cifar" --epochs 4 --lr 0.003 \
        --clip 1 --warmup 0.3 --weight-decay 0.0001 --precision bf16 $pictures
    row "$1, dense" "$cifar_test" "$out/$1.dcm"
}

# dsd KIND MODEL DATA OPTIONS...: and the plain continuation with the same epochs and seeds.
dsd()
{
    kind=$1 model=$2 data=$3
    shift 3
    for seed in $seeds; do
        make "$out/$kind-dsd-$seed.dcm" dsd "$model" --data "$data" --seed "$seed" --last "$@"
        make "$out/$kind-plain-$seed.dcm" dsd "$model" --data "$data" --seed "$seed" --last \
            --density 1 "$@"
    done
}

run()
{
    lenet=$root/models/lenet-5.bin
    case $1 in
    dsd-lenet)
        dsd lenet "$root/models/lenet-300-100.bin" "$mnist" --sparse-epochs 10 --epochs 10 \
            --lr 0.05 --batch 128
        row "LeNet-300-100, dense" "$mnist" "$root/models/lenet-300-100.bin"
        row "the same, plain continuation" "$mnist" $(each lenet-plain)
        row "the same, DSD" "$mnist" $(each lenet-dsd)
        ;;
    dsd-resnet)
        reference resnet-20
        # shellcheck disable=SC2086
        dsd resnet "$out/resnet-20.dcm" "$cifar" --sparse-epochs 2 --epochs 2 --lr 0.003 --clip 1 \
            --weight-decay 0.0001 --precision bf16 $pictures
        row "the same, plain continuation" "$cifar_test" $(each resnet-plain)
        row "the same, DSD" "$cifar_test" $(each resnet-dsd)
        ;;
    ternary-resnet-*)
        net=${1#ternary-}
        reference "$net"
        for seed in $seeds; do
            # shellcheck disable=SC2086
            make "$out/$net-ternary-$seed.dcm" ternary "$out/$net.dcm" --data "$cifar" --norms \
                --teacher self --epochs "${EPOCHS:-6}" --lr 0.001 --precision bf16 \
                --seed "$seed" $pictures
        done
        row "the same, ternary" "$cifar_test" $(each "$net-ternary")
        ;;
    ternary-lenet)
        for seed in $seeds; do
            make "$out/lenet-ternary-$seed.bin" ternary "$lenet" --data "$mnist" --epochs 10 \
                --sparsity conv2=0.8,fc1=0.97,fc2=0.6 --batch 128 --seed "$seed"
            make "$out/lenet-ternary-$seed.dcm" encode "$out/lenet-ternary-$seed.bin" --strip
        done
        row "LeNet-5, dense" "$mnist" "$lenet"
        row "the same, ternary" "$mnist" $(each lenet-ternary)
        ;;
    admm)
        teacher=$out/lenet-teacher.bin
        make "$teacher" retrain "$lenet" --data "$mnist" --epochs 40 --lr 0.02 --batch 128 \
            --precision bf16 --shift 2 --rotate 8 --scale 0.1 --ema 0.999
        for seed in $seeds; do
            make "$out/lenet-admm-$seed.bin" admm "$lenet" --data "$mnist" --seed "$seed" \
                --density "${DENSITY:-conv1=0.5,conv2=0.024,fc1=0.002,fc2=0.1}" --rounds 12 \
                --admm-epochs 4 --every 1 --rho 0.005 --epochs 3 --teacher self --batch 128 \
                --precision bf16 --shift 1.5 --rotate 5 --scale 0.05
            trained="--data $mnist --seed $seed --batch 128 --precision bf16 --shift 1"
            # shellcheck disable=SC2086
            make "$out/lenet-admm-$seed-1.dcm" retrain "$out/lenet-admm-$seed.bin" $trained \
                --teacher "$lenet" --epochs 20 --lr 0.03
            # shellcheck disable=SC2086
            make "$out/lenet-admm-$seed-2.dcm" retrain "$out/lenet-admm-$seed-1.dcm" $trained \
                --teacher "$teacher" --epochs 60 --lr 0.05 --weight-decay 0.0001
            # shellcheck disable=SC2086
            make "$out/lenet-admm-$seed.dcm" retrain "$out/lenet-admm-$seed-2.dcm" $trained \
                --teacher "$teacher" --epochs 60 --lr 0.08 --weight-decay 0
        done
        row "LeNet-5, ADMM" "$mnist" $(each lenet-admm)
        ;;
    bf16-lenet | bf16-resnet)
        [ "$1" = bf16-lenet ] || imported resnet-20
        for seed in $seeds; do
            for precision in f32 bf16 bf16-rounded; do
                file=$out/${1#bf16-}-$precision-$seed.dcm
                if [ "$1" = bf16-lenet ]; then
                    make "$file" train "$root/models/lenet-5.json" --data "$mnist" --epochs 5 \
                        --lr 0.02 --seed "$seed" --precision "$precision"
                else
                    # shellcheck disable=SC2086
                    make "$file" retrain "$out/imported-resnet-20.dcm" --data "$cifar" --epochs 1 \
                        --limit "${LIMIT:-50000}" --lr 0.001 --warmup 0.3 --clip 1 \
                        --weight-decay 0.0001 --seed "$seed" --precision "$precision" $pictures
                fi
            done
        done
        data=$mnist
        [ "$1" = bf16-lenet ] || data=$cifar_test
        for precision in f32 bf16 bf16-rounded; do
            row "${1#bf16-}, $precision" "$data" $(each "${1#bf16-}-$precision")
        done
        ;;
    *) echo "methods.sh: no row '$1'" >&2 && exit 2 ;;
    esac
}

echo "| network | seeds | top-1 [%] | loss | bytes |"
echo "|---|---|---|---|---|"
for wanted in "$@"; do
    run "$wanted"
done
