/* SPDX-License-Identifier: MIT
 *
 * Numbers of f16 or f32, least significant byte first.
 */
#include "stored_numbers.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

void dc_numbers_fill(uint8_t *at, const float *values, uint64_t n, bool is_half)
{
    for (uint64_t i = 0; i < n; i++) {
        const float value = values[i] == 0 ? 0.0f : values[i]; /* no -0 */
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        if (is_half)
            bits = dc_f16_from_f32(value);
        *at++ = (uint8_t)bits;
        *at++ = (uint8_t)(bits >> 8);
        if (!is_half) {
            *at++ = (uint8_t)(bits >> 16);
            *at++ = (uint8_t)(bits >> 24);
        }
    }
}

void dc_numbers_put(dc_writer *w, const float *values, uint64_t n, bool is_half)
{
    uint8_t *at = dc_put_space(w, n * dc_number_bytes(is_half));
    if (at != NULL)
        dc_numbers_fill(at, values, n, is_half);
}

float dc_number_at(const uint8_t *bytes, uint64_t index, bool is_half)
{
    bytes += index * dc_number_bytes(is_half);
    if (is_half)
        return dc_f32_from_f16((uint16_t)(bytes[0] | bytes[1] << 8));
    const uint32_t bits = bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                          (uint32_t)bytes[3] << 24;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

dc_status dc_numbers_get(float *values, uint64_t *n_nonzero, const uint8_t *bytes, uint64_t n,
                         bool is_half)
{
    uint64_t n_bad = 0, n_found = 0;
    for (uint64_t i = 0; i < n; i++) {
        const float value = dc_number_at(bytes, i, is_half);
        n_found += value != 0;
        n_bad += isfinite(value) ? 0 : 1;
        if (values != NULL)
            values[i] = value;
    }
    *n_nonzero = n_found;
    if (n_bad > 0)
        return dc_fail(DC_ECORRUPT, "%" PRIu64 " of %" PRIu64 " numbers are not finite", n_bad, n);
    return DC_OK;
}
