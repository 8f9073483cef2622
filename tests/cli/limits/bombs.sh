# SPDX-License-Identifier: MIT
# Small files that ask for gigabytes or minutes: exit code 5 and the name of the limit, in 300 MB
# and 2 seconds. Streams without an end are refused by their beginning.
. "$CLI/lib.sh"
within() {
    python3 "$CLI/limits/within.py" 300 2 "$@"
}
over() {
    says 5 "expansion limit" within dcomp "$@"
}
python3 "$CLI/limits/make_bombs.py" b
for size in 2G 16G; do
    for bomb in packed_zero shared_lone; do
        M=b/${bomb}_$size.dcm
        over decode "$M" -o x.dcm
        over encode "$M" -o x.dcm
        over prune "$M" -o x.dcm --density 0.5
        over export "$M" -o x.onnx
        over simulate "$M"
        over diff "$M" "$M"
        over eval "$M" --data digits:4
    done
    over verify b/shared_lone_$size.dcm
    over inspect b/shared_lone_$size.dcm
    within dcomp verify b/packed_zero_$size.dcm > out # little to look at
done
for size in 1G 16G; do
    over eval b/act_$size.dcm --data npy:b/one.npy
    over simulate b/act_$size.dcm
done
over verify b/many.dcm
over inspect b/many.dcm
over eval "$FIX/dense.dcm" --data idx:b/gz
for pictures in png jpg scans; do
    over eval "$FIX/colour.dcm" --data images:b/$pictures --strict
    # Without --strict it is left out, and there is nothing else.
    got=0
    within dcomp eval "$FIX/colour.dcm" --data images:b/$pictures > out 2> err || got=$?
    [ $got = 5 ] && grep -q "expansion limit" err || { echo "exit $got"; cat err; }
done
within dcomp eval "$FIX/colour.dcm" --data images:b/texts > out # texts are passed over
# Many points that are made pictures of 512 x 512: one by one.
cat > warp.json <<'END'
{"name": "warp", "input": {"shape": [1, 512, 512], "resize": "warp"},
 "layers": [{"name": "p", "op": "global_average_pool"},
            {"name": "fc", "op": "linear", "n_outputs": 10}]}
END
dcomp train warp.json -o warp.dcm --data digits:60 --epochs 0 -q > out
python3 "$CLI/limits/within.py" 300 30 dcomp eval warp.dcm --data idx:b/points -q > out
# With little memory left as well; they are the same pictures.
for limit in 1G 30M; do
    dcomp eval warp.dcm --data digits:60 --dump-output $limit.npy --batch 1 -q --backend ref \
        --memory-limit $limit > out
done
same 1G.npy 30M.npy
# Between others it is one that cannot be read.
cp "$SRC/tests/pictures/fixtures/rgb.png" b/png/good.png
printf 'p0.png 1\ngood.png 1\n' > b/png/labels.txt
within dcomp eval "$FIX/colour.dcm" --data images:b/png --json > out 2> err
grep -q '"n_skipped":[[:space:]]*1,' out
grep -q "expansion limit" err
for command in verify inspect "encode -o x.dcm" "eval --data digits:4" "import -o x.dcm"; do
    for stream in /dev/zero /dev/urandom; do
        got=0
        within dcomp ${command%% *} $stream $(echo "$command " | cut -d' ' -f2-) > out 2>&1 ||
            got=$?
        case $got in 1 | 3 | 5 | 6) ;; *) echo "$command $stream: $got"; cat out ;; esac
    done
done
for command in verify inspect; do
    yes | within dcomp $command - > out 2>&1 || got=$?
    case $got in 1 | 3) ;; *) echo "$command -: $got"; cat out ;; esac
done
only 1G.npy 30M.npy b err out warp.dcm warp.json
