# SPDX-License-Identifier: MIT
# What is printed must not get between the bytes of a model that goes the same way.
. "$CLI/lib.sh"
for name in /dev/stdout /dev/fd/1 /proc/self/fd/1; do
    got=0
    dcomp encode "$FIX/dense.dcm" -o $name -q 2> err | cat > piped || got=$?
    [ ! -s piped ] || echo "$name: something was written"
    grep -q "'$name' is where messages go" err || cat err
done
# A file behind the name is replaced, and what is printed goes into the old one.
dcomp encode "$FIX/dense.dcm" -o want.dcm -q > out
dcomp encode "$FIX/dense.dcm" -o /dev/stdout -f -q > plain.dcm
same plain.dcm want.dcm
dcomp encode "$FIX/dense.dcm" -o /dev/null -q > /dev/null
