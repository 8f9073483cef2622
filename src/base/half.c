/* SPDX-License-Identifier: MIT
 *
 * IEEE binary16 by integer arithmetic, the same on every machine:
 *
 *     half    | s | eeeee | mmmmmmmmmm |        bias  15
 *     single  | s | eeeeeeee | m x 23  |        bias 127
 *
 * Narrowing rounds to nearest, ties to even: the bits cut off are compared with one half of the
 * last bit kept, and a carry out of the mantissa rightly raises the exponent, up to infinity.
 */
#include <string.h>

#include "dcomp/base.h"

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* value / 2^n_cut, rounded to nearest even; n_cut is 1..31. */
static uint32_t cut_bits(uint32_t value, unsigned n_cut)
{
    const uint32_t kept = value >> n_cut;
    const uint32_t rest = value & ((UINT32_C(1) << n_cut) - 1);
    const uint32_t middle = UINT32_C(1) << (n_cut - 1);
    return kept + (rest > middle || (rest == middle && (kept & 1)));
}

uint16_t dc_f16_from_f32(float value)
{
    const uint32_t bits = bits_of(value);
    const uint32_t sign = (bits >> 16) & 0x8000u;
    const uint32_t magnitude = bits & 0x7fffffffu;
    uint32_t half;
    if (magnitude > 0x7f800000u)
        half = 0x7e00u | ((magnitude >> 13) & 0x3ffu); /* a quiet NaN keeps its payload */
    else if (magnitude >= 0x47800000u)
        half = 0x7c00u; /* 65536 and more */
    else if (magnitude >= 0x38800000u)
        half = cut_bits(magnitude - ((127u - 15u) << 23), 13);
    else if (magnitude >= 0x33000000u) /* 2^-25: subnormal, in steps of 2^-24 */
        half = cut_bits((magnitude & 0x7fffffu) | 0x800000u, 126u - (magnitude >> 23));
    else
        half = 0;
    return (uint16_t)(sign | half);
}

float dc_f32_from_f16(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    const uint32_t exponent = (half >> 10) & 0x1fu;
    const uint32_t mantissa = half & 0x3ffu;
    if (exponent == 0) {
        const float magnitude = (float)mantissa * 0x1p-24f;
        return sign ? -magnitude : magnitude;
    }
    const uint32_t wide = exponent == 31 ? 255u : exponent + 127u - 15u;
    const uint32_t bits = sign | wide << 23 | mantissa << 13;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

float dc_f16_round(float value)
{
    return dc_f32_from_f16(dc_f16_from_f32(value));
}
