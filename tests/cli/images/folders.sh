# SPDX-License-Identifier: MIT
# Which class a folder is: a number, a name of the model, or its place in byte order, which is said
# and kept in what is trained.
. "$CLI/lib.sh"
P=$SRC/tests/pictures/fixtures/rgb.png
cat > net.json <<'END'
{"name": "net", "input": {"shape": [3, 8, 8], "resize": "warp"},
 "layers": [{"name": "fc1", "op": "linear", "n_outputs": 12}]}
END
put() {
    for name; do
        mkdir -p "$name"
        cp "$P" "$name/a.png"
    done
}
put n/0 n/1 n/2 n/3 n/4 n/5 n/6 n/7 n/8 n/9 n/10 n/11 gap/3 gap/07 far/3 far/12 less/-1 less/0
# The class that the network says, whatever that is; all of a folder's pictures are the same.
dcomp train net.json -o net.dcm --data folder:n --holdout 1 --test 1 --epochs 1 -q > out
dcomp eval net.dcm --data folder:n --predictions p.csv -q > out
python3 - <<'END'
import csv
for row in csv.DictReader(open("p.csv")):
    assert row["file"] == "n/%s/a.png" % row["label"], row
END
dcomp eval net.dcm --data folder:n --limit 1 > out 2> err
grep -q "the first 1 of 'folder:n' are of 1 of 1. classes: a folder is read class after class" err
dcomp eval net.dcm --data folder:n > out 2> err
if grep "class after class" err; then exit 1; fi
dcomp eval net.dcm --data folder:gap --predictions p2.csv > out 2> err
[ ! -s err ]
cut -d, -f1,2 p2.csv
says 2 "'12' in 'far' is not one of the classes 0 to 11" dcomp eval net.dcm --data folder:far
says 2 "'-1' in 'less' is not one of the classes 0 to 11" \
    dcomp eval net.dcm --data folder:less
# Names: said on one line, all of them with -v and in the JSON.
put set/wasp set/ant set/bee set/fly set/gnat set/moth some/moth some/bee
dcomp eval net.dcm --data folder:set > out 2> err
cat err
dcomp eval net.dcm --data folder:set -v -q | grep '^class'
dcomp eval net.dcm --data folder:set --json -q | tr -d '\n\t' |
    grep -o '"classes_in_order".*"wasp"]'
# Trained, they are kept: other folders are matched by name, without a word.
for command in "train net.json" "retrain net.dcm" "compress net.dcm"; do
    words="--holdout 1 --test 1 -f -o named.dcm"
    case $command in
    compress*) echo '{"stages": [{"stage": "quantize", "bits": 4}]}' > r.json
               words="$words --recipe r.json" ;;
    *) words="$words --epochs 1" ;;
    esac
    dcomp $command --data folder:set $words > out 2> err
    grep -c 'byte order' err
    dcomp eval named.dcm --data folder:some --predictions p3.csv -f > out 2> err
    [ ! -s err ]
    cut -d, -f1,2 p3.csv
done
put odd/moth odd/cat
says 2 "the model has no class 'cat'" dcomp eval named.dcm --data folder:odd
