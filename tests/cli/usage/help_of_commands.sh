# SPDX-License-Identifier: MIT
# Every command that --help lists has its own, and `help COMMAND` is the same text.
. "$CLI/lib.sh"
for command in $(dcomp --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p'); do
    dcomp "$command" --help > a
    dcomp "$command" -h > b
    dcomp help "$command" > c
    cmp a b
    cmp a c
    head -n 1 a
    grep -q -- '-h, --help' a
    grep -q -- '--json' a
    not grep '.\{101\}' a
    grep -A1 '^example:' a | grep "^  dcomp $command "
done
