# SPDX-License-Identifier: MIT
# Functions of the cases. Sourced: . "$CLI/lib.sh"

# code N COMMAND...: the command must end with N; what it says is dropped, but for a wrong end.
code() {
    wanted=$1
    shift
    got=0
    "$@" > code.out 2> code.err || got=$?
    if [ "$got" != "$wanted" ]; then
        echo "wanted exit $wanted, got $got: $*"
        cat code.out code.err
        exit 1
    fi
    rm -f code.out code.err
}

# not COMMAND...: the command must fail. "! COMMAND" cannot: sh -e passes over it.
not() {
    if "$@"; then
        echo "must not succeed: $*"
        exit 1
    fi
}

# says N TEXT COMMAND...: as code, and its stderr must be one line "dcomp: ..." that holds TEXT.
says() {
    wanted=$1 text=$2
    shift 2
    got=0
    "$@" > says.out 2> says.err || got=$?
    if [ "$got" != "$wanted" ] || ! grep -qF -- "$text" says.err ||
        [ "$(wc -l < says.err)" != 1 ] || ! grep -q '^dcomp: ' says.err || [ -s says.out ]; then
        echo "wanted exit $wanted and 'dcomp: ... $text ...', got $got: $*"
        cat says.out says.err
        exit 1
    fi
    rm -f says.out says.err
}

# only NAME...: the folder holds these and nothing else, hidden files included.
only() {
    ls -A | LC_ALL=C sort > /tmp/only.$$.have
    printf '%s\n' "$@" | sed '/^$/d' | LC_ALL=C sort > /tmp/only.$$.want
    if ! cmp -s /tmp/only.$$.have /tmp/only.$$.want; then
        echo "the folder should hold: $*"
        cat /tmp/only.$$.have
        rm -f /tmp/only.$$.*
        exit 1
    fi
    rm -f /tmp/only.$$.*
}

# same A B: equal bytes.
same() {
    cmp "$1" "$2" || exit 1
}

# has FILE KEY...: the file is one JSON object with a schema and these keys; a.b goes inside, [] to
# a list's first element.
has() {
    python3 "$CLI/has_keys.py" "$@"
}

# stop SIGNAL WHEN COMMAND...: runs the command and sends the signal; see stop_when.py.
stop() {
    python3 "$CLI/stop_when.py" "$@"
}

# ranks N COMMAND...: as many side by side by mpirun, whose own talk is dropped. A case with ranks
# begins with `has_ranks || exit 0`: Open MPI is optional.
ranks() {
    n=$1
    shift
    OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 mpirun -q --oversubscribe \
        --mca orte_abort_print_stack 0 -n "$n" "$@"
}

# Whether the program was built with MPI; and whether there is mpirun, too. Modules of Open MPI
# keep what they took, so leaks are not looked for from here on.
has_mpi() {
    export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"
    dcomp train nowhere.json --data digits --exchange dense -o has.dcm > has.out 2>&1 || true
    not_built=$(grep -c "libopenmpi-dev" has.out || true)
    rm -f has.out
    [ "$not_built" = 0 ]
}

has_ranks() {
    command -v mpirun > /dev/null && has_mpi
}
