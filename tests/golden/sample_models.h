/* SPDX-License-Identifier: MIT
 *
 * Small seeded models for the tests of the file format. Numbers come from integers of the
 * project's own generator, so they are the same on every machine.
 */
#ifndef DCOMP_TESTS_SAMPLE_MODELS_H
#define DCOMP_TESTS_SAMPLE_MODELS_H

#include <string.h>

#include "dcomp/model.h"

/* How a parameter is filled. */
typedef struct sample_fill {
    double density;      /* share of values that are not zero                            */
    uint32_t n_distinct; /* non-zero values; 0: as many as come                          */
    bool is_half;        /* every value is exactly a float16                             */
    bool is_by_column;   /* whole columns are zero, so that column-major order pays      */
    bool is_pruned, is_shared;
} sample_fill;

static inline float sample_value(dc_rng *rng, const sample_fill *fill, const float *levels)
{
    if (fill->n_distinct > 0) { /* low levels are commoner, so that entropy coding pays */
        const uint64_t a = dc_rng_below(rng, fill->n_distinct);
        const uint64_t b = dc_rng_below(rng, fill->n_distinct);
        return levels[DC_MIN(a, b)];
    }
    const float value = (float)((int64_t)dc_rng_below(rng, 2000001) - 1000000) * 0x1p-21f;
    const float kept = fill->is_half ? dc_f16_round(value) : value;
    return kept == 0 ? 0.25f : kept;
}

/* Distinct, none zero; float32 ones need all their bits. */
static inline void sample_levels(float levels[DC_MAX_CODEBOOK], const sample_fill *fill)
{
    for (uint32_t i = 0; i < DC_MAX_CODEBOOK; i++) {
        const float exact = ((float)i - (float)fill->n_distinct / 2 + 0.25f) / 64;
        levels[i] = fill->is_half ? exact : exact * 1.0001f;
    }
}

static inline void sample_fill_param(dc_param *param, const sample_fill *fill, uint64_t seed)
{
    float levels[DC_MAX_CODEBOOK];
    uint32_t n_rows, n_cols;
    dc_rng rng;
    dc_rng_init(&rng, seed, 1);
    sample_levels(levels, fill);
    dc_param_matrix(param, &n_rows, &n_cols);
    const uint64_t kept = (uint64_t)(fill->density * 1000);
    for (uint64_t i = 0; i < param->n_values; i++) {
        const uint64_t col = i % n_cols;
        const bool is_kept = fill->is_by_column ? col * col * 7919 % 997 * 1000 / 997 < kept
                                                : dc_rng_below(&rng, 1000) < kept;
        param->values[i] = is_kept ? sample_value(&rng, fill, levels) : 0.0f;
    }
    param->is_pruned = fill->is_pruned;
    param->is_shared = fill->is_shared;
}

/* All parameters of a role. */
static inline void sample_fill_role(dc_model *model, dc_role role, const sample_fill *fill,
                                    uint64_t seed)
{
    for (uint32_t i = 0; i < model->n_params; i++)
        if (model->params[i].role == role)
            sample_fill_param(&model->params[i], fill, seed + i);
}

/* Appends a node that takes the last one; n_outputs and kernel where the op has them. */
static inline dc_status sample_add(dc_model *model, const char *name, dc_op op, double n_outputs,
                                   double kernel, double stride)
{
    double attrs[DC_N_ATTRS];
    const uint32_t last = model->n_nodes - 1;
    dc_attrs_init(attrs, op);
    attrs[DC_ATTR_N_OUTPUTS] = n_outputs;
    attrs[DC_ATTR_KERNEL_H] = attrs[DC_ATTR_KERNEL_W] = kernel;
    attrs[DC_ATTR_STRIDE_H] = attrs[DC_ATTR_STRIDE_W] = stride;
    return dc_model_add(model, name, op, &last, 1, attrs, true);
}

static inline dc_input sample_input(uint32_t n_channels, uint32_t side)
{
    dc_input input = { .channels = DC_CHANNELS_GREY };
    input.shape = dc_shape_of(3, n_channels, side, side, 0);
    for (uint32_t c = 0; c < DC_COUNT_OF(input.scale); c++)
        input.scale[c] = 1.0f / 255;
    return input;
}

/* conv, pool, relu, linear, relu, linear: about a LeNet, with `width` outputs in the middle. */
static inline dc_status sample_lenet(dc_model **out, uint32_t side, uint32_t k1, uint32_t k2,
                                     uint32_t width)
{
    const dc_input input = sample_input(1, side);
    dc_model *m;
    DC_TRY(dc_model_new(&m, "lenet", &input));
    *out = m;
    DC_TRY(sample_add(m, "conv1", DC_OP_CONV, k1, 5, 1));
    DC_TRY(sample_add(m, "pool1", DC_OP_MAX_POOL, 0, 2, 2));
    DC_TRY(sample_add(m, "conv2", DC_OP_CONV, k2, 5, 1));
    DC_TRY(sample_add(m, "pool2", DC_OP_MAX_POOL, 0, 2, 2));
    DC_TRY(sample_add(m, "fc1", DC_OP_LINEAR, width, 0, 0));
    DC_TRY(sample_add(m, "relu1", DC_OP_RELU, 0, 0, 0));
    return sample_add(m, "fc2", DC_OP_LINEAR, 10, 0, 0);
}

/* One linear layer of n_rows x n_cols, no bias, called "fc". */
static inline dc_status sample_layer(dc_model **out, uint32_t n_rows, uint32_t n_cols,
                                     const sample_fill *fill)
{
    dc_input input = { .scale = { 1, 1, 1, 1 } };
    double attrs[DC_N_ATTRS] = { 0 };
    const uint32_t first = 0;
    input.shape = dc_shape_of(1, n_cols, 0, 0, 0);
    DC_TRY(dc_model_new(out, "layer", &input));
    attrs[DC_ATTR_N_OUTPUTS] = n_rows;
    DC_TRY(dc_model_add(*out, "fc", DC_OP_LINEAR, &first, 1, attrs, true));
    sample_fill_param(&(*out)->params[0], fill, n_rows + n_cols);
    return DC_OK;
}

/* Every op, inputs that are not the node before, attributes of every kind, class names and
 * history. */
static inline dc_status sample_every_op(dc_model **out)
{
    static const char *const names[] = { "cat", "dog", "\xc3\xa9lan" };
    dc_input input = sample_input(3, 16);
    double attrs[DC_N_ATTRS], more[DC_N_ATTRS];
    dc_model *m;
    input.resize = DC_RESIZE_SHORT_SIDE;
    input.resize_size = 20;
    input.filter = DC_FILTER_BILINEAR;
    input.channels = DC_CHANNELS_BGR;
    input.mean[0] = 104, input.mean[1] = 117, input.mean[2] = 123;
    DC_TRY(dc_model_new(&m, "every_op", &input));
    *out = m;
    dc_attrs_init(attrs, DC_OP_CONV);
    attrs[DC_ATTR_N_OUTPUTS] = 6, attrs[DC_ATTR_GROUPS] = 3, attrs[DC_ATTR_BIAS] = 0;
    attrs[DC_ATTR_KERNEL_H] = 3, attrs[DC_ATTR_KERNEL_W] = 5, attrs[DC_ATTR_DILATION_H] = 2;
    attrs[DC_ATTR_PAD_TOP] = attrs[DC_ATTR_PAD_BOTTOM] = 2;
    attrs[DC_ATTR_PAD_LEFT] = attrs[DC_ATTR_PAD_RIGHT] = 2;
    DC_TRY(dc_model_add(m, "stem", DC_OP_CONV, (uint32_t[]){ 0 }, 1, attrs, true));
    dc_attrs_init(more, DC_OP_BATCH_NORM);
    more[DC_ATTR_EPSILON] = 1e-3;
    DC_TRY(dc_model_add(m, "norm", DC_OP_BATCH_NORM, (uint32_t[]){ 1 }, 1, more, true));
    DC_TRY(sample_add(m, "relu1", DC_OP_RELU, 0, 0, 0));
    DC_TRY(sample_add(m, "squeeze", DC_OP_CONV, 4, 1, 1));
    DC_TRY(dc_model_add(m, "expand", DC_OP_CONV, (uint32_t[]){ 3 }, 1, attrs, true));
    DC_TRY(dc_model_add(m, "concat1", DC_OP_CONCAT, (uint32_t[]){ 4, 5 }, 2, NULL, true));
    DC_TRY(dc_model_add(m, "sum", DC_OP_ADD, (uint32_t[]){ 6, 6 }, 2, NULL, true));
    dc_attrs_init(more, DC_OP_LRN);
    more[DC_ATTR_ALPHA] = 2e-5, more[DC_ATTR_SIZE] = 3;
    DC_TRY(dc_model_add(m, "lrn1", DC_OP_LRN, (uint32_t[]){ 7 }, 1, more, true));
    dc_attrs_init(attrs, DC_OP_AVERAGE_POOL);
    attrs[DC_ATTR_KERNEL_H] = attrs[DC_ATTR_KERNEL_W] = 3;
    attrs[DC_ATTR_STRIDE_H] = attrs[DC_ATTR_STRIDE_W] = 2;
    attrs[DC_ATTR_CEIL_MODE] = 1, attrs[DC_ATTR_COUNT_PAD] = 1;
    attrs[DC_ATTR_PAD_TOP] = attrs[DC_ATTR_PAD_LEFT] = 1;
    attrs[DC_ATTR_PAD_BOTTOM] = attrs[DC_ATTR_PAD_RIGHT] = 2;
    DC_TRY(dc_model_add(m, "pool", DC_OP_AVERAGE_POOL, (uint32_t[]){ 8 }, 1, attrs, true));
    DC_TRY(sample_add(m, "max_pool1", DC_OP_MAX_POOL, 0, 2, 1));
    DC_TRY(dc_model_add(m, "gap", DC_OP_GLOBAL_AVERAGE_POOL, (uint32_t[]){ 10 }, 1, NULL, true));
    DC_TRY(dc_model_add(m, "flat", DC_OP_FLATTEN, (uint32_t[]){ 11 }, 1, NULL, true));
    DC_TRY(dc_model_add(m, "drop", DC_OP_DROPOUT, (uint32_t[]){ 12 }, 1, NULL, true));
    DC_TRY(sample_add(m, "fc", DC_OP_LINEAR, 3, 0, 0));
    DC_TRY(sample_add(m, "softmax1", DC_OP_SOFTMAX, 0, 0, 0));
    m->class_names = dc_arena_take(&m->arena, 3, sizeof *m->class_names);
    DC_TRY(m->arena.status);
    memcpy(m->class_names, names, sizeof names);
    m->n_class_names = 3;
    DC_TRY(dc_model_add_history(m, "train", "{\"epochs\":3,\"seed\":7}"));
    DC_TRY(dc_model_add_history(m, "prune", "{\"density\":0.1}"));
    const sample_fill weights = { .density = 0.3, .is_pruned = true };
    const sample_fill numbers = { .density = 1 };
    for (uint32_t i = 0; i < m->n_params; i++)
        sample_fill_param(&m->params[i],
                          m->params[i].role == DC_ROLE_WEIGHT ? &weights : &numbers, i);
    return DC_OK;
}

/* `settings` are pairs of attribute and value up to DC_N_ATTRS; inputs up to `n_inputs`. */
static inline dc_status sample_set(dc_model *model, const char *name, dc_op op,
                                   const uint32_t *inputs, uint32_t n_inputs,
                                   const double *settings)
{
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, op);
    for (; *settings < DC_N_ATTRS; settings += 2)
        attrs[(uint32_t)settings[0]] = settings[1];
    return dc_model_add(model, name, op, inputs, n_inputs, attrs, true);
}

/* The ops from clip (14) to constant (29), each with its attributes. */
static inline dc_status sample_later_ops(dc_model **out)
{
    enum { OFF = DC_N_ATTRS, D0 = DC_ATTR_DIM_0, D1, D2, D3 };
    static const struct {
        const char *name;
        dc_op op;
        uint32_t n_inputs, inputs[3];
        double settings[11];
    } nodes[] = {
        { "stem", DC_OP_CONV, 1, { 0 }, { DC_ATTR_N_OUTPUTS, 8, DC_ATTR_KERNEL_H, 3,
                                          DC_ATTR_KERNEL_W, 3, OFF } },
        { "clip1", DC_OP_CLIP, 1, { 1 }, { DC_ATTR_MIN, -1, DC_ATTR_MAX, 2.5, OFF } },
        { "wider", DC_OP_PAD, 1, { 2 }, { DC_ATTR_PAD_TOP, 1, DC_ATTR_PAD_BOTTOM, 2,
                                          DC_ATTR_PAD_RIGHT, 1, OFF } },
        { "slice1", DC_OP_SLICE, 1, { 3 }, { DC_ATTR_AXIS, 1, DC_ATTR_BEGIN, 2, DC_ATTR_SIZE, 6,
                                             OFF } },
        { "slice2", DC_OP_SLICE, 1, { 4 }, { DC_ATTR_AXIS, 2, DC_ATTR_SIZE, 6, OFF } },
        { "leaky_relu1", DC_OP_LEAKY_RELU, 1, { 5 }, { DC_ATTR_NEGATIVE_SLOPE, -0.25, OFF } },
        { "prelu1", DC_OP_PRELU, 1, { 6 }, { OFF } },
        { "groups", DC_OP_RESHAPE, 1, { 7 }, { D0, 2, D1, 4, D2, 36, OFF } },
        { "shuffle", DC_OP_TRANSPOSE, 1, { 8 }, { D0, 2, D1, 1, D2, 3, OFF } },
        { "picture", DC_OP_RESHAPE, 1, { 9 }, { D0, 8, D1, 6, D2, 6, OFF } },
        { "gap", DC_OP_GLOBAL_AVERAGE_POOL, 1, { 10 }, { OFF } },
        { "excite", DC_OP_LINEAR, 1, { 11 }, { DC_ATTR_N_OUTPUTS, 8, OFF } },
        { "gate", DC_OP_HARD_SIGMOID, 1, { 12 }, { DC_ATTR_SLOPE, 0.2, OFF } },
        { "gates", DC_OP_RESHAPE, 1, { 13 }, { D0, 8, D1, 1, D2, 1, OFF } },
        { "mul1", DC_OP_MUL, 3, { 10, 14, 2 }, { OFF } },
        { "mask", DC_OP_CONSTANT, 0, { 0 }, { D0, 1, D1, 6, D2, 6, OFF } },
        { "add1", DC_OP_ADD, 2, { 15, 16 }, { OFF } },
        { "mean", DC_OP_CONSTANT, 0, { 0 }, { D0, 8, D1, 1, D2, 6, OFF } },
        { "sub1", DC_OP_SUB, 2, { 17, 18 }, { OFF } },
        { "unit", DC_OP_CONSTANT, 0, { 0 }, { D0, 1, D1, 1, D2, 1, OFF } },
        { "div1", DC_OP_DIV, 2, { 19, 20 }, { OFF } },
        { "sigmoid1", DC_OP_SIGMOID, 1, { 21 }, { OFF } },
        { "tanh1", DC_OP_TANH, 1, { 22 }, { OFF } },
        { "hard_swish1", DC_OP_HARD_SWISH, 1, { 23 }, { OFF } },
        { "silu1", DC_OP_SILU, 1, { 24 }, { OFF } },
        { "four", DC_OP_RESHAPE, 1, { 25 }, { D0, 2, D1, 2, D2, 12, D3, 6, OFF } },
        { "turned", DC_OP_TRANSPOSE, 1, { 26 }, { D0, 4, D1, 2, D2, 1, D3, 3, OFF } },
        { "fc", DC_OP_LINEAR, 1, { 27 }, { DC_ATTR_N_OUTPUTS, 3, OFF } },
    };
    const dc_input input = sample_input(4, 8);
    const sample_fill fill = { .density = 1 };
    DC_TRY(dc_model_new(out, "later_ops", &input));
    for (uint32_t i = 0; i < DC_COUNT_OF(nodes); i++)
        DC_TRY(sample_set(*out, nodes[i].name, nodes[i].op, nodes[i].inputs, nodes[i].n_inputs,
                          nodes[i].settings));
    for (uint32_t i = 0; i < (*out)->n_params; i++)
        sample_fill_param(&(*out)->params[i], &fill, 100 + i);
    return DC_OK;
}

/* The ops that came with log_softmax (30), and linear and softmax over a dim that is said. */
static inline dc_status sample_vector_ops(dc_model **out)
{
    enum { OFF = DC_N_ATTRS };
    static const struct {
        const char *name;
        dc_op op;
        double settings[7];
    } nodes[] = {
        { "rows", DC_OP_LINEAR, { DC_ATTR_N_OUTPUTS, 5, DC_ATTR_AXIS, 2, OFF } },
        { "elu1", DC_OP_ELU, { DC_ATTR_K, 1.5, OFF } },
        { "softmax1", DC_OP_SOFTMAX, { DC_ATTR_AXIS, 1, OFF } },
        { "planes", DC_OP_LINEAR, { DC_ATTR_N_OUTPUTS, 4, DC_ATTR_AXIS, 1, DC_ATTR_BIAS, 0, OFF } },
        { "gelu1", DC_OP_GELU, { OFF } },
        { "erf1", DC_OP_ERF, { OFF } },
        { "softplus1", DC_OP_SOFTPLUS, { OFF } },
        { "log_softmax1", DC_OP_LOG_SOFTMAX, { DC_ATTR_AXIS, 1, OFF } },
        { "fc", DC_OP_LINEAR, { DC_ATTR_N_OUTPUTS, 3, OFF } },
        { "log_softmax2", DC_OP_LOG_SOFTMAX, { OFF } },
    };
    const dc_input input = sample_input(2, 6);
    const sample_fill fill = { .density = 1 };
    DC_TRY(dc_model_new(out, "vector_ops", &input));
    for (uint32_t i = 0; i < DC_COUNT_OF(nodes); i++)
        DC_TRY(sample_set(*out, nodes[i].name, nodes[i].op, &i, 1, nodes[i].settings));
    for (uint32_t i = 0; i < (*out)->n_params; i++)
        sample_fill_param(&(*out)->params[i], &fill, 200 + i);
    return DC_OK;
}

/* The other ops that came with layer_norm (46). */
static inline dc_status sample_more_ops(dc_model **out)
{
    enum { OFF = DC_N_ATTRS };
    static const struct {
        const char *name;
        dc_op op;
        double settings[15];
    } nodes[] = {
        { "layer_norm1", DC_OP_LAYER_NORM, { DC_ATTR_AXIS, 1, DC_ATTR_EPSILON, 0.01, OFF } },
        { "group_norm1", DC_OP_GROUP_NORM, { DC_ATTR_GROUPS, 2, OFF } },
        { "rms_norm1", DC_OP_RMS_NORM, { DC_ATTR_AXIS, 2, OFF } },
        { "up1", DC_OP_CONV_TRANSPOSE, { DC_ATTR_N_OUTPUTS, 6, DC_ATTR_KERNEL_H, 2,
                                         DC_ATTR_GROUPS, 2, DC_ATTR_OUTPUT_PAD_H, 1,
                                         DC_ATTR_OUTPUT_PAD_W, 2, OFF } },
        { "resize1", DC_OP_RESIZE, { DC_ATTR_HEIGHT, 9, DC_ATTR_WIDTH, 5, DC_ATTR_LINEAR, 1,
                                     DC_ATTR_PLACES, 1, DC_ATTR_ROUNDING, 2, DC_ATTR_SCALE_H, 1.3,
                                     DC_ATTR_SCALE_W, 0.7, OFF } },
        { "every_other1", DC_OP_SLICE, { DC_ATTR_AXIS, 1, DC_ATTR_BEGIN, 1, DC_ATTR_SIZE, 4,
                                         DC_ATTR_STEP, 2, OFF } },
        { "top1", DC_OP_ARG_MAX, { DC_ATTR_AXIS, 2, DC_ATTR_LAST, 1, OFF } },
        { "bottom1", DC_OP_ARG_MIN, { DC_ATTR_AXIS, 2, OFF } },
        { "reduce_max1", DC_OP_REDUCE_MAX, { DC_ATTR_DIM_0, 3, OFF } },
        { "reduce_min1", DC_OP_REDUCE_MIN, { DC_ATTR_DIM_0, 3, DC_ATTR_KEEP_DIMS, 0, OFF } },
        { "reduce_sum1", DC_OP_REDUCE_SUM, { DC_ATTR_DIM_0, 1, OFF } },
        { "reduce_mean1", DC_OP_REDUCE_MEAN, { DC_ATTR_DIM_0, 2, DC_ATTR_DIM_1, 1, OFF } },
        { "reduce_prod1", DC_OP_REDUCE_PROD, { DC_ATTR_DIM_0, 1, DC_ATTR_DIM_1, 2, OFF } },
    };
    const dc_input input = sample_input(4, 6);
    const sample_fill fill = { .density = 1 };
    DC_TRY(dc_model_new(out, "more_ops", &input));
    for (uint32_t i = 0; i < DC_COUNT_OF(nodes); i++)
        DC_TRY(sample_set(*out, nodes[i].name, nodes[i].op, &i, 1, nodes[i].settings));
    for (uint32_t i = 0; i < (*out)->n_params; i++)
        sample_fill_param(&(*out)->params[i], &fill, 300 + i);
    return DC_OK;
}

/* Sequences (58 to 63). */
static inline dc_status sample_sequences(dc_model **out)
{
    enum { OFF = DC_N_ATTRS };
    static const struct {
        const char *name;
        dc_op op;
        double settings[13];
    } nodes[] = {
        { "lstm1", DC_OP_LSTM, { DC_ATTR_N_OUTPUTS, 2, DC_ATTR_PEEPHOLES, 1,
                                 DC_ATTR_FORGET_BIAS, 1, DC_ATTR_GATE_CURVE, DC_OP_HARD_SIGMOID,
                                 DC_ATTR_OUTPUT_CURVE, DC_OP_SOFTSIGN, DC_ATTR_SLOPE, 0.25, OFF } },
        { "gates2", DC_OP_LINEAR, { DC_ATTR_N_OUTPUTS, 9, DC_ATTR_AXIS, 1, OFF } },
        { "gru1", DC_OP_GRU, { DC_ATTR_REVERSE, 1, OFF } },
        { "gru2", DC_OP_GRU, { DC_ATTR_RESET_AFTER, 0, DC_ATTR_CELL_CURVE, DC_OP_RELU, OFF } },
        { "rnn1", DC_OP_RNN, { DC_ATTR_REVERSE, 1, OFF } },
    };
    dc_input input = sample_input(1, 1);
    const sample_fill fill = { .density = 1 };
    const uint32_t last = DC_COUNT_OF(nodes);
    input.channels = DC_CHANNELS_RGB;
    input.shape = dc_shape_of(2, 5, 12, 0, 0);
    DC_TRY(dc_model_new(out, "sequences", &input));
    for (uint32_t i = 0; i < last; i++)
        DC_TRY(sample_set(*out, nodes[i].name, nodes[i].op, &i, 1, nodes[i].settings));
    DC_TRY(sample_set(*out, "last1", DC_OP_LAST, &last, 1, (const double[]){ OFF }));
    DC_TRY(sample_set(*out, "step_mean1", DC_OP_STEP_MEAN, &last, 1, (const double[]){ OFF }));
    DC_TRY(sample_set(*out, "both", DC_OP_CONCAT, (const uint32_t[]){ last + 1, last + 2 }, 2,
                      (const double[]){ OFF }));
    DC_TRY(sample_set(*out, "embedding1", DC_OP_EMBEDDING, (const uint32_t[]){ last + 3 }, 1,
                      (const double[]){ DC_ATTR_N_OUTPUTS, 4, DC_ATTR_N_SYMBOLS, 7, OFF }));
    for (uint32_t i = 0; i < (*out)->n_params; i++)
        sample_fill_param(&(*out)->params[i], &fill, 400 + i);
    return DC_OK;
}

/* An input of sounds, and what gates are rarely asked for. */
static inline dc_status sample_gates(dc_model **out)
{
    const double settings[] = { DC_ATTR_CLIP, 2, DC_ATTR_ALPHA, 0.5, DC_ATTR_INPUT_FORGET, 1,
                                DC_ATTR_CELLS, 1, DC_ATTR_CELL_CURVE, DC_OP_ELU, DC_N_ATTRS };
    dc_input input = sample_input(1, 1);
    const sample_fill fill = { .density = 1 };
    const uint32_t first = 0;
    input.channels = DC_CHANNELS_RGB;
    input.shape = dc_shape_of(2, 4, 8, 0, 0);
    input.sound = (dc_sound){ 25000, 10000, 100, 3800 };
    DC_TRY(dc_model_new(out, "gates", &input));
    DC_TRY(sample_set(*out, "lstm1", DC_OP_LSTM, &first, 1, settings));
    for (uint32_t i = 0; i < (*out)->n_params; i++)
        sample_fill_param(&(*out)->params[i], &fill, 500 + i);
    return DC_OK;
}

/* Slices that go back, by a step below 0. */
static inline dc_status sample_slices_back(dc_model **out)
{
    static const double settings[][9] = {
        { DC_ATTR_BEGIN, 3, DC_ATTR_SIZE, 4, DC_ATTR_STEP, -1, DC_N_ATTRS },
        { DC_ATTR_AXIS, 1, DC_ATTR_BEGIN, 5, DC_ATTR_SIZE, 3, DC_ATTR_STEP, -2, DC_N_ATTRS },
        { DC_ATTR_AXIS, 2, DC_ATTR_BEGIN, 4, DC_ATTR_SIZE, 2, DC_ATTR_STEP, -3, DC_N_ATTRS },
    };
    const dc_input input = sample_input(4, 6);
    DC_TRY(dc_model_new(out, "slices_back", &input));
    for (uint32_t i = 0; i < DC_COUNT_OF(settings); i++)
        DC_TRY(sample_set(*out, i == 0 ? "channels" : i == 1 ? "rows" : "columns", DC_OP_SLICE, &i,
                          1, settings[i]));
    DC_TRY(sample_add(*out, "fc", DC_OP_LINEAR, 3, 0, 0));
    const sample_fill fill = { .density = 1 };
    sample_fill_param(&(*out)->params[0], &fill, 400);
    return DC_OK;
}

/* Every op that has a curve, with other attributes than the usual ones, one behind the other. */
static inline dc_status sample_curves(dc_model **out)
{
    const dc_input input = sample_input(2, 3);
    DC_TRY(dc_model_new(out, "curves", &input));
    for (uint32_t op = 0; op < DC_N_OPS; op++) {
        const dc_op_kind *kind = dc_op_kind_of(op);
        const uint32_t last = (*out)->n_nodes - 1;
        double attrs[DC_N_ATTRS];
        if (kind->curve == NULL)
            continue;
        dc_attrs_init(attrs, (dc_op)op);
        for (uint32_t i = 0; i < kind->n_attrs; i++)
            attrs[kind->attrs[i].attr] = kind->attrs[i].form == DC_ATTR_REAL ? 0.75 + i : 1;
        DC_TRY(dc_model_add(*out, kind->name, (dc_op)op, &last, 1, attrs, true));
    }
    return DC_OK;
}

#endif
