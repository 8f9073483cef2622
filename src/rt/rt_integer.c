/* SPDX-License-Identifier: MIT
 *
 * Layers in integers. A node's values are int16 with one exponent, x = q 2^e. Weights are int16
 * with an exponent of their own, so that a layer's sums are integers, exact in 64 bits. What comes
 * behind the sum (bias, batch norm, relu) is done to it before it is cut to 16 bits.
 *
 * Cutting needs the largest of all sums, and they are not kept: each is cut by the shift so far,
 * and when one is too large, the shift grows and what was written before is cut again. Cutting is
 * towards zero, where (v / 2^a) / 2^b = v / 2^(a+b) without a rest, so the result is the same as if
 * the largest had been known from the start.
 *
 * Sums have 45 bits at most, else they are cut before: products of 16 bits and 16 bits of up to
 * 32,768 weights fit. Biases, means and shifts are rounded to the exponent of what they are added
 * to, which grows where they would not fit otherwise.
 */
#include "rt_block.h"

#include "rt_window.h"

#define SUM_BITS 45
#define FIXED_BITS 60

/* From 2^23 on a float is whole, and goes by its mantissa: conversion to
 * 64 bits is a large function where there are no such floats. */
RT_OWN int64_t rt_fixed_of(float x, int exponent)
{
    const float y = rt_scaled(x, -exponent), whole = 8388608.0f;
    const int top = rt_top_of(y);
    if (y > -whole && y < whole)
        return (int32_t)(y < 0 ? y - 0.5f : y + 0.5f);
    if (top > FIXED_BITS || !(y - y == 0))
        return y > 0 ? (int64_t)1 << (FIXED_BITS + 1) : -((int64_t)1 << (FIXED_BITS + 1));
    return (int64_t)(int32_t)rt_scaled(y, 24 - top) * ((int64_t)1 << (top - 24));
}

/* ---- behind a sum ---------------------------------------------------------------------------- */

typedef struct finish {
    rt_block out;
    unsigned down;       /* sums are cut by so much, and are times 2^exponent then           */
    int exponent, final; /* `final` of what comes behind a batch norm                         */
    int norm_top;
    bool has_bias, has_norm;
    rt_series biases;
    rt_norm norm;
    int64_t bias, mean, factor, shift; /* of this channel                                    */
    unsigned factor_down;
    int64_t least, most; /* relu and clip                                                    */
} finish;

static void exponent_raise(finish *f, int least)
{
    if (f->exponent >= least)
        return;
    f->down += (unsigned)(least - f->exponent);
    f->exponent = least;
}

static void norm_begin(finish *f, const dc_rt *m, uint32_t norm)
{
    const rt_param *params = &rt_params(m)[rt_nodes(m)[norm].param];
    f->has_norm = true;
    rt_norm_begin(&f->norm, m, norm);
    f->norm_top = rt_nodes(m)[norm].norm_top;
    exponent_raise(f, params[2].top - SUM_BITS);
    exponent_raise(f, params[1].top - FIXED_BITS - f->norm_top + 15);
}

/* Of the nodes i .. i + n_fused: sums that are times 2^exponent. */
static void finish_begin(finish *f, const dc_rt *m, void *work, uint32_t i, int exponent,
                         unsigned down)
{
    const rt_node *nodes = rt_nodes(m), *node = &nodes[i];
    const bool is_layer = node->op == RT_OP_CONV || node->op == RT_OP_LINEAR;
    const uint32_t last = i + node->n_fused, norm = is_layer ? i + 1 : i;
    const rt_curve curve = rt_curve_of(m, last);
    memset(f, 0, sizeof *f);
    f->out = rt_block_over(rt_shorts(work, node));
    f->exponent = exponent + (int)down;
    f->down = down;
    f->has_bias = is_layer && rt_whole(m, i, RT_BIAS) != 0;
    if (f->has_bias) {
        f->biases = rt_series_over(m, &rt_params(m)[node->param + 1]);
        exponent_raise(f, rt_params(m)[node->param + 1].top - SUM_BITS);
    }
    if (norm <= last && nodes[norm].op == RT_OP_BATCH_NORM)
        norm_begin(f, m, norm);
    const int raised = f->has_norm ? f->norm_top - 15 : 0;
    if (curve.op == RT_OP_CLIP) {
        exponent_raise(f, rt_top_of(curve.a) - FIXED_BITS - raised);
        exponent_raise(f, rt_top_of(curve.b) - FIXED_BITS - raised);
    }
    f->final = f->exponent + raised;
    f->least = curve.op == RT_OP_CLIP ? rt_fixed_of(curve.a, f->final)
              : curve.op == RT_OP_RELU ? 0 : -INT64_MAX;
    f->most = curve.op == RT_OP_CLIP ? rt_fixed_of(curve.b, f->final) : INT64_MAX;
    f->down = f->down < 62 ? f->down : 62;
}

static void finish_channel(finish *f)
{
    if (f->has_bias)
        f->bias = rt_fixed_of(rt_series_take(&f->biases), f->exponent);
    if (!f->has_norm)
        return;
    rt_norm_take(&f->norm);
    const int top = rt_top_of(f->norm.factor);
    f->mean = rt_fixed_of(f->norm.mean, f->exponent);
    f->factor = rt_short_of(f->norm.factor, top - 15);
    f->factor_down = (unsigned)(f->norm_top - top < 62 ? f->norm_top - top : 62);
    f->shift = rt_fixed_of(f->norm.shift, f->final);
}

static inline void finish_put(finish *f, int64_t sum)
{
    int64_t v = rt_cut(sum, f->down) + f->bias;
    if (f->has_norm)
        v = rt_cut((v - f->mean) * f->factor, f->factor_down) + f->shift;
    v = v < f->least ? f->least : v > f->most ? f->most : v;
    rt_block_put(&f->out, v);
}

static void finish_end(const finish *f, const dc_rt *m, void *work, uint32_t i)
{
    for (uint32_t k = i; k <= i + rt_nodes(m)[i].n_fused; k++)
        rt_block_end(&f->out, f->final, work, k);
}

/* ---- layers ---------------------------------------------------------------------------------- */

/* How much the sums of a layer's outputs must be cut at once, so as to have SUM_BITS. */
static unsigned sums_down(const rt_param *weights)
{
    unsigned bits = 0;
    while (bits < 28 && ((uint32_t)1 << bits) < weights->n_cols)
        bits++;
    return bits + 30 > SUM_BITS ? bits + 30 - SUM_BITS : 0;
}

/* A layer's weights and how they meet its input: of a linear one a place of it. */
typedef struct layer {
    const rt_param *weights;
    rt_conv conv;
    bool is_conv;
    const int16_t *x;
} layer;

static void tap_add_to(int64_t *sums, const rt_conv *c, const rt_tap *t, int32_t weight,
                       const int16_t *x)
{
    const int32_t length = t->cols.end - t->cols.from;
    const size_t stride = c->w.stride_w;
    for (int32_t h = t->rows.from; h < t->rows.end && length > 0; h++) {
        const int16_t *from = x + rt_tap_start(c, t, h);
        int64_t *to = sums + (size_t)h * c->w.out_width + (size_t)t->cols.from;
        for (int32_t j = 0; j < length; j++, from += stride)
            to[j] += weight * *from;
    }
}

/* sums (plane) of output channel `row` += the entry that the walk is at. */
static inline void entry_add(int64_t *sums, const layer *l, rt_walk *w, uint32_t row, uint32_t col)
{
    const int32_t weight = rt_walk_short(w);
    if (!l->is_conv) {
        *sums += weight * l->x[col];
    } else if (weight != 0) {
        const rt_tap t = rt_tap_of(&l->conv, row, col);
        tap_add_to(sums, &l->conv, &t, weight, l->x + (size_t)t.channel * l->conv.in_plane);
    }
}

static void plane_put(finish *f, const int64_t *sums, uint32_t plane)
{
    finish_channel(f);
    for (uint32_t j = 0; j < plane; j++)
        finish_put(f, sums[j]);
}

/* Weights by rows: the sums are of one output channel. */
static void rows_run(const dc_rt *m, const layer *l, finish *f, int64_t *sums, uint32_t plane)
{
    rt_walk w = rt_walk_over(m, l->weights);
    bool is_there = rt_walk_next(&w);
    for (uint32_t row = 0; row < l->weights->n_rows; row++) {
        memset(sums, 0, plane * sizeof *sums);
        for (; is_there && w.outer == row; is_there = rt_walk_next(&w))
            entry_add(sums, l, &w, row, w.inner);
        plane_put(f, sums, plane);
    }
}

/* Weights by columns: the sums are of all output channels. */
static void columns_run(const dc_rt *m, const layer *l, finish *f, int64_t *sums, uint32_t plane)
{
    rt_walk w = rt_walk_over(m, l->weights);
    memset(sums, 0, (size_t)l->weights->n_rows * plane * sizeof *sums);
    while (rt_walk_next(&w))
        entry_add(sums + (size_t)w.inner * plane, l, &w, w.inner, w.outer);
    for (uint32_t row = 0; row < l->weights->n_rows; row++)
        plane_put(f, sums + (size_t)row * plane, plane);
}

RT_OWN void rt_layer_integer(const dc_rt *m, uint32_t i, void *work)
{
    const rt_node *node = &rt_nodes(m)[i];
    rt_places_integer(m, i, work, rt_shorts(work, &rt_nodes(m)[rt_input_of(m, i, 0)]),
                      rt_shorts(work, node), node->n_values);
}

RT_OWN void rt_places_integer(const dc_rt *m, uint32_t i, void *work, const int16_t *x, int16_t *y,
                              uint32_t n_values)
{
    const rt_node *node = &rt_nodes(m)[i];
    layer l;
    memset(&l, 0, sizeof l);
    l.weights = &rt_params(m)[node->param];
    l.is_conv = node->op == RT_OP_CONV;
    l.x = x;
    if (l.is_conv)
        l.conv = rt_conv_of(m, i);
    const uint32_t plane = l.is_conv ? l.conv.out_plane : 1;
    const uint32_t n_places = n_values / l.weights->n_rows / plane;
    finish f;
    finish_begin(&f, m, work, i,
                 rt_exponents(work)[rt_input_of(m, i, 0)] + l.weights->top - 15,
                 sums_down(l.weights));
    f.out = rt_block_over(y);
    const rt_series biases = f.biases;
    for (uint32_t place = 0; place < n_places; place++, l.x += l.weights->n_cols) {
        f.biases = biases;
        if (l.weights->is_column_major)
            columns_run(m, &l, &f, rt_sums(work, node), plane);
        else
            rows_run(m, &l, &f, rt_sums(work, node), plane);
    }
    finish_end(&f, m, work, i);
}

/* Batch norm, relu and clip that no layer does. */
RT_OWN void rt_channels_integer(const dc_rt *m, uint32_t i, void *work)
{
    const rt_node *node = &rt_nodes(m)[i];
    const uint32_t input = rt_input_of(m, i, 0), plane = node->n_values / node->dims[0];
    const int16_t *x = rt_shorts(work, &rt_nodes(m)[input]);
    finish f;
    finish_begin(&f, m, work, i, rt_exponents(work)[input], 0);
    for (uint32_t k = 0; k < node->dims[0]; k++) {
        finish_channel(&f);
        for (uint32_t j = 0; j < plane; j++)
            finish_put(&f, *x++);
    }
    finish_end(&f, m, work, i);
}
