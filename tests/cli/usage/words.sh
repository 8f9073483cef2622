# SPDX-License-Identifier: MIT
. "$CLI/lib.sh"
M=$FIX/dense.dcm
says 2 "unknown command 'frobnicate'" dcomp frobnicate
says 2 "unknown option '--frobnicate'" dcomp --frobnicate
says 2 "unknown command 'frobnicate'" dcomp help frobnicate
says 2 "option '--frobnicate'" dcomp prune "$M" --frobnicate
says 2 "unknown option '-Z'" dcomp prune "$M" -Z
says 2 "unknown option '-Z'" dcomp prune "$M" -qZ
says 2 "ambiguous option '--d'" dcomp sensitivity "$M" --d x
says 2 "option '--output' needs a value" dcomp prune "$M" --output
says 2 "option '-o' needs a value" dcomp prune "$M" -o
says 2 "option '--force' takes no value" dcomp prune "$M" --force=yes
says 2 "option '--help' takes no value" dcomp prune "$M" --help=yes
says 2 "file name missing (usage: dcomp prune" dcomp prune -o o.dcm
says 2 "unexpected argument 'b'" dcomp inspect a b
says 2 "unexpected argument '-q'" dcomp inspect -- a -q
says 2 "no output file (-o)" dcomp prune "$M" --density 0.1
says 2 "no output file (-o)" dcomp prune "$M" --density 0.1 -o ''
says 2 "file name missing" dcomp diff "$M"
