/* SPDX-License-Identifier: MIT
 *
 * Bitmaps by the instruction that spreads bytes over the bits of a mask: 64 rows at once, whose
 * sums are in four registers while eight columns go by. What is spread are codes; then the low bits
 * of each lane choose what is added to a row, four times, and where there is no entry that is 0.
 * The sums are those of sparse_body.h, in its order.
 */
#ifndef DCOMP_KERNELS_SPARSE_VBMI2_H
#define DCOMP_KERNELS_SPARSE_VBMI2_H

#include <immintrin.h>

#include "bitmap.h"

#define REGISTERS (DC_SPARSE_BLOCK / 16) /* of a block */

INLINE __mmask16 rows_there(uint32_t n_left, uint32_t first)
{
    const uint32_t n = n_left > first ? n_left - first : 0;
    return (__mmask16)(n < 16 ? (1u << n) - 1 : 0xffffu);
}

/* Codes of up to 64 rows, each in the low half of a byte. */
INLINE __m512i spread_codes(uint64_t mask, const uint8_t *codes)
{
    const __m512i pairs = _mm512_cvtepu8_epi16(_mm256_loadu_si256((const void *)codes));
    return _mm512_maskz_expand_epi8(mask, _mm512_or_si512(pairs, _mm512_slli_epi16(pairs, 4)));
}

/* A term of code 0 is 0, also where x is infinite. */
INLINE void add_block(const __m512 *terms, live_column *columns, uint32_t n, uint32_t block,
                      uint32_t n_left, float *y)
{
    __m512 sums[REGISTERS];
    for (uint32_t k = 0; k < REGISTERS; k++)
        sums[k] = _mm512_maskz_loadu_ps(rows_there(n_left, 16 * k), y + (uint64_t)16 * k);
    for (uint32_t i = 0; i < n; i++) {
        const uint64_t mask = columns[i].masks[block];
        __m512i at = spread_codes(mask, columns[i].codes);
        columns[i].codes += code_bytes(DC_SPARSE_NIBBLES, mask);
        for (uint32_t k = 0; k < REGISTERS; k++, at = _mm512_srli_epi32(at, 8))
            sums[k] = _mm512_add_ps(sums[k], _mm512_permutexvar_ps(at, terms[i]));
    }
    for (uint32_t k = 0; k < REGISTERS; k++)
        _mm512_mask_storeu_ps(y + (uint64_t)16 * k, rows_there(n_left, 16 * k), sums[k]);
}

INLINE void expand_some(const dc_sparse_by_columns *p, live_column *columns, uint32_t n)
{
    const __m512 book = _mm512_loadu_ps(p->a->book);
    __m512 terms[8];
    for (uint32_t i = 0; i < n; i++)
        terms[i] = _mm512_maskz_mul_ps(0xfffe, book, _mm512_set1_ps(columns[i].x));
    for (uint32_t b = p->first_block; b < p->end_block; b++) {
        const uint32_t row = b * DC_SPARSE_BLOCK;
        add_block(terms, columns, n, b - p->first_block, p->a->n_rows - row, p->y + row);
    }
}

static void expand_columns(const dc_sparse_by_columns *p, live_column *columns, uint32_t n)
{
    if (n == 8)
        expand_some(p, columns, 8);
    else
        for (uint32_t i = 0; i < n; i++)
            expand_some(p, columns + i, 1);
}

#endif
