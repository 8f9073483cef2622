/* SPDX-License-Identifier: MIT
 *
 * Inside base: a strict look over a JSON text before any tree is built.
 */
#ifndef DCOMP_BASE_JSON_SCAN_H
#define DCOMP_BASE_JSON_SCAN_H

#include "dcomp/base.h"

#define DC_JSON_MAX_DEPTH 64

typedef struct dc_json_place {
    uint32_t line, column; /* from 1; columns count bytes */
} dc_json_place;

/* The text is exactly one JSON value (RFC 8259), UTF-8, without NUL even when escaped, nested at
 * most DC_JSON_MAX_DEPTH deep. DC_ECORRUPT names `subject`, line and column. */
DC_MUST_USE dc_status dc_json_scan(const char *text, uint64_t n, const char *subject);

/* Where the key number `ordinal` (from 0, in order of appearance) of a scanned text stands. */
dc_json_place dc_json_key_place(const char *text, uint64_t n, uint64_t ordinal);

#endif
