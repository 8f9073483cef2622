/* SPDX-License-Identifier: MIT
 *
 * Values and codebooks as f16 or f32 (docs/format.md, section 2).
 */
#ifndef DCOMP_FORMAT_STORED_NUMBERS_H
#define DCOMP_FORMAT_STORED_NUMBERS_H

#include "dcomp/base.h"

static inline unsigned dc_number_bytes(bool is_half)
{
    return is_half ? 2 : 4;
}

/* n numbers of dc_number_bytes each; -0 becomes 0. */
void dc_numbers_fill(uint8_t *at, const float *values, uint64_t n, bool is_half);
void dc_numbers_put(dc_writer *w, const float *values, uint64_t n, bool is_half);

float dc_number_at(const uint8_t *bytes, uint64_t index, bool is_half);
/* To `values` (NULL: only looked at); *n_nonzero counts. DC_ECORRUPT for what is not finite. */
dc_status dc_numbers_get(float *values, uint64_t *n_nonzero, const uint8_t *bytes, uint64_t n,
                         bool is_half);

#endif
