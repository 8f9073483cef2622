/* SPDX-License-Identifier: MIT
 *
 * A slice of sixteen rows in the lanes of a register of AVX-512, x gathered by their columns. Two
 * slices at once: a gather takes long, and others can begin meanwhile. The sums are those of
 * sparse_body.h, in its order.
 */
#ifndef DCOMP_KERNELS_SPARSE_AVX512_H
#define DCOMP_KERNELS_SPARSE_AVX512_H

#include <immintrin.h>

#include "kernels_body.h"

/* Without optimization gcc's gathers are macros, and these convert their masks by themselves. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"

typedef struct lanes {
    __m512i cols;
    __m512 sums;
} lanes;

INLINE __m512 step_values(const dc_sparse_rows *a, dc_sparse_codes kind, __m512 book, uint64_t step)
{
    if (kind == DC_SPARSE_FLOATS)
        return _mm512_loadu_ps(a->values + step * 16);
    if (kind == DC_SPARSE_BYTES) {
        const __m128i codes = _mm_loadu_si128((const void *)(a->codes + step * 16));
        return _mm512_i32gather_ps(_mm512_cvtepu8_epi32(codes), a->book, 4);
    }
    /* The table takes the low four bits alone, so the upper halves need not go. */
    const __m128i low = _mm_loadl_epi64((const void *)(a->codes + step * 8));
    const __m128i codes = _mm_unpacklo_epi64(low, _mm_srli_epi16(low, 4));
    return _mm512_permutexvar_ps(_mm512_cvtepu8_epi32(codes), book);
}

INLINE void add_step(lanes *l, const dc_sparse_product *p, dc_sparse_codes kind, __m512 book,
                     uint64_t step)
{
    const __m128i moves = _mm_loadu_si128((const void *)(p->a->moves + step * 16));
    l->cols = _mm512_add_epi32(l->cols, _mm512_cvtepu8_epi32(moves));
    const __m512 x = _mm512_i32gather_ps(l->cols, p->x, 4);
    const __m512 values = step_values(p->a, kind, book, step);
    l->sums = _mm512_add_ps(l->sums, _mm512_mul_ps(values, x));
}

INLINE void put_lanes(const dc_sparse_product *p, uint32_t slice, const lanes *l)
{
    const __m512i rows = _mm512_loadu_si512(p->a->order + slice * 16);
    const __mmask16 is_there = _mm512_cmplt_epu32_mask(rows, _mm512_set1_epi32((int)p->a->n_rows));
    _mm512_mask_i32scatter_ps(p->y, is_there, rows, l->sums, 4);
}

INLINE void gather_slices(const dc_sparse_product *p, dc_sparse_codes kind)
{
    const uint64_t *first = p->a->first;
    const __m512 book = kind == DC_SPARSE_NIBBLES ? _mm512_loadu_ps(p->a->book)
                                                  : _mm512_setzero_ps();
    for (uint32_t slice = p->first_slice; slice < p->end_slice; slice += 2) {
        const bool has_second = slice + 1 < p->end_slice;
        const uint64_t a = first[slice], n_a = first[slice + 1] - a, b = first[slice + 1];
        const uint64_t n_b = has_second ? first[slice + 2] - b : 0;
        lanes of_a = { _mm512_setzero_si512(), _mm512_setzero_ps() }, of_b = of_a;
        uint64_t step = 0;
        for (; step < n_a && step < n_b; step++) {
            add_step(&of_a, p, kind, book, a + step);
            add_step(&of_b, p, kind, book, b + step);
        }
        for (uint64_t i = step; i < n_a; i++)
            add_step(&of_a, p, kind, book, a + i);
        for (uint64_t i = step; i < n_b; i++)
            add_step(&of_b, p, kind, book, b + i);
        put_lanes(p, slice, &of_a);
        if (has_second)
            put_lanes(p, slice + 1, &of_b);
    }
}

static void sparse_product(const dc_sparse_product *p)
{
    if (p->a->kind == DC_SPARSE_FLOATS)
        gather_slices(p, DC_SPARSE_FLOATS);
    else if (p->a->kind == DC_SPARSE_BYTES)
        gather_slices(p, DC_SPARSE_BYTES);
    else
        gather_slices(p, DC_SPARSE_NIBBLES);
}

#pragma GCC diagnostic pop

#endif
