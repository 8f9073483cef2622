/* SPDX-License-Identifier: MIT
 *
 * A step of one byte has 4 bits of mantissa, the upper one of which is always set, and 5 of
 * exponent; one of two bytes is the upper half of a float32.
 */
#include "small_step.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define MANTISSA_BITS 3
#define EXPONENT_BIAS (-28)
#define N_EXPONENTS 32

float dc_small_step(uint8_t byte)
{
    const int mantissa = (1 << MANTISSA_BITS) | (byte & ((1 << MANTISSA_BITS) - 1));
    return ldexpf((float)mantissa, (byte >> MANTISSA_BITS) + EXPONENT_BIAS);
}

bool dc_small_step_find(uint8_t *byte, float step)
{
    int exponent;
    const float mantissa = ldexpf(frexpf(step, &exponent), MANTISSA_BITS + 1);
    const int e = exponent - (MANTISSA_BITS + 1) - EXPONENT_BIAS;
    if (!(step > 0) || mantissa != floorf(mantissa) || e < 0 || e >= N_EXPONENTS)
        return false;
    *byte = (uint8_t)((unsigned)e << MANTISSA_BITS | ((unsigned)mantissa & 7u));
    return true;
}

bool dc_step_is_storable(float step)
{
    uint32_t bits;
    memcpy(&bits, &step, sizeof bits);
    return step >= FLT_MIN && step <= FLT_MAX && (bits & 0xffffu) == 0;
}

void dc_step_put(dc_writer *w, float step, bool is_small)
{
    uint32_t bits;
    uint8_t byte = 0;
    memcpy(&bits, &step, sizeof bits);
    if (!is_small) {
        dc_put_u16(w, (uint16_t)(bits >> 16));
        return;
    }
    (void)dc_small_step_find(&byte, step);
    dc_put_u8(w, byte);
}

float dc_step_get(dc_reader *r, bool is_small)
{
    float step;
    if (is_small)
        return dc_small_step(dc_get_u8(r));
    const uint32_t bits = (uint32_t)dc_get_u16(r) << 16;
    memcpy(&step, &bits, sizeof step);
    return step;
}
