/* SPDX-License-Identifier: MIT
 *
 * What is no layer, in integers: pools, sums and products of values, curves. Curves besides relu,
 * clip and leaky_relu, and softmax, are computed in float32 of each value.
 */
#include "rt_block.h"
#include "rt_window.h"

#include <math.h>

RT_OWN void rt_block_shrink(rt_block *b, uint64_t size)
{
    unsigned more = 1;
    while (size >> (b->shift + more) > RT_LARGEST)
        more++;
    b->shift += more;
    for (uint32_t i = 0; i < b->n; i++)
        b->q[i] = (int16_t)rt_cut(b->q[i], more);
}

RT_OWN void rt_block_end(const rt_block *b, int exponent, void *work, uint32_t i)
{
    const int e = exponent + (int)b->shift;
    rt_exponents(work)[i] = (int16_t)(b->seen == 0 || e < RT_LOWEST ? RT_LOWEST
                                      : e > -RT_LOWEST ? -RT_LOWEST : e);
}

/* ---- pools ----------------------------------------------------------------------------------- */

/* A mean has 15 more bits than what it is of. */
static int64_t mean_of(int64_t sum, uint64_t n)
{
    return sum * 32768 / (int64_t)n;
}

static int64_t pane_integer(const rt_pool *p, uint32_t h, uint32_t w, const int16_t *x)
{
    const rt_pane pane = rt_pane_at(p, h, w);
    int64_t sum = 0;
    int32_t most = -RT_LARGEST;
    for (uint32_t row = pane.top; row < pane.bottom; row++)
        for (uint32_t col = pane.left; col < pane.right; col++) {
            const int32_t value = x[(size_t)row * p->w.width + col];
            sum += value;
            most = value > most ? value : most;
        }
    return p->is_max ? most : mean_of(sum, pane.n_counted);
}

static void pool_integer(const dc_rt *m, uint32_t i, void *work)
{
    const uint32_t input = rt_input_of(m, i, 0);
    const rt_pool p = rt_pool_of(m, i);
    const int16_t *x = rt_shorts(work, &rt_nodes(m)[input]);
    rt_block out = rt_block_over(rt_shorts(work, &rt_nodes(m)[i]));
    for (uint32_t k = 0; k < p.n_planes; k++, x += (size_t)p.w.height * p.w.width)
        for (uint32_t h = 0; h < p.w.out_height; h++)
            for (uint32_t w = 0; w < p.w.out_width; w++)
                rt_block_put(&out, pane_integer(&p, h, w, x));
    rt_block_end(&out, rt_exponents(work)[input] - (p.is_max ? 0 : 15), work, i);
}

static void global_pool_integer(const dc_rt *m, uint32_t i, void *work)
{
    const rt_node *nodes = rt_nodes(m), *node = &nodes[i];
    const uint32_t input = rt_input_of(m, i, 0), plane = nodes[input].n_values / node->n_values;
    const int16_t *x = rt_shorts(work, &nodes[input]);
    rt_block out = rt_block_over(rt_shorts(work, node));
    for (uint32_t k = 0; k < node->n_values; k++) {
        int64_t sum = 0;
        for (uint32_t j = 0; j < plane; j++)
            sum += *x++;
        rt_block_put(&out, mean_of(sum, plane));
    }
    rt_block_end(&out, rt_exponents(work)[input] - 15, work, i);
}

/* ---- several inputs -------------------------------------------------------------------------- */

typedef struct several {
    const rt_node *nodes[RT_MAX_INPUTS];
    int exponents[RT_MAX_INPUTS];
    uint32_t n;
    int lowest, highest, all; /* exponents: of one, and their sum */
} several;

static several several_of(const dc_rt *m, uint32_t i, void *work)
{
    several s;
    s.n = rt_n_inputs(m, i);
    s.all = 0;
    s.lowest = s.highest = rt_exponents(work)[rt_input_of(m, i, 0)];
    for (uint32_t k = 0; k < s.n; k++) {
        const uint32_t input = rt_input_of(m, i, k);
        const int e = rt_exponents(work)[input];
        s.nodes[k] = &rt_nodes(m)[input];
        s.exponents[k] = e;
        s.lowest = e < s.lowest ? e : s.lowest;
        s.highest = e > s.highest ? e : s.highest;
        s.all += e;
    }
    return s;
}

/* q 2^from as a multiple of 2^to, of which `from` is at most 30 more. */
static int64_t moved(int64_t q, int from, int to)
{
    return from >= to ? q * ((int64_t)1 << (from - to)) : rt_cut(q, to - from < 62
                                                                       ? (unsigned)(to - from)
                                                                       : 62);
}

static void combine_integer(const dc_rt *m, uint32_t i, void *work)
{
    const rt_node *node = &rt_nodes(m)[i];
    const bool is_sum = node->op == RT_OP_ADD;
    const several s = several_of(m, i, work);
    const int common = s.lowest > s.highest - 30 ? s.lowest : s.highest - 30;
    rt_block out = rt_block_over(rt_shorts(work, node));
    for (uint32_t j = 0; j < node->n_values; j++) {
        int64_t value = is_sum ? 0 : 1;
        for (uint32_t k = 0; k < s.n; k++) {
            const int64_t q = rt_shorts(work, s.nodes[k])[rt_place_of(node, s.nodes[k], j)];
            value = is_sum ? value + moved(q, s.exponents[k], common) : value * q;
        }
        rt_block_put(&out, value);
    }
    rt_block_end(&out, is_sum ? common : s.all, work, i);
}

static void concat_integer(const dc_rt *m, uint32_t i, void *work)
{
    const several s = several_of(m, i, work);
    rt_block out = rt_block_over(rt_shorts(work, &rt_nodes(m)[i]));
    for (uint32_t k = 0; k < s.n; k++)
        for (uint32_t j = 0; j < s.nodes[k]->n_values; j++)
            rt_block_put(&out, moved(rt_shorts(work, s.nodes[k])[j], s.exponents[k], s.highest));
    rt_block_end(&out, s.highest, work, i);
}

/* ---- by way of floats ------------------------------------------------------------------------ */

/* Twice: to find the largest, and to write. */
static void curve_integer(const dc_rt *m, uint32_t i, void *work)
{
    const rt_node *node = &rt_nodes(m)[i];
    const uint32_t input = rt_input_of(m, i, 0);
    const int16_t *x = rt_shorts(work, &rt_nodes(m)[input]);
    const int e = rt_exponents(work)[input];
    const rt_curve curve = rt_curve_of(m, i);
    float most = 0;
    for (uint32_t j = 0; j < node->n_values; j++) {
        const float y = fabsf(rt_curve_at(&curve, rt_scaled(x[j], e)));
        most = y > most ? y : most;
    }
    const int top = rt_top_of(most);
    for (uint32_t j = 0; j < node->n_values; j++)
        rt_shorts(work, node)[j] = rt_short_of(rt_curve_at(&curve, rt_scaled(x[j], e)), top - 15);
    rt_exponents(work)[i] = (int16_t)(most > 0 ? top - 15 : RT_LOWEST);
}

typedef struct line {
    const int16_t *q; /* n values, `stride` apart */
    uint32_t n, stride;
    int exponent;
    int32_t most;
    float sum;
} line;

static float grown_at(const line *l, uint32_t k)
{
    return expf(rt_scaled((float)(l->q[(size_t)k * l->stride] - l->most), l->exponent));
}

static void line_sum(line *l)
{
    l->most = -RT_LARGEST;
    l->sum = 0;
    for (uint32_t k = 0; k < l->n; k++)
        l->most = l->q[(size_t)k * l->stride] > l->most ? l->q[(size_t)k * l->stride] : l->most;
    for (uint32_t k = 0; k < l->n; k++)
        l->sum += grown_at(l, k);
}

/* To floats y if there are such, else to node i's values, times 2^-14. */
static void softmax_integer(const dc_rt *m, uint32_t i, void *work, float *y)
{
    const uint32_t input = rt_input_of(m, i, 0);
    const int16_t *x = rt_shorts(work, &rt_nodes(m)[input]);
    int16_t *q = rt_shorts(work, &rt_nodes(m)[i]);
    uint32_t n_outer, n_inner;
    line l;
    rt_axis_of(m, i, &n_outer, &l.n, &n_inner);
    l.stride = n_inner;
    l.exponent = rt_exponents(work)[input];
    for (uint32_t outer = 0; outer < n_outer; outer++)
        for (uint32_t inner = 0; inner < n_inner; inner++) {
            const size_t first = (size_t)outer * l.n * n_inner + inner;
            l.q = x + first;
            line_sum(&l);
            for (uint32_t k = 0; k < l.n; k++) {
                const float share = grown_at(&l, k) / l.sum;
                if (y != NULL)
                    y[first + (size_t)k * n_inner] = share;
                else
                    q[first + (size_t)k * n_inner] = rt_short_of(share, -14);
            }
        }
    if (y == NULL)
        rt_exponents(work)[i] = -14;
}

/* ---- all ------------------------------------------------------------------------------------- */

RT_OWN void rt_node_integer(const dc_rt *m, uint32_t i, void *work)
{
    if (rt_nodes(m)[i].is_view) {
        rt_exponents(work)[i] = rt_exponents(work)[rt_input_of(m, i, 0)];
        return;
    }
    if (rt_nodes(m)[i].is_fused)
        return;
    switch (rt_nodes(m)[i].op) {
    case RT_OP_CONV:
    case RT_OP_LINEAR: rt_layer_integer(m, i, work); break;
    case RT_OP_BATCH_NORM:
    case RT_OP_RELU:
    case RT_OP_CLIP: rt_channels_integer(m, i, work); break;
    case RT_OP_MAX_POOL:
    case RT_OP_AVERAGE_POOL: pool_integer(m, i, work); break;
    case RT_OP_GLOBAL_POOL: global_pool_integer(m, i, work); break;
    case RT_OP_ADD:
    case RT_OP_MUL: combine_integer(m, i, work); break;
    case RT_OP_CONCAT: concat_integer(m, i, work); break;
    case RT_OP_SOFTMAX: softmax_integer(m, i, work, NULL); break;
    default: curve_integer(m, i, work); break;
    }
}

RT_OWN void rt_output_integer(const dc_rt *m, const dc_rt_call *call)
{
    const rt_node *nodes = rt_nodes(m);
    const uint32_t last = m->n_nodes - 1;
    void *work = call->work;
    float *y = call->y;
    if (y != NULL && nodes[last].op == RT_OP_SOFTMAX)
        softmax_integer(m, last, work, y);
    else
        for (uint32_t j = 0; y != NULL && j < nodes[last].n_values; j++)
            y[j] = rt_scaled(rt_shorts(work, &nodes[last])[j], rt_exponents(work)[last]);
}

static void run_integer(const dc_rt *m, const dc_rt_call *call)
{
    for (uint32_t i = 1; i < m->n_nodes; i++)
        rt_node_integer(m, i, call->work);
    rt_output_integer(m, call);
}

const dc_rt_mode dc_rt_integer = { true, NULL, rt_plan_make, run_integer };
