/* SPDX-License-Identifier: MIT
 *
 * Inside base: is this valid UTF-8 without NUL?
 */
#ifndef DCOMP_BASE_UTF8_H
#define DCOMP_BASE_UTF8_H

#include "dcomp/base.h"

/* Refuses overlong forms, surrogates, values over U+10FFFF and NUL. */
bool dc_utf8_is_valid(const uint8_t *text, uint64_t n);

#endif
