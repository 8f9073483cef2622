# SPDX-License-Identifier: MIT
dcomp --help > a
dcomp -h > b
dcomp help > c
dcomp help help > d
cmp a d
cmp a b
cmp a c
cat a
