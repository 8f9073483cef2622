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

dc_fixed_format dc_fixed_format_choose(double weight, uint32_t weight_bits, double input,
                                       double sum, uint32_t n_bits)
{
    return (dc_fixed_format){ dc_fixed_fraction(weight, weight_bits),
                              dc_fixed_fraction(HEADROOM * input, n_bits),
                              dc_fixed_fraction(HEADROOM * sum, n_bits) };
}

void dc_fixed_format_settle(dc_fixed_format *format, uint32_t n_bits)
{
    const int32_t most_shift = 2 * (int32_t)n_bits - 2;
    format->output = DC_MIN(format->output, format->weight + format->input);
    format->weight = DC_MIN(format->weight, format->output + most_shift - format->input);
}

/* ---- cells ---------------------------------------------------------------------------------- */

enum { MOST_SHIFT = 30, MOST_FRACTION = 20 }; /* finer sums than 2^-20 move no curve */

/* A weight's fraction with which products shift down to sums, but not by more than MOST_SHIFT. */
static int32_t weight_fraction(double largest, uint32_t n_bits, int32_t other, int32_t sums)
{
    return DC_MIN(dc_fixed_fraction(largest, n_bits), MOST_SHIFT + sums - other);
}

dc_cell_format dc_cell_format_choose(const dc_cell *cell, const dc_cell_range *range,
                                     uint32_t weight_bits, uint32_t n_bits)
{
    const bool is_projected = cell->projection.packed != NULL;
    const int32_t gate = DC_CELL_GATE_FRACTION;
    dc_cell_format f = { .input = dc_fixed_fraction(HEADROOM * range->input, n_bits) };
    f.said = is_projected ? dc_fixed_fraction(HEADROOM * range->said, n_bits) : gate;
    if (is_projected) {
        f.projection_weight = weight_fraction(range->projection_weight, weight_bits, gate, f.said);
        f.said = DC_MIN(f.said, f.projection_weight + gate);
    }
    f.sums = DC_MIN(dc_fixed_fraction(HEADROOM * range->sum, n_bits), MOST_FRACTION);
    f.weight = weight_fraction(range->weight, weight_bits, f.said, f.sums);
    f.sums = DC_MIN(f.sums, f.weight + f.said);
    f.weight = DC_MIN(f.weight, MOST_SHIFT + f.sums - f.said);
    if (cell->input.packed != NULL) {
        f.input_weight = weight_fraction(range->input_weight, weight_bits, f.input, f.sums);
        f.sums = DC_MIN(f.sums, f.input_weight + f.input);
        f.input_weight = DC_MIN(f.input_weight, MOST_SHIFT + f.sums - f.input);
        f.weight = DC_MIN(f.weight, MOST_SHIFT + f.sums - f.said);
    } else {
        f.input = f.sums;
    }
    f.peephole = weight_fraction(range->peephole, n_bits, DC_CELL_STATE_FRACTION, f.sums);
    f.peephole = DC_MAX(f.peephole, f.sums - DC_CELL_STATE_FRACTION);
    return f;
}
