/* SPDX-License-Identifier: MIT
 *
 * B-bit fixed point (manual, 3): reals to numbers and back, and how formats are chosen.
 */
#include "dcomp/accelerator.h"

#include <math.h>

int32_t dc_fixed_of(double x, int32_t fraction, uint32_t n_bits)
{
    const double top = ldexp(1, (int)n_bits - 1) - 1;
    const double q = nearbyint(ldexp(x, fraction));
    return (int32_t)(q > top ? top : q >= -top - 1 ? q : -top - 1); /* NaN too is the least */
}

bool dc_fixed_clamps(double x, int32_t fraction, uint32_t n_bits)
{
    const double q = nearbyint(ldexp(x, fraction)), end = ldexp(1, (int)n_bits - 1);
    return !(q <= end - 1 && q >= -end);
}

double dc_fixed_value(int32_t q, int32_t fraction)
{
    return ldexp((double)q, -fraction);
}

int32_t dc_fixed_fraction(double largest, uint32_t n_bits)
{
    const double top = ldexp(1, (int)n_bits - 1) - 1;
    if (!(largest > 0 && largest <= 1e300))
        largest = 1; /* nothing to go by */
    int32_t fraction = (int32_t)n_bits - 1 - (int32_t)ceil(log2(largest));
    while (nearbyint(ldexp(largest, fraction)) > top) /* 1.0 and values just under a power of two */
        fraction--;
    return fraction;
}

#define HEADROOM 2.0 /* for samples that nobody has seen yet */

dc_fixed_format dc_fixed_format_choose(double weight, double input, double sum, uint32_t n_bits)
{
    return (dc_fixed_format){ dc_fixed_fraction(weight, n_bits),
                              dc_fixed_fraction(HEADROOM * input, n_bits),
                              dc_fixed_fraction(HEADROOM * sum, n_bits) };
}

void dc_fixed_format_settle(dc_fixed_format *format, uint32_t n_bits)
{
    const int32_t most_shift = 2 * (int32_t)n_bits - 2;
    format->output = DC_MIN(format->output, format->weight + format->input);
    format->weight = DC_MIN(format->weight, format->output + most_shift - format->input);
}
