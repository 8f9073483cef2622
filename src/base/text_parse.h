/* SPDX-License-Identifier: MIT
 *
 * Inside base: numbers and words as people type them. Nothing here sets a message.
 */
#ifndef DCOMP_BASE_TEXT_PARSE_H
#define DCOMP_BASE_TEXT_PARSE_H

#include "dcomp/base.h"

/* The whole text is a finite decimal number: no blanks, hex, "inf" or "nan". */
bool dc_parse_number(double *out, const char *text);
/* The whole text is decimal digits whose value fits. */
bool dc_parse_u64(uint64_t *out, const char *text);
/* The same, or with K, M, G or T (of 1,024, as KiB is) or KB, MB, GB or TB (of 1,000) behind it. */
bool dc_parse_size(uint64_t *out, const char *text);
/* true/false, yes/no, on/off, 1/0. */
bool dc_parse_bool(bool *out, const char *text);
/* Calls out the i-th word of "a|b|c": its start, NULL past the last, and its length. */
const char *dc_choice_at(const char *choices, uint32_t index, size_t *length);

#endif
