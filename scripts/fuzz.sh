#!/bin/sh
# SPDX-License-Identifier: MIT
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
build=${DCOMP_BUILD:-$root/build-fuzz}
coverage_build=$root/build-coverage
jobs=${DCOMP_JOBS:-2}
max_len=8192
targets=$(sed -n '/^set(TARGETS/,/)/p' "$root/tests/fuzz/CMakeLists.txt" | tr '()\n' '   ')
targets=$(echo "${targets#set TARGETS}" | tr -s ' ')

usage()
{
    cat <<END
usage: fuzz.sh [SECONDS] [TARGET...]        run each target so many seconds (60)
       fuzz.sh --minimise [TARGET...]       make the corpora of the tree small
       fuzz.sh --coverage                   what the corpora of the tree reach
       fuzz.sh -h, --help

Targets are built with clang, libFuzzer, ASan, UBSan and asserts in build-fuzz/ (DCOMP_BUILD). A run
goes on from build-fuzz/corpus/TARGET, where the runs before it left their inputs, and from
tests/fuzz/corpus. Findings go to build-fuzz/findings; exit code 1 says that there are some.

--minimise runs all inputs of the tree and of the runs, and leaves in tests/fuzz/corpus those that
together reach the same, small ones first. Inputs whose names are words stay in any case.

--coverage builds without sanitizers and asserts in build-coverage/, runs the corpora of the tree
and prints with llvm-cov the share of lines and branches of the files that read what others made.

targets:$targets
END
}

fail_usage()
{
    echo "fuzz.sh: $1 (fuzz.sh --help)" >&2
    exit 2
}

mode=run
seconds=60
case ${1:-} in
-h | --help) usage && exit 0 ;;
--minimise) mode=minimise && shift ;;
--coverage) mode=coverage && shift ;;
-*) fail_usage "unknown option '$1'" ;;
[0-9]*)
    seconds=$1 && shift
    case $seconds in *[!0-9]*) fail_usage "'$seconds' is no number of seconds" ;; esac
    ;;
esac
[ $mode != coverage ] || [ $# -eq 0 ] || fail_usage "--coverage takes no targets"
for target in "$@"; do
    case " $targets " in
    *" $target "*) ;;
    *) fail_usage "unknown target '$target'" ;;
    esac
done
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $targets

# Whose files a target reads: some share them.
corpus_of()
{
    case $1 in verify | simulate) echo model ;; *) echo "$1" ;; esac
}

build_targets()
{
    "$root/scripts/setup.sh" clang
    cmake -S "$root" -B "$build" -G Ninja -DCMAKE_C_COMPILER=clang \
        -DCMAKE_BUILD_TYPE=RelWithDebInfo -DDCOMP_FUZZ=ON -DDCOMP_SANITIZE=ON >/dev/null
    # shellcheck disable=SC2046
    cmake --build "$build" -j "$jobs" --target $(printf 'fuzz_%s ' "$@")
    mkdir -p "$build/findings"
    for target in $targets; do
        mkdir -p "$build/corpus/$target"
    done
}

# ---- run ----

run_targets()
{
    build_targets "$@"
    failed=
    for target in "$@"; do
        dict=$root/tests/fuzz/fuzz_$target.dict
        set --
        [ ! -f "$dict" ] || set -- "-dict=$dict"
        echo "fuzz $target for $seconds s"
        "$build/tests/fuzz/fuzz_$target" -max_total_time="$seconds" -max_len=$max_len -timeout=25 \
            -rss_limit_mb=2500 -print_final_stats=1 -verbosity=0 "$@" \
            -artifact_prefix="$build/findings/$target-" "$build/corpus/$target" \
            "$root/tests/fuzz/corpus/$(corpus_of "$target")" || failed="$failed $target"
    done
    [ -z "$failed" ] || { echo "findings in $build/findings:$failed" >&2; exit 1; }
}

# ---- minimise ----

is_made_by_hand()
{
    name=$(basename "$1") # libFuzzer's is a SHA-1
    case $name in *[!0-9a-f]*) return 0 ;; esac
    [ ${#name} -ne 40 ]
}

# CORPUS TARGET...: what each of the targets wants of the corpus and of its own runs.
minimise()
{
    corpus=$root/tests/fuzz/corpus/$1 kept=$build/minimised/$1
    echo "minimise $1: $(find "$corpus" -type f | wc -l) inputs"
    shift
    rm -rf "$kept"
    mkdir -p "$kept"
    for file in "$corpus"/*; do
        if is_made_by_hand "$file"; then cp "$file" "$kept"; fi
    done
    for target in "$@"; do
        "$build/tests/fuzz/fuzz_$target" -merge=1 -use_counters=0 -max_len=$max_len -verbosity=0 \
            "$kept" "$corpus" "$build/corpus/$target" >"$build/minimised/$target.log" 2>&1 ||
            { tail "$build/minimised/$target.log" >&2; exit 1; }
    done
    for file in "$corpus"/*; do
        is_made_by_hand "$file" || rm "$file"
    done
    cp "$kept"/* "$corpus"
    echo "    now $(find "$corpus" -type f | wc -l), $(cat "$corpus"/* | wc -c) bytes"
}

minimise_all()
{
    build_targets "$@"
    done=
    for target in "$@"; do
        corpus=$(corpus_of "$target")
        case " $done " in *" $corpus "*) continue ;; esac
        done="$done $corpus"
        if [ "$corpus" = model ]; then
            cmake --build "$build" -j "$jobs" --target fuzz_model fuzz_verify fuzz_simulate
            minimise model model verify simulate
        else
            minimise "$corpus" "$corpus"
        fi
    done
}

# ---- coverage ----

# Files that take in what others made. Left out: what writes (format_write.c, encoding_choice.c,
# onnx/out, huffman_build.c, ...), what only moves samples or data of our own (augment.c,
# digits.c, loader.c, ...), and in base threads, output files, folders and talk.
readers="
base: arena bits bytes file finite half hint image_png inflate json json_scan record rules status
text_parse utf8
entropy: coder_rans coder_raw coders huffman_decode huffman_table level_layer
level_lite level_mix level_popular level_tables
model: arch arch_input class_list graph head model op_kinds ops_arith ops_curve ops_matrix ops_norm
ops_shape ops_window pack packed params shapes
format: chunk format_read graph_io layout_coded layout_dense layout_sparse layouts ledger model_diff
names_io param_read param_row rising_codebook stored_numbers verify
interop: deepcomp_net importers marks numbers onnx/in/onnx_array onnx/in/onnx_attr
onnx/in/onnx_build onnx/in/onnx_copy onnx/in/onnx_dims onnx/in/onnx_ends onnx/in/onnx_external
onnx/in/onnx_fold onnx/in/onnx_fold_product onnx/in/onnx_fold_shape onnx/in/onnx_in
onnx/in/onnx_model onnx/in/onnx_names onnx/in/onnx_ops onnx/in/onnx_ops_act onnx/in/onnx_ops_arith
onnx/in/onnx_ops_join onnx/in/onnx_ops_pad onnx/in/onnx_ops_pool onnx/in/onnx_ops_shape
onnx/in/onnx_ops_transpose onnx/in/onnx_ops_weights onnx/in/onnx_order onnx/in/onnx_plan
onnx/in/onnx_read onnx/in/onnx_steps onnx/in/onnx_tensor onnx/in/onnx_window onnx/in/onnx_wire
safetensors safetensors_header
data: class_names datasets folder idx images npy npy_data file_faults mel picture_files
picture_jpeg pictures prepare resize sample_files sound_file speech text zip
nn: train_state
pipeline: checkpoint recipe
"

reader_files()
{
    room=
    for word in $readers; do
        case $word in
        *:) room=${word%:} ;;
        *) echo "src/$room/$word.c" ;;
        esac
    done
}

# Of llvm-cov's table: a line a file, then a line a room, then all.
print_shares()
{
    awk -v files="$(reader_files | tr '\n' ' ')" '
        function show(name, l, lm, b, bm) {
            printf "%-32s %6d lines %5.1f %%  %6d branches %5.1f %%\n", name, l,
                l ? 100 * (l - lm) / l : 100, b, b ? 100 * (b - bm) / b : 100
        }
        BEGIN { n = split(files, list, " "); for (i = 1; i <= n; i++) wanted[list[i]] = 1 }
        NF == 13 && $1 ~ "/[a-z_0-9]*[.]c$" {
            name = $1
            sub("^.*src/", "", name)
            name = "src/" name
            if (!(name in wanted)) next
            seen[name] = 1
            show(name, $8, $9, $11, $12)
            split(name, part, "/"); room = part[2]
            if (!(room in lines)) rooms[++n_rooms] = room
            lines[room] += $8; lm[room] += $9; branches[room] += $11; bm[room] += $12
            al += $8; alm += $9; ab += $11; abm += $12
        }
        END {
            print ""
            for (i = 1; i <= n_rooms; i++) {
                r = rooms[i]
                show(r, lines[r], lm[r], branches[r], bm[r])
            }
            show("readers", al, alm, ab, abm)
            for (f in wanted) if (!(f in seen)) { print "not in any target: " f; bad = 1 }
            exit bad
        }'
}

measure_coverage()
{
    "$root/scripts/setup.sh" clang llvm
    cmake -S "$root" -B "$coverage_build" -G Ninja -DCMAKE_C_COMPILER=clang \
        -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_C_FLAGS="-fprofile-instr-generate -fcoverage-mapping" >/dev/null
    # shellcheck disable=SC2046,SC2086
    cmake --build "$coverage_build" -j "$jobs" --target $(printf 'fuzz_%s ' $targets)
    rm -rf "$coverage_build/profiles"
    mkdir "$coverage_build/profiles"
    set --
    for target in $targets; do
        program=$coverage_build/tests/fuzz/fuzz_$target
        LLVM_PROFILE_FILE=$coverage_build/profiles/$target.profraw "$program" \
            "$root/tests/fuzz/corpus/$(corpus_of "$target")" | sed "s/^/$target: /"
        set -- "$@" -object "$program"
    done
    llvm-profdata merge -o "$coverage_build/all.profdata" "$coverage_build"/profiles/*.profraw
    llvm-cov report "$@" -instr-profile "$coverage_build/all.profdata" \
        >"$coverage_build/report.txt"
    print_shares <"$coverage_build/report.txt"
}

case $mode in
run) run_targets "$@" ;;
minimise) minimise_all "$@" ;;
coverage) measure_coverage ;;
esac
