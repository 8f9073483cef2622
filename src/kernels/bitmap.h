/* SPDX-License-Identifier: MIT
 *
 * Columns that count, and where their codes are.
 */
#ifndef DCOMP_KERNELS_BITMAP_H
#define DCOMP_KERNELS_BITMAP_H

#include "kernels_body.h"

/* A column whose x is not 0, from a block on. */
typedef struct live_column {
    const uint64_t *masks;
    const uint8_t *codes;
    float x;
} live_column;

INLINE uint32_t count_bits(uint64_t mask)
{
#if defined(__GNUC__)
    return (uint32_t)__builtin_popcountll(mask);
#else
    uint32_t n = 0;
    for (; mask != 0; mask &= mask - 1)
        n++;
    return n;
#endif
}

INLINE uint32_t code_bytes(dc_sparse_codes kind, uint64_t mask)
{
    return kind == DC_SPARSE_BYTES ? count_bits(mask) : (count_bits(mask) + 1) / 2;
}

INLINE live_column find_column(const dc_sparse_by_columns *p, dc_sparse_codes kind, uint32_t col)
{
    const dc_sparse_columns *a = p->a;
    live_column c = { a->masks + (uint64_t)col * a->n_blocks, a->codes + a->first[col], p->x[col] };
    for (uint32_t b = 0; b < p->first_block; b++)
        c.codes += code_bytes(kind, c.masks[b]);
    c.masks += p->first_block;
    return c;
}

#endif
