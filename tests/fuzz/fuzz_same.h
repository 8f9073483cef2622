/* SPDX-License-Identifier: MIT */
#ifndef DCOMP_TESTS_FUZZ_SAME_H
#define DCOMP_TESTS_FUZZ_SAME_H

#include "dcomp/model.h"
#include "fuzz.h"

enum { FUZZ_BUT_NAMES = 1, FUZZ_BUT_HISTORY = 2 };
/* Nodes, parameters with their values where both have them, the input; names, ends and classes
 * unless FUZZ_BUT_NAMES, the history unless either. */
void fuzz_check_same(const dc_model *a, const dc_model *b, unsigned but);
/* What is written as a file and read again is the same. */
void fuzz_check_file(const dc_model *model);

#endif
