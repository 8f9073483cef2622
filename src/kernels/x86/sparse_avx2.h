/* SPDX-License-Identifier: MIT
 *
 * A slice of sixteen rows in two registers of AVX2, x gathered by their columns. The sums are those
 * of sparse_body.h, in its order.
 */
#ifndef DCOMP_KERNELS_SPARSE_AVX2_H
#define DCOMP_KERNELS_SPARSE_AVX2_H

#include <immintrin.h>

#include "kernels_body.h"

/* Eight values of a book of sixteen: by the low three bits from both halves, and one of these. */
INLINE __m256 book_values(__m256i codes, __m256 low, __m256 high)
{
    const __m256i is_high = _mm256_slli_epi32(codes, 28);
    return _mm256_blendv_ps(_mm256_permutevar8x32_ps(low, codes),
                            _mm256_permutevar8x32_ps(high, codes), _mm256_castsi256_ps(is_high));
}

INLINE __m256i wide(const uint8_t *bytes)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)bytes));
}

INLINE void gather_slice(const dc_sparse_product *p, dc_sparse_codes kind, uint32_t slice)
{
    const dc_sparse_rows *a = p->a;
    const __m256 low = kind == DC_SPARSE_NIBBLES ? _mm256_loadu_ps(a->book) : _mm256_setzero_ps();
    const __m256 high =
        kind == DC_SPARSE_NIBBLES ? _mm256_loadu_ps(a->book + 8) : _mm256_setzero_ps();
    __m256i cols[2] = { _mm256_setzero_si256(), _mm256_setzero_si256() };
    __m256 sums[2] = { _mm256_setzero_ps(), _mm256_setzero_ps() };
    for (uint64_t step = a->first[slice]; step < a->first[slice + 1]; step++) {
        const __m256i both = kind == DC_SPARSE_NIBBLES ? wide(a->codes + step * 8)
                                                       : _mm256_setzero_si256();
        for (int half = 0; half < 2; half++) {
            const uint64_t at = step * 16 + 8 * (uint64_t)half;
            __m256 values;
            if (kind == DC_SPARSE_FLOATS)
                values = _mm256_loadu_ps(a->values + at);
            else if (kind == DC_SPARSE_BYTES)
                values = _mm256_i32gather_ps(a->book, wide(a->codes + at), 4);
            else
                values = book_values(half == 0 ? both : _mm256_srli_epi32(both, 4), low, high);
            cols[half] = _mm256_add_epi32(cols[half], wide(a->moves + at));
            const __m256 x = _mm256_i32gather_ps(p->x, cols[half], 4);
            sums[half] = _mm256_add_ps(sums[half], _mm256_mul_ps(values, x));
        }
    }
    float lanes[16];
    _mm256_storeu_ps(lanes, sums[0]);
    _mm256_storeu_ps(lanes + 8, sums[1]);
    for (uint32_t lane = 0; lane < 16; lane++)
        if (a->order[slice * 16 + lane] < a->n_rows)
            p->y[a->order[slice * 16 + lane]] = lanes[lane];
}

static void sparse_product(const dc_sparse_product *p)
{
    for (uint32_t slice = p->first_slice; slice < p->end_slice; slice++)
        if (p->a->kind == DC_SPARSE_FLOATS)
            gather_slice(p, DC_SPARSE_FLOATS, slice);
        else if (p->a->kind == DC_SPARSE_BYTES)
            gather_slice(p, DC_SPARSE_BYTES, slice);
        else
            gather_slice(p, DC_SPARSE_NIBBLES, slice);
}

#endif
