/* SPDX-License-Identifier: MIT
 *
 * Levels as a packed layer by rows: slices, in any order and side by side, become codes and gaps,
 * which are joined when all are there. So a layer is never in memory with all its zeros.
 */
#ifndef DCOMP_FORMAT_LEVEL_PACKING_H
#define DCOMP_FORMAT_LEVEL_PACKING_H

#include "level_book.h"

/* Of one slice: entries from its first weight that is not 0, whose own gap is not known yet. */
typedef struct dc_level_part {
    uint64_t n_entries, n_nonzero;
    uint64_t lead, tail;   /* zeros before the first and behind the last */
    uint8_t *codes, *gaps; /* one memory; owns                           */
} dc_level_part;

typedef struct dc_level_packing {
    uint32_t n_rows, n_cols, n_codebook, n_above;
    float codebook[DC_MAX_CODEBOOK];
    dc_level_part parts[DC_MAX_LEVEL_SLICES];
} dc_level_packing;

/* Zeros at first. The book has at most DC_MAX_CODEBOOK - 1 levels but 0, and no steps of rows. */
dc_status dc_level_packing_begin(dc_level_packing *p, const dc_level_book *book,
                                 const dc_level_shape *shape);
/* A dc_level_take: levels are within the book. */
dc_status dc_level_packing_take(void *packing, const dc_level_rows *rows);
/* The arrays of `out` come from the arena. */
dc_status dc_level_packing_end(dc_packed *out, const dc_level_packing *p, dc_arena *arena);
void dc_level_packing_clear(dc_level_packing *p);

#endif
