# SPDX-License-Identifier: MIT
dcomp --help > a
dcomp -h > b
dcomp help > c
cmp a b
cmp a c
cat a
