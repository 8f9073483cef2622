/* SPDX-License-Identifier: MIT
 *
 * Float32: y is filled with biases and then added to, entry by entry as the weights come, so no sum
 * needs a place of its own. In a convolution an entry is a weight that meets a whole plane of
 * pixels, row by row: its position costs two divisions, the plane none.
 *
 * Within n u sum |w x| of the exact sum, u = 2^-24, for n weights of an output.
 */
#include "rt_walk.h"
#include "rt_window.h"

/* ---- layers ---------------------------------------------------------------------------------- */

/* y (K,plane) = b (K), or 0 */
static void biases_put(const dc_rt *m, uint32_t i, float *y, uint32_t n_rows, uint32_t plane)
{
    const bool has_bias = rt_whole(m, i, RT_BIAS) != 0;
    const rt_param *p = &rt_params(m)[rt_nodes(m)[i].param + has_bias];
    rt_series biases = rt_series_over(m, p);
    for (uint32_t k = 0; k < n_rows; k++) {
        const float bias = has_bias ? rt_series_take(&biases) : 0;
        for (uint32_t j = 0; j < plane; j++)
            y[(size_t)k * plane + j] = bias;
    }
}

RT_OWN void rt_product_float(const dc_rt *m, const rt_param *weights, float *y, const float *x)
{
    rt_walk w = rt_walk_over(m, weights);
    if (weights->is_column_major)
        while (rt_walk_next(&w))
            y[w.inner] += rt_walk_float(&w) * x[w.outer];
    else
        while (rt_walk_next(&w))
            y[w.outer] += rt_walk_float(&w) * x[w.inner];
}

RT_OWN void rt_linear_float(const dc_rt *m, uint32_t i, float *y, const float *x)
{
    const rt_param *weights = &rt_params(m)[rt_nodes(m)[i].param];
    biases_put(m, i, y, weights->n_rows, 1);
    rt_product_float(m, weights, y, x);
}

/* y (places,K) from x (places,C). */
static void linear_float(const dc_rt *m, uint32_t i, void *work)
{
    const rt_node *node = &rt_nodes(m)[i];
    const rt_param *weights = &rt_params(m)[node->param];
    const float *x = rt_floats(work, &rt_nodes(m)[rt_input_of(m, i, 0)]);
    float *y = rt_floats(work, node);
    for (uint32_t place = node->n_values / weights->n_rows; place > 0; place--) {
        rt_linear_float(m, i, y, x);
        x += weights->n_cols;
        y += weights->n_rows;
    }
}

/* One weight: y (OH,OW) += weight * x (H,W), where the tap meets it. */
static void tap_add(const rt_conv *c, const rt_tap *t, float weight, float *y, const float *x)
{
    const int32_t length = t->cols.end - t->cols.from;
    const size_t stride = c->w.stride_w;
    for (int32_t h = t->rows.from; h < t->rows.end && length > 0; h++) {
        const float *from = x + rt_tap_start(c, t, h);
        float *to = y + (size_t)h * c->w.out_width + (size_t)t->cols.from;
        for (int32_t j = 0; j < length; j++, from += stride)
            to[j] += weight * *from;
    }
}

/* y (K,OH,OW) from x (C,H,W). */
static void conv_float(const dc_rt *m, uint32_t i, void *work)
{
    const rt_node *node = &rt_nodes(m)[i];
    const rt_param *weights = &rt_params(m)[node->param];
    const float *x = rt_floats(work, &rt_nodes(m)[rt_input_of(m, i, 0)]);
    float *y = rt_floats(work, node);
    const rt_conv c = rt_conv_of(m, i);
    rt_walk w = rt_walk_over(m, weights);
    biases_put(m, i, y, weights->n_rows, c.out_plane);
    while (rt_walk_next(&w)) {
        const uint32_t row = weights->is_column_major ? w.inner : w.outer;
        const uint32_t col = weights->is_column_major ? w.outer : w.inner;
        const float weight = rt_walk_float(&w);
        if (weight == 0)
            continue;
        const rt_tap t = rt_tap_of(&c, row, col);
        tap_add(&c, &t, weight, y + (size_t)row * c.out_plane, x + (size_t)t.channel * c.in_plane);
    }
}

static void batch_norm_float(const dc_rt *m, uint32_t i, void *work)
{
    const rt_node *node = &rt_nodes(m)[i];
    const float *x = rt_floats(work, &rt_nodes(m)[rt_input_of(m, i, 0)]);
    float *y = rt_floats(work, node);
    const uint32_t plane = node->n_values / node->dims[0];
    rt_norm norm;
    rt_norm_begin(&norm, m, i);
    for (uint32_t k = 0; k < node->dims[0]; k++) {
        rt_norm_take(&norm);
        for (uint32_t j = 0; j < plane; j++)
            *y++ = (*x++ - norm.mean) * norm.factor + norm.shift;
    }
}

/* ---- pools ----------------------------------------------------------------------------------- */

static float pane_float(const rt_pool *p, uint32_t h, uint32_t w, const float *x)
{
    const rt_pane pane = rt_pane_at(p, h, w);
    float most = x[(size_t)pane.top * p->w.width + pane.left], sum = 0;
    for (uint32_t row = pane.top; row < pane.bottom; row++)
        for (uint32_t col = pane.left; col < pane.right; col++) {
            const float value = x[(size_t)row * p->w.width + col];
            sum += value;
            most = value > most ? value : most;
        }
    return p->is_max ? most : sum / (float)pane.n_counted;
}

static void pool_float(const dc_rt *m, uint32_t i, void *work)
{
    const rt_pool p = rt_pool_of(m, i);
    const float *x = rt_floats(work, &rt_nodes(m)[rt_input_of(m, i, 0)]);
    float *y = rt_floats(work, &rt_nodes(m)[i]);
    for (uint32_t k = 0; k < p.n_planes; k++, x += (size_t)p.w.height * p.w.width)
        for (uint32_t h = 0; h < p.w.out_height; h++)
            for (uint32_t w = 0; w < p.w.out_width; w++)
                *y++ = pane_float(&p, h, w, x);
}

static void global_pool_float(const dc_rt *m, uint32_t i, void *work)
{
    const rt_node *node = &rt_nodes(m)[i], *in = &rt_nodes(m)[rt_input_of(m, i, 0)];
    const float *x = rt_floats(work, in);
    const uint32_t plane = in->n_values / node->n_values;
    for (uint32_t k = 0; k < node->n_values; k++) {
        float sum = 0;
        for (uint32_t j = 0; j < plane; j++)
            sum += *x++;
        rt_floats(work, node)[k] = sum / (float)plane;
    }
}

/* ---- value by value -------------------------------------------------------------------------- */

static void curve_float(const dc_rt *m, uint32_t i, void *work)
{
    const rt_node *node = &rt_nodes(m)[i];
    const float *x = rt_floats(work, &rt_nodes(m)[rt_input_of(m, i, 0)]);
    const rt_curve curve = rt_curve_of(m, i);
    for (uint32_t j = 0; j < node->n_values; j++)
        rt_floats(work, node)[j] = rt_curve_at(&curve, x[j]);
}

/* Adds or multiplies all inputs. In place it is the first that is written over, which is why all
 * others are read before. */
static void combine_float(const dc_rt *m, uint32_t i, void *work)
{
    const rt_node *nodes = rt_nodes(m), *node = &nodes[i];
    const uint32_t n_inputs = rt_n_inputs(m, i);
    const rt_node *inputs[RT_MAX_INPUTS];
    for (uint32_t k = 0; k < n_inputs; k++)
        inputs[k] = &nodes[rt_input_of(m, i, k)];
    for (uint32_t j = 0; j < node->n_values; j++) {
        float value = rt_floats(work, inputs[0])[rt_place_of(node, inputs[0], j)];
        for (uint32_t k = 1; k < n_inputs; k++) {
            const float other = rt_floats(work, inputs[k])[rt_place_of(node, inputs[k], j)];
            value = node->op == RT_OP_ADD ? value + other : value * other;
        }
        rt_floats(work, node)[j] = value;
    }
}

static void concat_float(const dc_rt *m, uint32_t i, void *work)
{
    float *y = rt_floats(work, &rt_nodes(m)[i]);
    for (uint32_t k = 0; k < rt_n_inputs(m, i); k++) {
        const rt_node *in = &rt_nodes(m)[rt_input_of(m, i, k)];
        memcpy(y, rt_floats(work, in), in->n_values * sizeof *y);
        y += in->n_values;
    }
}

static void softmax_float(const dc_rt *m, uint32_t i, void *work)
{
    const rt_node *node = &rt_nodes(m)[i], *in = &rt_nodes(m)[rt_input_of(m, i, 0)];
    uint32_t n_outer, n, n_inner;
    float *y = rt_floats(work, node);
    rt_axis_of(m, i, &n_outer, &n, &n_inner);
    memmove(y, rt_floats(work, in), node->n_values * sizeof *y);
    for (uint32_t outer = 0; outer < n_outer; outer++, y += (size_t)n * n_inner)
        for (uint32_t inner = 0; inner < n_inner; inner++)
            rt_softmax(y + inner, n, n_inner);
}

RT_OWN void rt_node_float(const dc_rt *m, uint32_t i, void *work)
{
    if (rt_nodes(m)[i].is_view)
        return;
    switch (rt_nodes(m)[i].op) {
    case RT_OP_CONV: conv_float(m, i, work); break;
    case RT_OP_LINEAR: linear_float(m, i, work); break;
    case RT_OP_BATCH_NORM: batch_norm_float(m, i, work); break;
    case RT_OP_MAX_POOL:
    case RT_OP_AVERAGE_POOL: pool_float(m, i, work); break;
    case RT_OP_GLOBAL_POOL: global_pool_float(m, i, work); break;
    case RT_OP_ADD:
    case RT_OP_MUL: combine_float(m, i, work); break;
    case RT_OP_CONCAT: concat_float(m, i, work); break;
    case RT_OP_SOFTMAX: softmax_float(m, i, work); break;
    default: curve_float(m, i, work); break;
    }
}

RT_OWN void rt_output_float(const dc_rt *m, const dc_rt_call *call)
{
    const rt_node *output = &rt_nodes(m)[m->n_nodes - 1];
    if (call->y != NULL)
        memcpy(call->y, rt_floats(call->work, output), output->n_values * sizeof *call->y);
}

static void run_float(const dc_rt *m, const dc_rt_call *call)
{
    for (uint32_t i = 1; i < m->n_nodes; i++)
        rt_node_float(m, i, call->work);
    rt_output_float(m, call);
}

const dc_rt_mode dc_rt_float = { false, NULL, rt_plan_make, run_float };
