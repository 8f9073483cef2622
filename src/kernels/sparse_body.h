/* SPDX-License-Identifier: MIT
 *
 * Products of sparse matrices. Many columns: the sums of a row are held in registers, MOST_SUMS
 * vectors of LANES columns at a time, while its entries go by, so an entry is decoded once for all
 * of them. One column: a lane for each of sixteen rows.
 *
 * A file of an instruction set says LANES and MOST_SUMS before it includes this, and HAS_... of
 * what it brings itself.
 */
#ifndef DCOMP_KERNELS_SPARSE_BODY_H
#define DCOMP_KERNELS_SPARSE_BODY_H

#include <string.h>

#include "kernels_body.h"
#include "vector_body.h"

#define SIXTEEN DC_SPARSE_LANES

/* What lane `lane` of step `step` stands for. */
INLINE float entry_value(const dc_sparse_rows *a, dc_sparse_codes kind, uint64_t step,
                         uint32_t lane)
{
    if (kind == DC_SPARSE_FLOATS)
        return a->values[step * SIXTEEN + lane];
    if (kind == DC_SPARSE_BYTES)
        return a->book[a->codes[step * SIXTEEN + lane]];
    const uint32_t both = a->codes[step * (SIXTEEN / 2) + lane % 8];
    return a->book[lane < 8 ? both & 15u : both >> 4];
}

/* ---- many columns ---- */

/* A NaN stays one. */
INLINE floats cut(floats v, float low, float high)
{
#if LANES == 1
    v = v < low ? low : v;
    return v > high ? high : v;
#else
    const floats lows = (floats){ 0 } + low, highs = (floats){ 0 } + high;
    const whole is_low = v < lows, is_high = v > highs;
    v = (floats)(((whole)lows & is_low) | ((whole)v & ~is_low));
    return (floats)(((whole)highs & is_high) | ((whole)v & ~is_high));
#endif
}

INLINE void end_row(floats *sums, uint32_t n_sums, const dc_sparse_end *end, uint32_t row)
{
    const float scale = end->scale != NULL ? end->scale[row] : 1;
    const float shift = end->shift != NULL ? end->shift[row] : 0;
    UNROLLED
    for (uint32_t v = 0; v < n_sums; v++)
        sums[v] = cut(scale * sums[v] + shift, end->low, end->high);
}

/* The entries of a row from its cursor on, for `n_sums` vectors that begin at column `at`. */
INLINE dc_sparse_cursor row_tile(const dc_sparse_tiles *t, dc_sparse_codes kind, uint32_t slice,
                                 uint32_t lane, uint64_t at, uint32_t n_sums)
{
    const dc_sparse_rows *a = t->a;
    const uint64_t first = a->first[slice];
    const uint32_t n_steps = (uint32_t)(a->first[slice + 1] - first);
    float *y = t->y + a->order[slice * SIXTEEN + lane] * t->y_row + at;
    const float *x = t->x + at;
    dc_sparse_cursor c = t->cursors[slice * SIXTEEN + lane];
    floats sums[MOST_SUMS];
    UNROLLED
    for (uint32_t v = 0; v < n_sums; v++)
        sums[v] = t->is_first ? (floats){ 0 } : load(y + v * LANES);
    for (; c.step < n_steps; c.step++) {
        const uint64_t step = first + c.step;
        const uint32_t col = c.col + a->moves[step * SIXTEEN + lane];
        if (col >= t->end_col)
            break;
        const float value = entry_value(a, kind, step, lane);
        const float *from = x + t->places[col];
        UNROLLED
        for (uint32_t v = 0; v < n_sums; v++)
            sums[v] += value * load(from + v * LANES);
        c.col = col;
    }
    if (t->end != NULL)
        end_row(sums, n_sums, t->end, a->order[slice * SIXTEEN + lane]);
    UNROLLED
    for (uint32_t v = 0; v < n_sums; v++)
        store(y + v * LANES, sums[v]);
    return c;
}

/* A function for each number of sums: `n` sixteens of columns from `at` on. */
#define UNIT (SIXTEEN / LANES)
#define MOST_SIXTEENS (MOST_SUMS / UNIT)
#define CASE(k) \
    case k: \
        return row_tile(t, kind, slice, lane, at, k <= MOST_SIXTEENS ? k * UNIT : UNIT)

INLINE dc_sparse_cursor row_sixteens(const dc_sparse_tiles *t, dc_sparse_codes kind, uint32_t slice,
                                     uint32_t lane, uint64_t at, uint32_t n)
{
    switch (n) {
        CASE(1); CASE(2); CASE(3); CASE(4); CASE(5); CASE(6);
        CASE(7); CASE(8); CASE(9); CASE(10); CASE(11); CASE(12);
        CASE(13); CASE(14); CASE(15); CASE(16); CASE(17); CASE(18);
        CASE(19); CASE(20); CASE(21); CASE(22); CASE(23); CASE(24);
    }
    return t->cursors[slice * SIXTEEN + lane];
}

/* Tiles are as equal as can be: a narrow one decodes as much as a wide one. */
INLINE void row_tiles(const dc_sparse_tiles *t, dc_sparse_codes kind, uint32_t slice, uint32_t lane)
{
    const uint64_t n = t->n / SIXTEEN, n_tiles = (n + MOST_SIXTEENS - 1) / MOST_SIXTEENS;
    dc_sparse_cursor after = t->cursors[slice * SIXTEEN + lane];
    for (uint64_t i = 0; i < n_tiles; i++) {
        const uint64_t from = i * n / n_tiles, end = (i + 1) * n / n_tiles;
        after = row_sixteens(t, kind, slice, lane, from * SIXTEEN, (uint32_t)(end - from));
    }
    t->cursors[slice * SIXTEEN + lane] = after;
}

INLINE void all_tiles(const dc_sparse_tiles *t, dc_sparse_codes kind)
{
    for (uint32_t slice = t->first_slice; slice < t->end_slice; slice++)
        for (uint32_t lane = 0; lane < SIXTEEN; lane++)
            if (t->a->order[slice * SIXTEEN + lane] < t->a->n_rows)
                row_tiles(t, kind, slice, lane);
}

static void sparse_tiles(const dc_sparse_tiles *t)
{
    if (t->a->kind == DC_SPARSE_FLOATS)
        all_tiles(t, DC_SPARSE_FLOATS);
    else if (t->a->kind == DC_SPARSE_BYTES)
        all_tiles(t, DC_SPARSE_BYTES);
    else
        all_tiles(t, DC_SPARSE_NIBBLES);
}

/* ---- one column, by rows ---- */

#ifndef HAS_SPARSE_PRODUCT
INLINE void slice_product(const dc_sparse_product *p, dc_sparse_codes kind, uint32_t slice)
{
    const dc_sparse_rows *a = p->a;
    float sums[SIXTEEN] = { 0 };
    uint32_t cols[SIXTEEN] = { 0 };
    for (uint64_t step = a->first[slice]; step < a->first[slice + 1]; step++)
        for (uint32_t lane = 0; lane < SIXTEEN; lane++) {
            cols[lane] += a->moves[step * SIXTEEN + lane];
            sums[lane] += entry_value(a, kind, step, lane) * p->x[cols[lane]];
        }
    for (uint32_t lane = 0; lane < SIXTEEN; lane++)
        if (a->order[slice * SIXTEEN + lane] < a->n_rows)
            p->y[a->order[slice * SIXTEEN + lane]] = sums[lane];
}

static void sparse_product(const dc_sparse_product *p)
{
    for (uint32_t slice = p->first_slice; slice < p->end_slice; slice++)
        if (p->a->kind == DC_SPARSE_FLOATS)
            slice_product(p, DC_SPARSE_FLOATS, slice);
        else if (p->a->kind == DC_SPARSE_BYTES)
            slice_product(p, DC_SPARSE_BYTES, slice);
        else
            slice_product(p, DC_SPARSE_NIBBLES, slice);
}
#endif

#endif
