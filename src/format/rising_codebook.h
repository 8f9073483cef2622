/* SPDX-License-Identifier: MIT
 *
 * A codebook in rising order as coded differences (docs/format.md, section 5.3).
 */
#ifndef DCOMP_FORMAT_RISING_CODEBOOK_H
#define DCOMP_FORMAT_RISING_CODEBOOK_H

#include "dcomp/model.h"

/* Exact bytes for `n` numbers, 1 to DC_MAX_CODEBOOK, that are finite and rise strictly, without
 * -0; exactly float16 when `is_half`. */
uint64_t dc_rising_bytes(const float *numbers, uint32_t n, bool is_half);
void dc_rising_put(dc_writer *w, const float *numbers, uint32_t n, bool is_half);
/* DC_ECORRUPT unless all of `data` is such a codebook of `n` numbers; what is read is finite,
 * rises strictly and has no -0. */
DC_MUST_USE dc_status dc_rising_get(float *numbers, uint32_t n, bool is_half, const uint8_t *data,
                                    uint64_t size);

#endif
