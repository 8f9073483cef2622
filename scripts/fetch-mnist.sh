#!/bin/sh
# SPDX-License-Identifier: MIT
# Fetches MNIST's four files and checks them: fetch-mnist.sh [DIR]
#
# DIR is ./mnist if not given; use it as --data idx:DIR. $MNIST_URL is the folder to fetch from, if
# another mirror is wanted. Files that are there and right are not fetched again.
set -eu

dir=${1:-mnist}
url=${MNIST_URL:-https://ossci-datasets.s3.amazonaws.com/mnist}

# MD5 of the unpacked files.
sums='6bbc9ace898e44ae57da46a324031adb train-images-idx3-ubyte
a25bea736e30d166cdddb491f175f624 train-labels-idx1-ubyte
2646ac647ad5339dbf082846283269ea t10k-images-idx3-ubyte
27ae3e4e09519cfbb04c329615203637 t10k-labels-idx1-ubyte'

fail()
{
    echo "fetch-mnist: $*" >&2
    exit 1
}

md5()
{
    if command -v md5sum >/dev/null 2>&1; then
        md5sum
    elif command -v md5 >/dev/null 2>&1; then
        md5 -q
    else
        fail "neither md5sum nor md5 is installed"
    fi | cut -c1-32
}

fetch()
{
    if command -v curl >/dev/null 2>&1; then
        curl --fail --location --silent --show-error --connect-timeout 20 --retry 2 -o "$2" "$1"
    elif command -v wget >/dev/null 2>&1; then
        wget --quiet --timeout=20 --tries=3 -O "$2" "$1"
    else
        fail "neither curl nor wget is installed"
    fi
}

# is_right FILE.gz MD5
is_right()
{
    [ -f "$1" ] && [ "$(gzip -dc "$1" 2>/dev/null | md5)" = "$2" ]
}

mkdir -p "$dir"
part=$dir/fetch.$$
trap 'rm -f "$part"' EXIT
trap 'exit 130' INT TERM

echo "$sums" | while read -r sum name; do
    if is_right "$dir/$name.gz" "$sum"; then
        echo "$name: there"
        continue
    fi
    fetch "$url/$name.gz" "$part" ||
        fail "cannot fetch $url/$name.gz: is there a network? Another mirror may be named in" \
             "MNIST_URL, or the four .gz files copied to $dir by hand; --data digits needs none"
    is_right "$part" "$sum" || fail "what $url has as $name.gz is not MNIST's (MD5 $sum)"
    mv "$part" "$dir/$name.gz"
    echo "$name: fetched"
done
