/* SPDX-License-Identifier: MIT
 *
 * Networks by lot: all ops of the runtime, with attributes, branches and ways of storing a layer as
 * they come. What does not fit a shape is drawn again.
 */
#ifndef DCOMP_TESTS_RT_NETWORKS_H
#define DCOMP_TESTS_RT_NETWORKS_H

#include "dcomp/model.h"

static const dc_op rt_curves[] = {
    DC_OP_RELU, DC_OP_CLIP, DC_OP_SIGMOID, DC_OP_TANH, DC_OP_HARD_SIGMOID, DC_OP_HARD_SWISH,
    DC_OP_SILU, DC_OP_LEAKY_RELU, DC_OP_ELU,
};

typedef struct rt_lot {
    dc_rng rng;
    dc_model *model;
    bool is_exact; /* only what integer mode computes in integers */
    bool is_seen[DC_N_OPS];
} rt_lot;

static inline uint32_t rt_draw(rt_lot *lot, uint32_t n)
{
    return (uint32_t)dc_rng_below(&lot->rng, n);
}

/* A node now and then other than the last. */
static inline uint32_t rt_draw_node(rt_lot *lot)
{
    const uint32_t last = lot->model->n_nodes - 1;
    return rt_draw(lot, 4) > 0 ? last : rt_draw(lot, last + 1);
}

static inline dc_op rt_draw_op(rt_lot *lot)
{
    static const dc_op others[] = { DC_OP_CONV, DC_OP_CONV, DC_OP_CONV, DC_OP_LINEAR,
                                    DC_OP_BATCH_NORM, DC_OP_BATCH_NORM, DC_OP_MAX_POOL,
                                    DC_OP_AVERAGE_POOL, DC_OP_GLOBAL_AVERAGE_POOL, DC_OP_DROPOUT,
                                    DC_OP_CONCAT, DC_OP_ADD, DC_OP_MUL, DC_OP_FLATTEN,
                                    DC_OP_RESHAPE, DC_OP_SOFTMAX };
    if (rt_draw(lot, 3) == 0)
        return rt_curves[lot->is_exact ? rt_draw(lot, 2) : rt_draw(lot, DC_COUNT_OF(rt_curves))];
    const dc_op op = others[rt_draw(lot, DC_COUNT_OF(others))];
    return op == DC_OP_SOFTMAX && lot->is_exact ? DC_OP_RELU : op;
}

static inline void rt_draw_window(double *attrs, rt_lot *lot, bool is_pool)
{
    for (int side = 0; side < 2; side++) {
        const uint32_t kernel = 1 + rt_draw(lot, 3);
        attrs[DC_ATTR_KERNEL_H + side] = kernel;
        attrs[DC_ATTR_STRIDE_H + side] = 1 + rt_draw(lot, 2);
        attrs[DC_ATTR_DILATION_H + side] = 1 + rt_draw(lot, 2);
        attrs[DC_ATTR_PAD_TOP + side] = rt_draw(lot, is_pool ? kernel : 3);
        attrs[DC_ATTR_PAD_BOTTOM + side] = rt_draw(lot, is_pool ? kernel : 3);
    }
    attrs[DC_ATTR_CEIL_MODE] = rt_draw(lot, 2);
    attrs[DC_ATTR_COUNT_PAD] = rt_draw(lot, 2);
}

static inline void rt_draw_attrs(double *attrs, rt_lot *lot, dc_op op, const dc_shape *in)
{
    static const uint32_t groups[] = { 1, 1, 2, 3 };
    const bool is_pool = op == DC_OP_MAX_POOL || op == DC_OP_AVERAGE_POOL;
    dc_attrs_init(attrs, op);
    if (op == DC_OP_CONV || is_pool)
        rt_draw_window(attrs, lot, is_pool);
    if (op == DC_OP_CONV || op == DC_OP_LINEAR) {
        const bool is_depthwise = op == DC_OP_CONV && rt_draw(lot, 4) == 0;
        attrs[DC_ATTR_GROUPS] = is_depthwise ? in->dims[0] : groups[rt_draw(lot, 4)];
        attrs[DC_ATTR_N_OUTPUTS] = is_depthwise ? in->dims[0] * (1 + rt_draw(lot, 2))
                                                : 1 + rt_draw(lot, 9);
        attrs[DC_ATTR_BIAS] = rt_draw(lot, 2);
    }
    if (op == DC_OP_LINEAR || op == DC_OP_SOFTMAX)
        attrs[DC_ATTR_AXIS] = rt_draw(lot, 3) == 0 ? rt_draw(lot, 3) : 0;
    if (op == DC_OP_RESHAPE) {
        attrs[DC_ATTR_DIM_0] = (double)(dc_shape_count(in) / in->dims[0]);
        attrs[DC_ATTR_DIM_0 + 1] = in->dims[0];
    }
    if (op == DC_OP_CLIP && rt_draw(lot, 2) == 0) {
        attrs[DC_ATTR_MIN] = -0.25;
        attrs[DC_ATTR_MAX] = 0.125 + rt_draw(lot, 3);
    }
}

static inline void rt_draw_layer(rt_lot *lot)
{
    const dc_op op = rt_draw_op(lot);
    uint32_t inputs[3], n_inputs = 1;
    double attrs[DC_N_ATTRS];
    char name[32];
    inputs[0] = rt_draw_node(lot);
    if (op == DC_OP_CONCAT || op == DC_OP_ADD || op == DC_OP_MUL)
        n_inputs = 2 + rt_draw(lot, 2);
    for (uint32_t i = 1; i < n_inputs; i++)
        inputs[i] = rt_draw(lot, lot->model->n_nodes);
    rt_draw_attrs(attrs, lot, op, &lot->model->nodes[inputs[0]].shape);
    snprintf(name, sizeof name, "n%u", (unsigned)lot->model->n_nodes);
    if (dc_model_add(lot->model, name, op, inputs, n_inputs, attrs, true) == DC_OK)
        lot->is_seen[op] = true;
}

/* Values of about the size that keeps those of outputs near those of inputs. */
static inline void rt_draw_param(rt_lot *lot, dc_param *param)
{
    static const uint32_t counts[] = { 0, 1, 2, 3, 15, 16, 17, 200 };
    const uint32_t n_distinct = counts[rt_draw(lot, DC_COUNT_OF(counts))];
    const uint32_t density = rt_draw(lot, 3) == 0 ? 100 : 1 + rt_draw(lot, 60);
    const bool is_half = rt_draw(lot, 2);
    uint32_t n_rows, n_cols;
    dc_param_matrix(param, &n_rows, &n_cols);
    const double size = 1.5 / sqrt(n_cols * density / 100.0);
    for (uint64_t i = 0; i < param->n_values; i++) {
        double value = n_distinct > 0 ? (rt_draw(lot, n_distinct) + 0.7) / n_distinct
                                      : dc_rng_unit(&lot->rng);
        value *= size * (rt_draw(lot, 2) ? 1 : -1);
        if (param->role == DC_ROLE_VARIANCE)
            value = 0.1 + fabs(value);
        else if (rt_draw(lot, 100) >= density)
            value = 0;
        param->values[i] = is_half ? dc_f16_round((float)value) : (float)value;
    }
}

/* With a softmax at the end now and then. NULL if no layer could be added. */
static inline dc_model *rt_draw_network(rt_lot *lot, uint64_t seed, bool is_exact)
{
    dc_input input = { .channels = DC_CHANNELS_GREY };
    memset(lot, 0, sizeof *lot);
    dc_rng_init(&lot->rng, seed, 1);
    lot->is_exact = is_exact;
    /* One after the other: compilers differ in which argument comes first. */
    const uint32_t width = 1 + rt_draw(lot, 11), height = 1 + rt_draw(lot, 11);
    input.shape = dc_shape_of(3, 1 + rt_draw(lot, 4), height, width, 0);
    for (uint32_t c = 0; c < 4; c++)
        input.mean[c] = (float)rt_draw(lot, 2) * 100.0f, input.scale[c] = 1.0f / 60;
    assert_ok(dc_model_new(&lot->model, "lot", &input));
    for (uint32_t n = 2 + rt_draw(lot, 14); n > 0; n--)
        rt_draw_layer(lot);
    if (rt_draw(lot, 3) == 0) {
        const uint32_t last = lot->model->n_nodes - 1;
        if (dc_model_add(lot->model, "end", DC_OP_SOFTMAX, &last, 1, NULL, true) == DC_OK)
            lot->is_seen[DC_OP_SOFTMAX] = true;
    }
    for (uint32_t i = 0; i < lot->model->n_params; i++)
        rt_draw_param(lot, &lot->model->params[i]);
    return lot->model;
}

#endif
