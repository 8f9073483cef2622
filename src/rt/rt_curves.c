/* SPDX-License-Identifier: MIT
 *
 * What both modes compute in float32: curves, softmax, factors of batch norms. e^x is the only
 * function of libm that curves call, so that a small device links no others.
 */
#include "rt_walk.h"

#include <math.h>

RT_OWN rt_curve rt_curve_of(const dc_rt *m, uint32_t node)
{
    rt_curve c;
    c.op = rt_nodes(m)[node].op;
    c.a = c.b = 0;
    switch (c.op) {
    case RT_OP_CLIP:
        c.a = rt_attr(m, node, RT_MIN);
        c.b = rt_attr(m, node, RT_MAX);
        break;
    case RT_OP_HARD_SIGMOID: c.a = rt_attr(m, node, RT_SLOPE); break;
    case RT_OP_LEAKY_RELU: c.a = rt_attr(m, node, RT_SLOPE_BELOW); break;
    case RT_OP_ELU: c.a = rt_attr(m, node, RT_K); break;
    default: break;
    }
    return c;
}

static float clipped(float x, float least, float most)
{
    return x < least ? least : x > most ? most : x;
}

static float sigmoid_at(float x)
{
    return 1 / (1 + expf(-x));
}

/* e^x - 1 loses digits near 0, where 3 terms of its series have them all. */
static float exp_less_one(float x)
{
    return x > -0.005f ? x * (1 + x * (0.5f + x * (1.0f / 6))) : expf(x) - 1;
}

RT_OWN float rt_curve_at(const rt_curve *c, float x)
{
    switch (c->op) {
    case RT_OP_RELU: return x < 0 ? 0 : x;
    case RT_OP_CLIP: return clipped(x, c->a, c->b);
    case RT_OP_SIGMOID: return sigmoid_at(x);
    case RT_OP_TANH: {
        const float grown = exp_less_one(-2 * (x < 0 ? -x : x)); /* -1 .. 0 */
        return (x < 0 ? grown : -grown) / (2 + grown);
    }
    case RT_OP_HARD_SIGMOID: return clipped(c->a * x + 0.5f, 0, 1);
    case RT_OP_HARD_SWISH: return x * clipped(x / 6 + 0.5f, 0, 1);
    case RT_OP_SILU: return x * sigmoid_at(x);
    case RT_OP_LEAKY_RELU: return x < 0 ? c->a * x : x;
    case RT_OP_ELU: return x < 0 ? c->a * exp_less_one(x) : x;
    default: return x;
    }
}

RT_OWN void rt_softmax(float *y, uint32_t n, uint32_t stride)
{
    float most = y[0], sum = 0;
    for (uint32_t i = 1; i < n; i++)
        most = y[(size_t)i * stride] > most ? y[(size_t)i * stride] : most;
    for (uint32_t i = 0; i < n; i++) {
        float *at = y + (size_t)i * stride;
        *at = expf(*at - most);
        sum += *at;
    }
    for (uint32_t i = 0; i < n; i++)
        y[(size_t)i * stride] /= sum;
}

RT_OWN void rt_axis_of(const dc_rt *m, uint32_t node, uint32_t *n_outer, uint32_t *n,
                       uint32_t *n_inner)
{
    const uint32_t *dims = rt_nodes(m)[node].dims, axis = rt_whole(m, node, RT_AXIS);
    *n_outer = *n_inner = 1;
    *n = dims[axis];
    for (uint32_t d = 0; d < 4; d++) {
        *n_outer *= d < axis ? dims[d] : 1;
        *n_inner *= d > axis ? dims[d] : 1;
    }
}

RT_OWN void rt_norm_begin(rt_norm *n, const dc_rt *m, uint32_t node)
{
    const rt_param *params = &rt_params(m)[rt_nodes(m)[node].param];
    n->scales = rt_series_over(m, &params[0]);
    n->shifts = rt_series_over(m, &params[1]);
    n->means = rt_series_over(m, &params[2]);
    n->variances = rt_series_over(m, &params[3]);
    n->epsilon = rt_attr(m, node, RT_EPSILON);
}

RT_OWN void rt_norm_take(rt_norm *n)
{
    const float scale = rt_series_take(&n->scales), variance = rt_series_take(&n->variances);
    n->shift = rt_series_take(&n->shifts);
    n->mean = rt_series_take(&n->means);
    n->factor = scale / sqrtf(variance + n->epsilon);
}

RT_OWN uint32_t rt_place_of(const rt_node *out, const rt_node *in, uint32_t i)
{
    uint32_t place = 0, step = 1;
    if (in->n_values == out->n_values)
        return i;
    for (int d = 3; d >= 0; d--) {
        place += in->dims[d] > 1 ? i % out->dims[d] * step : 0;
        i /= out->dims[d];
        step *= in->dims[d];
    }
    return place;
}
