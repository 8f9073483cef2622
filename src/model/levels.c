/* SPDX-License-Identifier: MIT
 *
 * Grids: values that are whole multiples of one step. Such a value is an odd number times a power
 * of two, and so is what all of them have as their greatest common divisor: the odd numbers' own,
 * times the least of the powers. All of it is exact, and weights that lie on no grid show it after
 * a few values, because their levels would soon be too large.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "dcomp/model.h"

#define MANTISSA_BITS 23
#define MAX_ODD 255u     /* what a step's m may be */
#define SMALL_BIAS (-28) /* of a step of one byte: (8 + m) 2^(e - 28) */
#define SMALL_MAX 31

/* |value| = odd * 2^exponent, for finite values that are not 0. */
static uint32_t odd_part(int *exponent, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const int biased = (int)(bits >> MANTISSA_BITS & 0xff);
    uint32_t odd = bits & ((1u << MANTISSA_BITS) - 1);
    if (biased > 0)
        odd |= 1u << MANTISSA_BITS;
    *exponent = (biased > 0 ? biased : 1) - 127 - MANTISSA_BITS;
    for (; (odd & 1) == 0; odd >>= 1)
        ++*exponent;
    return odd;
}

static uint32_t common_divisor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        const uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The greatest divisor that a step can have as its m; 0: levels would be too large. */
static uint32_t fitting_divisor(uint32_t odd, double most)
{
    uint32_t part = 1;
    while (part <= DC_MAX_LEVEL && (odd % part != 0 || odd / part > MAX_ODD))
        part += 2;
    return part * most <= DC_MAX_LEVEL ? odd / part : 0;
}

bool dc_grid_find(float *step, const float *values, uint64_t n)
{
    uint32_t odd = 0;
    int exponent = 0;
    float most = 0;
    for (uint64_t i = 0; i < n; i++) {
        const float size = fabsf(values[i]);
        int e;
        if (size == 0)
            continue;
        if (!isfinite(size))
            return false;
        const uint32_t o = odd_part(&e, size);
        if (odd != 0 && size <= most && e >= exponent && o % odd == 0)
            continue; /* it tells nothing new */
        exponent = odd == 0 ? e : DC_MIN(exponent, e);
        odd = common_divisor(o, odd);
        most = fmaxf(most, size);
        if (most > DC_MAX_LEVEL * ldexp(odd, exponent))
            return false;
    }
    if (odd == 0)
        return false;
    odd = fitting_divisor(odd, most / ldexp(odd, exponent));
    *step = (float)ldexp(odd, exponent);
    return odd > 0;
}

float dc_grid_step(double wanted, unsigned n_bits)
{
    int exponent;
    assert(n_bits == 4 || n_bits == 8);
    const double fraction = frexp(wanted, &exponent); /* 1/2 .. 1 */
    const double m = floor(ldexp(fraction, (int)n_bits) + 0.5);
    const double step = ldexp(m, exponent - (int)n_bits);
    const double least = n_bits == 4 ? ldexp(8, SMALL_BIAS) : ldexp(1, -126);
    const double greatest = n_bits == 4 ? ldexp(15, SMALL_MAX + SMALL_BIAS) : ldexp(1, 100);
    return (float)(step > least ? fmin(step, greatest) : least); /* NaN: the least */
}

void dc_grid_levels(int16_t *levels, const float *values, uint64_t n, float step)
{
    for (uint64_t i = 0; i < n; i++)
        levels[i] = (int16_t)(values[i] / step);
}

/* ---- pictures -------------------------------------------------------------------------------- */

/* The picture that a layer's inputs lie in, or NULL: the value of three dims that they are another
 * view of. */
static const dc_shape *picture_behind(const dc_model *model, uint32_t node, uint64_t n_values)
{
    for (;; node = model->nodes[node].inputs[0]) {
        const dc_shape *shape = &model->nodes[node].shape;
        if (dc_shape_count(shape) != n_values)
            return NULL;
        if (shape->n_dims == 3)
            return shape;
        if (model->nodes[node].n_inputs != 1)
            return NULL;
    }
}

dc_geometry dc_param_geometry(const dc_model *model, const dc_param *param)
{
    const dc_shape *own = &param->shape;
    dc_geometry g = { .height = 1, .width = 1 };
    if (own->n_dims == 1)
        return (dc_geometry){ 1, own->dims[0], 1, 1 };
    dc_param_matrix(param, &g.n_rows, &g.n_inputs);
    if (own->n_dims == 4)
        return (dc_geometry){ own->dims[0], own->dims[1], own->dims[2], own->dims[3] };
    const dc_node *node = &model->nodes[param->node];
    const dc_shape *picture = own->n_dims == 2 && node->n_inputs == 1
                                  ? picture_behind(model, node->inputs[0], own->dims[1])
                                  : NULL;
    if (picture != NULL)
        g = (dc_geometry){ g.n_rows, picture->dims[0], picture->dims[1], picture->dims[2] };
    return g;
}
