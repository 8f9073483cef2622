#!/bin/sh
# SPDX-License-Identifier: MIT
# Keeps docs/cli/<command>.md true to the program.
#
#   docs_cli.sh DCOMP            writes the option blocks, between the markers, from --help
#   docs_cli.sh DCOMP --check    fails when a block differs or a command has no page
#   docs_cli.sh DCOMP --run      runs the blocks marked "```sh run", page by page, in empty folders;
#                                those of README and recipes too
set -eu
dcomp=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
what=${2:-}
root=$(cd "$(dirname "$0")/.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT INT TERM
mkdir "$scratch/bin"
ln -s "$dcomp" "$scratch/bin/dcomp"
export OMP_WAIT_POLICY=passive # two jobs on one core would only spin
PATH=$scratch/bin:$PATH

# The page with today's --help in place of what is between the markers.
renew() {
    dcomp "$1" --help > "$scratch/help"
    awk -v help="$scratch/help" '
        /^<!-- end of --help -->$/ { skip = 0 }
        !skip { print }
        /^<!-- --help; written by scripts\/docs_cli.sh -->$/ {
            print "```text"
            while ((getline line < help) > 0) print line
            print "```"
            skip = 1
        }' "$root/docs/cli/$1.md" > "$scratch/page"
}

# The runnable blocks of a page, in order, as one script with models/ beside it.
run_page() {
    awk '/^```/ { inside = $0 == "```sh run"; next } inside' "$root/$1" > "$scratch/run.sh"
    rm -rf "$scratch/place"
    mkdir "$scratch/place"
    cp -r "$root/models" "$scratch/place/models"
    (cd "$scratch/place" && sh -eu "$scratch/run.sh" > "$scratch/log" 2>&1 < /dev/null) || {
        echo "$1: an example fails:"
        cat "$scratch/run.sh" "$scratch/log"
        bad=1
    }
}

bad=0
for command in $(dcomp --help | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p'); do
    page=$root/docs/cli/$command.md
    if [ ! -e "$page" ]; then
        echo "docs/cli/$command.md is missing"
        bad=1
        continue
    fi
    renew "$command"
    case $what in
    --check) cmp -s "$scratch/page" "$page" || {
        echo "docs/cli/$command.md is not as --help is; run scripts/docs_cli.sh"
        bad=1
    } ;;
    --run) run_page "docs/cli/$command.md" ;;
    *) cp "$scratch/page" "$page" ;;
    esac
done
if [ "$what" = --run ]; then
    for page in README.md docs/cli/README.md docs/recipes.md; do
        run_page $page
    done
fi
exit $bad
