#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: test_in_root.sh [SUITE] [CTEST ARGUMENTS...]
#
# Builds and runs the fast tests (test.sh) in the root of another Debian release, SUITE (trixie,
# which is Debian 13): another compiler, other versions of all libraries. debootstrap makes the root
# from the mirror that this machine's apt uses (or DCOMP_MIRROR), once; it is kept, with its build,
# in build-root-SUITE/. The source is seen read-only. All mounts are in a namespace of their own and
# end with it, whatever happens. Where no root can be had one line says why; the exit code is 77.
set -eu

suite=${1:-trixie}
[ $# -eq 0 ] || shift
source=$(cd "$(dirname "$0")/.." && pwd)
place=$source/build-root-$suite
root=$place/root
log=$place/debootstrap.log

skip()
{
    echo "test_in_root: $suite: skipped: $*" >&2
    exit 77
}

# Where this machine's own release comes from.
mirror_of_apt()
{
    # shellcheck disable=SC1091
    release=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016
    apt-get indextargets --format '$(SITE)' "Created-By: Packages" "Component: main" \
        "Codename: $release" 2>/dev/null | head -n 1
}

make_root()
{
    command -v debootstrap >/dev/null || "$source/scripts/setup.sh" debootstrap >/dev/null 2>&1 ||
        true
    command -v debootstrap >/dev/null || skip "debootstrap is not installed"
    mirror=${DCOMP_MIRROR:-$(mirror_of_apt)}
    [ -n "$mirror" ] || skip "apt names no mirror here (DCOMP_MIRROR=URL does)"
    packages=$("$source/scripts/setup.sh" --list | tr ' ' ,)
    echo "test_in_root: making the root of $suite in $root" >&2
    rm -rf "$root.part"
    mkdir -p "$place"
    unshare --mount --propagation private timeout 900 debootstrap --variant=minbase \
        --include="$packages" "$suite" "$root.part" "$mirror" >"$log" 2>&1 || {
        rm -rf "$root.part"
        skip "debootstrap failed: $(tail -n 1 "$log") (log: $log)"
    }
    mv "$root.part" "$root"
}

[ "$(id -u)" -eq 0 ] || skip "making a root wants root rights"
command -v unshare >/dev/null || skip "unshare is not installed"
unshare --mount --propagation private true 2>/dev/null || skip "no right to mount here"
[ -d "$root" ] || make_root

# shellcheck disable=SC2016
unshare --mount --propagation private sh -eu -c '
    source=$1 root=$2 data=$3
    shift 3
    mkdir -p "$root/source" "$root/data"
    mount --bind "$source" "$root/source"
    mount -o remount,bind,ro "$root/source"
    if [ -n "$data" ]; then
        mount --bind "$data" "$root/data"
        mount -o remount,bind,ro "$root/data"
    fi
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
        CI="${CI:-}" DCOMP_JOBS="${DCOMP_JOBS:-2}" DCOMP_BUILD=/build \
        ${data:+DCOMP_DATA=/data} /source/scripts/test.sh "$@"
' sh "$source" "$root" "${DCOMP_DATA:-}" "$@"
