/* SPDX-License-Identifier: MIT
 *
 * What levels of a layer are worth (docs/format.md, section 5.4): a grid, a grid in which a trellis
 * walks, a grid of each row's own, or a book of values above and below 0. Levels are the layer's
 * values as small integers, 0 for 0, the larger the farther from 0.
 */
#ifndef DCOMP_FORMAT_LEVEL_BOOK_H
#define DCOMP_FORMAT_LEVEL_BOOK_H

#include "dcomp/entropy.h"
#include "dcomp/model.h"

typedef enum dc_book_kind { BOOK_GRID, BOOK_TRELLIS, BOOK_ROWS, BOOK_VALUES } dc_book_kind;

#define DC_MAX_BOOK_VALUES 255

typedef struct dc_level_book {
    dc_book_kind kind;
    bool is_half;              /* a step is one byte and not two, a value f16 and not f32   */
    uint32_t n_above, n_below; /* the largest level above 0, and below 0 in size            */
    float step;                /* of grid and trellis                                       */
    uint8_t *row_steps;        /* of rows, each as its byte                                 */
    float *numbers;            /* of values: n_below + n_above of them, rising              */
    uint16_t *sizes[2];        /* of values, for the coder; else NULL                       */
} dc_level_book;

#define DC_MAX_LEVEL_BOOKS 3u

/* A book and the layer's levels in it. */
typedef struct dc_leveled {
    dc_level_book book;
    int16_t *levels;
} dc_leveled;

/* Those that may be the smallest for `values` (shape), which are not all 0; *n of them. `distinct`:
 * their distinct values, rising, 0 among them or not; none when they are too many. Memory that is
 * needed as long as they are. */
dc_status dc_level_books_find(dc_leveled out[DC_MAX_LEVEL_BOOKS], unsigned *n, const float *values,
                              const dc_level_shape *shape, const float *distinct,
                              uint32_t n_distinct, dc_arena *arena);

/* The book as bytes; steps of rows are coded by `coder`. */
void dc_level_book_put(dc_writer *w, const dc_level_book *book, const dc_level_shape *shape,
                       const dc_level_coder *coder);
/* Its kind and bounds, the first that it says. */
DC_MUST_USE dc_status dc_level_book_head(dc_level_book *out, dc_reader *r);
/* And back; DC_ECORRUPT for what no book may have. */
DC_MUST_USE dc_status dc_level_book_get(dc_level_book *out, dc_reader *r, bool is_half,
                                        const dc_level_shape *shape, const dc_level_coder *coder,
                                        dc_arena *arena);

/* What its first byte says. */
dc_book_kind dc_level_book_kind(const uint8_t *bytes);

/* Sizes of its numbers, for the coder. */
dc_status dc_level_book_size(dc_level_book *book, dc_arena *arena);
/* What writer and reader of the levels have in common; `levels` may be NULL. */
dc_level_stream dc_level_stream_of(const dc_level_book *book, const dc_level_shape *shape,
                                   const int16_t *levels);
/* What the levels, each within the book's, are worth. */
void dc_levels_value(float *values, const dc_level_book *book, const dc_level_shape *shape,
                     const int16_t *levels);

const char *dc_book_kind_name(dc_book_kind kind);

#endif
