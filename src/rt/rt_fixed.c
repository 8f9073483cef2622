/* SPDX-License-Identifier: MIT
 *
 * e^-x is 2^-n 2^-f, where n is whole and f below 1; of 2^-f a series around f = 1/2 has seven
 * terms, within 2^-23.
 */
#include "rt_fixed.h"

#define ONE (1 << RT_GATE_DIGITS)
#define FINE 30 /* digits of the exponential */

RT_OWN int64_t rt_moved(int64_t v, int from, int to)
{
    const int64_t most = (int64_t)1 << 58;
    const int up = from - to, down = -up;
    if (v == 0 || down > 60)
        return 0;
    if (up >= 0)
        return up > 57 || v > most >> up || v < -(most >> up) ? v < 0 ? -most : most
                                                              : v * ((int64_t)1 << up);
    const uint64_t size = (v < 0 ? -(uint64_t)v : (uint64_t)v) + ((uint64_t)1 << (down - 1));
    const int64_t cut = (int64_t)(size >> down);
    return v < 0 ? -cut : cut;
}

/* e^-x of gates' digits, times 2^-30. */
static int64_t shrunk(uint64_t x)
{
    /* (ln 2)^k / k! / sqrt 2, of (1/2 - f)^k */
    static const int32_t terms[] = { 116951, 1012351, 7302566, 42141501, 182392005, 526272083 };
    const uint64_t scaled = x * 1549082005u >> RT_GATE_DIGITS; /* times log2 e */
    const uint64_t whole = scaled >> FINE;
    const int64_t off = ((int64_t)1 << (FINE - 1)) - (int64_t)(scaled & ((1u << FINE) - 1));
    int64_t sum = 0;
    for (unsigned k = 0; k < sizeof terms / sizeof *terms; k++)
        sum = (sum + terms[k]) * off / ((int64_t)1 << FINE);
    return whole > FINE ? 0 : (sum + 759250125) >> whole;
}

static int32_t sigmoid_fixed(int32_t x)
{
    const uint64_t size = x < 0 ? (uint64_t)-(int64_t)x : (uint64_t)x;
    const uint64_t sum = ((uint64_t)1 << FINE) + (uint64_t)shrunk(size);
    const int32_t y = (int32_t)(((uint64_t)ONE << FINE) / sum);
    return x < 0 ? ONE - y : y;
}

static int32_t tanh_fixed(int32_t x)
{
    const uint64_t size = x < 0 ? (uint64_t)-(int64_t)x : (uint64_t)x;
    const uint64_t e = (uint64_t)shrunk(2 * size), one = (uint64_t)1 << FINE;
    const int32_t y = (int32_t)(((one - e) << RT_GATE_DIGITS) / (one + e));
    return x < 0 ? -y : y;
}

RT_OWN int32_t rt_curve_fixed(const rt_curve *c, int32_t x)
{
    if (c->op == RT_OP_TANH)
        return tanh_fixed(x);
    if (c->op == RT_OP_SIGMOID)
        return sigmoid_fixed(x);
    const int64_t slope = rt_fixed_of(c->a, -RT_GATE_DIGITS); /* hard_sigmoid, up to 64 */
    const int64_t y = rt_cut(slope * x, RT_GATE_DIGITS) + ONE / 2;
    return y < 0 ? 0 : y > ONE ? ONE : (int32_t)y;
}
