/* SPDX-License-Identifier: MIT
 *
 * Curves of gates, without branches, so that compilers make vector code of the loops.
 *
 *   e^v        n = round(v / ln 2), r = v - n ln 2 in two parts, 2^n (1 + r + r^2 Q(r)); adding
 *              1.5 2^23 rounds, and leaves n in the low bits, which go where the exponent is
 *   sigmoid x  1 / (1 + e^-x)
 *   tanh x     x + x^3 P(x^2) below 0.625, else 1 - 2 / (1 + e^2x) with the sign of x
 *
 * Q and P are of least largest relative error over |r| <= ln 2 / 2 (3e-9) and |x| <= 0.625 (4e-9).
 */
#ifndef DCOMP_KERNELS_CURVE_BODY_H
#define DCOMP_KERNELS_CURVE_BODY_H

#include <string.h>

#include "kernels_body.h"

#define ROUNDER 12582912.0f /* 1.5 2^23 */
#define LN_2_INVERSE 1.442695f
#define LN_2_HIGH 0.693145752f /* of 15 bits: times n it is exact */
#define LN_2_LOW 1.4286068e-6f

INLINE uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

INLINE float of_bits(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* |v| <= 86, or NaN. */
INLINE float power_of_e(float v)
{
    const float rounded = v * LN_2_INVERSE + ROUNDER, n = rounded - ROUNDER;
    const float r = v - n * LN_2_HIGH - n * LN_2_LOW;
    const float q =
        4.9999994e-1f +
        r * (1.666652e-1f + r * (4.1668393e-2f + r * (8.368781e-3f + r * 1.3814465e-3f)));
    return of_bits(bits_of(1.0f + (r + r * r * q)) + (bits_of(rounded) << 23));
}

INLINE float sigmoid(float x)
{
    const float up = x > 86.0f ? 86.0f : x, v = up < -86.0f ? -86.0f : up;
    return 1.0f / (1.0f + power_of_e(-v));
}

INLINE float tanh_of(float x)
{
    const float size = of_bits(bits_of(x) & 0x7fffffffu);
    const float far = size > 10.0f ? 10.0f : size, z = x * x;
    const float p =
        -3.333328e-1f +
        z * (1.3331425e-1f + z * (-5.373761e-2f + z * (2.0630402e-2f + z * -5.69351e-3f)));
    const float small = x + x * z * p;
    const float large = 1.0f - 2.0f / (1.0f + power_of_e(2.0f * far));
    const float signed_large = of_bits(bits_of(large) | (bits_of(x) & 0x80000000u));
    return size < 0.625f ? small : signed_large;
}

INLINE float hard_sigmoid(float x, float a)
{
    const float y = a * x + 0.5f, up = y > 1.0f ? 1.0f : y;
    return up < 0.0f ? 0.0f : up;
}

static void curve(dc_curve kind, float a, float *y, const float *x, uint64_t n)
{
    if (kind == DC_CURVE_SIGMOID)
        for (uint64_t i = 0; i < n; i++)
            y[i] = sigmoid(x[i]);
    else if (kind == DC_CURVE_TANH)
        for (uint64_t i = 0; i < n; i++)
            y[i] = tanh_of(x[i]);
    else if (kind == DC_CURVE_HARD_SIGMOID)
        for (uint64_t i = 0; i < n; i++)
            y[i] = hard_sigmoid(x[i], a);
    else
        for (uint64_t i = 0; i < n; i++)
            y[i] = x[i] < 0.0f ? 0.0f : x[i];
}

#endif
