/* SPDX-License-Identifier: MIT
 *
 * Products by columns, of those whose x is not 0. With HAS_EXPAND a file brings expand_columns.
 */
#ifndef DCOMP_KERNELS_COLUMNS_BODY_H
#define DCOMP_KERNELS_COLUMNS_BODY_H

#include <string.h>

#include "bitmap.h"

#define LIVE_TOGETHER 8u

INLINE uint32_t lowest_bit(uint64_t mask)
{
#if defined(__GNUC__)
    return (uint32_t)__builtin_ctzll(mask);
#else
    uint32_t bit = 0;
    for (; (mask & 1) == 0; mask >>= 1)
        bit++;
    return bit;
#endif
}

/* y: of the first block. */
INLINE void add_column(const dc_sparse_columns *a, dc_sparse_codes kind, live_column *c,
                       uint32_t n_blocks, float *y)
{
    for (uint32_t b = 0; b < n_blocks; b++, y += DC_SPARSE_BLOCK) {
        uint32_t n = 0;
        for (uint64_t mask = c->masks[b]; mask != 0; mask &= mask - 1, n++) {
            const uint32_t bit = lowest_bit(mask);
            const uint32_t both = c->codes[kind == DC_SPARSE_BYTES ? n : n / 2];
            const uint32_t code = kind == DC_SPARSE_BYTES ? both : both >> n % 2 * 4 & 15u;
            y[16 * (bit % 4) + bit / 4] += a->book[code] * c->x;
        }
        c->codes += kind == DC_SPARSE_BYTES ? n : (n + 1) / 2;
    }
}

/* Eight columns, or fewer at the end. */
INLINE void add_columns(const dc_sparse_by_columns *p, dc_sparse_codes kind, live_column *columns,
                        uint32_t n)
{
    const uint32_t n_blocks = p->end_block - p->first_block;
    float *y = p->y + (uint64_t)p->first_block * DC_SPARSE_BLOCK;
#if defined(HAS_EXPAND)
    if (kind == DC_SPARSE_NIBBLES) {
        expand_columns(p, columns, n);
        return;
    }
#endif
    for (uint32_t i = 0; i < n; i++)
        add_column(p->a, kind, &columns[i], n_blocks, y);
}

INLINE void columns_product(const dc_sparse_by_columns *p, dc_sparse_codes kind)
{
    live_column columns[LIVE_TOGETHER];
    uint32_t n = 0;
    for (uint32_t col = 0; col < p->a->n_cols; col++) {
        if (p->x[col] == 0)
            continue;
        columns[n++] = find_column(p, kind, col);
        if (n < LIVE_TOGETHER)
            continue;
        add_columns(p, kind, columns, n);
        n = 0;
    }
    add_columns(p, kind, columns, n);
}

static void sparse_columns(const dc_sparse_by_columns *p)
{
    const uint64_t first = (uint64_t)p->first_block * DC_SPARSE_BLOCK;
    const uint64_t end = (uint64_t)p->end_block * DC_SPARSE_BLOCK;
    memset(p->y + first, 0, ((end < p->a->n_rows ? end : p->a->n_rows) - first) * sizeof *p->y);
    if (p->a->kind == DC_SPARSE_BYTES)
        columns_product(p, DC_SPARSE_BYTES);
    else
        columns_product(p, DC_SPARSE_NIBBLES);
}

#endif
