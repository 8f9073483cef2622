#!/bin/sh
# SPDX-License-Identifier: MIT
# Sees that what the build and its tests need is there. On Debian and Ubuntu what is missing is
# installed with apt; elsewhere it is named. Nothing is installed, and the network left alone, when
# nothing is missing. Arguments are further packages wanted, by Debian's names (libopenmpi-dev and
# openmpi-bin for training on several ranks); --list prints what is wanted and does nothing else.
set -eu

is_list=false
[ "${1:-}" != --list ] || { is_list=true && shift; }

# In CMake's eyes: a compiler, the tools, the headers.
packages="build-essential cmake ninja-build pkg-config zlib1g-dev libpng-dev libcjson-dev \
libcmocka-dev libdnnl-dev libjpeg-dev libsndfile1-dev libkissfft-dev liblapack-dev python3 $*"
if $is_list; then
    # shellcheck disable=SC2086
    echo $packages
    exit 0
fi

have_header()
{
    printf '#include <%s>\n' stddef.h stdint.h stdio.h stdarg.h setjmp.h "$1" |
        "${CC:-cc}" -E -xc - >/dev/null 2>&1
}

have()
{
    case $1 in
    build-essential) command -v "${CC:-cc}" && command -v make && have_header stdlib.h ;;
    cmake | clang | python3 | valgrind) command -v "$1" ;;
    ninja-build) command -v ninja ;;
    pkg-config) command -v pkg-config ;;
    zlib1g-dev) have_header zlib.h ;;
    libpng-dev) have_header png.h ;;
    libcjson-dev) have_header cjson/cJSON.h ;;
    libcmocka-dev) have_header cmocka.h ;;
    libdnnl-dev) have_header oneapi/dnnl/dnnl.h ;;
    libjpeg-dev) have_header jpeglib.h ;;
    libsndfile1-dev) have_header sndfile.h ;;
    libkissfft-dev) have_header kissfft/kiss_fftr.h ;;
    libopenmpi-dev) have_header mpi/mpi.h || have_header mpi.h ;;
    openmpi-bin) command -v mpirun ;;
    *) dpkg -s "$1" ;;
    esac >/dev/null 2>&1
}

missing()
{
    for package in $packages; do
        have "$package" || printf '%s ' "$package"
    done
}

wanted=$(missing)
[ -n "$wanted" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "setup: not found (by Debian's names): $wanted" >&2
    cat >&2 <<'END'
setup: Fedora: dnf install gcc make cmake ninja-build pkgconf zlib-devel libpng-devel cjson-devel
               libcmocka-devel onednn-devel libjpeg-turbo-devel libsndfile-devel kiss-fft-devel
               lapack-devel python3
setup: Arch:   pacman -S base-devel cmake ninja zlib libpng cjson cmocka onednn libjpeg-turbo
               libsndfile kissfft lapack python
setup: macOS:  brew install cmake ninja pkg-config libpng cjson cmocka onednn jpeg-turbo
               libsndfile kissfft
END
    exit 1
fi

as_root()
{
    if [ "$(id -u)" -eq 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@" </dev/null >&2
    elif command -v sudo >/dev/null 2>&1; then
        sudo env DEBIAN_FRONTEND=noninteractive "$@" </dev/null >&2
    else
        echo "setup: neither root nor sudo; please have these installed: $wanted" >&2
        exit 1
    fi
}

echo "setup: installing $wanted" >&2
as_root apt-get update -qq
# These are optional, and not in every release.
for package in libdnnl-dev libjpeg-dev libsndfile1-dev libkissfft-dev liblapack-dev; do
    if [ -z "$(apt-cache madison "$package")" ]; then
        echo "setup: no package $package here; building without it" >&2
        wanted=$(printf '%s' " $wanted" | sed "s/ $package / /")
    fi
done
# shellcheck disable=SC2086
as_root apt-get install -y -qq --no-install-recommends $wanted
