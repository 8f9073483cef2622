/* SPDX-License-Identifier: MIT
 *
 * The table of ops: arity, parameters, attributes and shape rule, one row an op. A new op is a row
 * here, a rule in op_infer.c or op_infer_shape.c and its computation in nn. The attributes have a
 * table of their own that says which values are possible; 64-bit sums and products of any two
 * cannot overflow.
 */
#include "op_infer.h"

#include <math.h>
#include <string.h>

#define A(name) (1u << DC_ATTR_##name)
#define KERNEL (A(KERNEL_H) | A(KERNEL_W) | A(STRIDE_H) | A(STRIDE_W))
#define PAD (A(PAD_TOP) | A(PAD_LEFT) | A(PAD_BOTTOM) | A(PAD_RIGHT))
#define DILATION (A(DILATION_H) | A(DILATION_W))
#define WEIGHTS 2, {DC_ROLE_WEIGHT, DC_ROLE_BIAS}
#define NORM 4, {DC_ROLE_SCALE, DC_ROLE_SHIFT, DC_ROLE_MEAN, DC_ROLE_VARIANCE}
#define NOTHING 0, {DC_ROLE_WEIGHT}
#define DIMS (A(DIM_0) | A(DIM_1) | A(DIM_2) | A(DIM_3))
#define MANY DC_MAX_NODES

static const dc_op_kind kinds[DC_N_OPS] = {
    {DC_OP_INPUT, "input", 0, 0, NOTHING, 0, dc_infer_input},
    {DC_OP_CONV, "conv", 1, 1, WEIGHTS,
     KERNEL | PAD | DILATION | A(N_OUTPUTS) | A(GROUPS) | A(BIAS), dc_infer_conv},
    {DC_OP_LINEAR, "linear", 1, 1, WEIGHTS, A(N_OUTPUTS) | A(BIAS) | A(AXIS), dc_infer_linear},
    {DC_OP_MAX_POOL, "max_pool", 1, 1, NOTHING, KERNEL | PAD | A(CEIL_MODE), dc_infer_pool},
    {DC_OP_AVERAGE_POOL, "average_pool", 1, 1, NOTHING,
     KERNEL | PAD | A(CEIL_MODE) | A(COUNT_PAD), dc_infer_pool},
    {DC_OP_RELU, "relu", 1, 1, NOTHING, 0, dc_infer_same},
    {DC_OP_BATCH_NORM, "batch_norm", 1, 1, NORM, A(EPSILON) | A(MOMENTUM), dc_infer_batch_norm},
    {DC_OP_LRN, "lrn", 1, 1, NOTHING, A(SIZE) | A(ALPHA) | A(BETA) | A(K), dc_infer_lrn},
    {DC_OP_DROPOUT, "dropout", 1, 1, NOTHING, A(RATIO), dc_infer_same},
    {DC_OP_CONCAT, "concat", 1, MANY, NOTHING, 0, dc_infer_concat},
    {DC_OP_ADD, "add", 2, MANY, NOTHING, 0, dc_infer_broadcast},
    {DC_OP_FLATTEN, "flatten", 1, 1, NOTHING, 0, dc_infer_flatten},
    {DC_OP_SOFTMAX, "softmax", 1, 1, NOTHING, A(AXIS), dc_infer_softmax},
    {DC_OP_GLOBAL_AVERAGE_POOL, "global_average_pool", 1, 1, NOTHING, 0,
     dc_infer_global_average_pool},
    {DC_OP_CLIP, "clip", 1, 1, NOTHING, A(MIN) | A(MAX), dc_infer_clip},
    {DC_OP_SIGMOID, "sigmoid", 1, 1, NOTHING, 0, dc_infer_same},
    {DC_OP_TANH, "tanh", 1, 1, NOTHING, 0, dc_infer_same},
    {DC_OP_HARD_SIGMOID, "hard_sigmoid", 1, 1, NOTHING, A(SLOPE), dc_infer_same},
    {DC_OP_HARD_SWISH, "hard_swish", 1, 1, NOTHING, 0, dc_infer_same},
    {DC_OP_SILU, "silu", 1, 1, NOTHING, 0, dc_infer_same},
    {DC_OP_LEAKY_RELU, "leaky_relu", 1, 1, NOTHING, A(NEGATIVE_SLOPE), dc_infer_same},
    {DC_OP_PRELU, "prelu", 1, 1, 1, {DC_ROLE_SLOPE}, 0, dc_infer_prelu},
    {DC_OP_MUL, "mul", 2, MANY, NOTHING, 0, dc_infer_broadcast},
    {DC_OP_SUB, "sub", 2, 2, NOTHING, 0, dc_infer_broadcast},
    {DC_OP_DIV, "div", 2, 2, NOTHING, 0, dc_infer_broadcast},
    {DC_OP_SLICE, "slice", 1, 1, NOTHING, A(AXIS) | A(BEGIN) | A(SIZE), dc_infer_slice},
    {DC_OP_RESHAPE, "reshape", 1, 1, NOTHING, DIMS, dc_infer_reshape},
    {DC_OP_TRANSPOSE, "transpose", 1, 1, NOTHING, DIMS, dc_infer_transpose},
    {DC_OP_PAD, "pad", 1, 1, NOTHING, PAD, dc_infer_pad},
    {DC_OP_CONSTANT, "constant", 0, 0, 1, {DC_ROLE_VALUE}, DIMS, dc_infer_constant},
    {DC_OP_LOG_SOFTMAX, "log_softmax", 1, 1, NOTHING, A(AXIS), dc_infer_softmax},
    {DC_OP_ELU, "elu", 1, 1, NOTHING, A(K), dc_infer_same},
    {DC_OP_SOFTPLUS, "softplus", 1, 1, NOTHING, 0, dc_infer_same},
    {DC_OP_ERF, "erf", 1, 1, NOTHING, 0, dc_infer_same},
    {DC_OP_GELU, "gelu", 1, 1, NOTHING, 0, dc_infer_same},
};

typedef struct attr_rule {
    bool is_integer;
    double min, max; /* inclusive */
} attr_rule;

#define MAX_SIDE 1048576.0    /* pixels of a kernel, stride, pad or dilation */
#define MAX_WIDTH 1073741824.0 /* channels                                    */
#define TINY 1e-30            /* "above zero" for what is divided by          */
#define LARGE 1e30

static const attr_rule rules[DC_N_ATTRS] = {
    [DC_ATTR_N_OUTPUTS] = {true, 1, MAX_WIDTH},  [DC_ATTR_KERNEL_H] = {true, 1, MAX_SIDE},
    [DC_ATTR_KERNEL_W] = {true, 1, MAX_SIDE},    [DC_ATTR_STRIDE_H] = {true, 1, MAX_SIDE},
    [DC_ATTR_STRIDE_W] = {true, 1, MAX_SIDE},    [DC_ATTR_PAD_TOP] = {true, 0, MAX_SIDE},
    [DC_ATTR_PAD_LEFT] = {true, 0, MAX_SIDE},    [DC_ATTR_PAD_BOTTOM] = {true, 0, MAX_SIDE},
    [DC_ATTR_PAD_RIGHT] = {true, 0, MAX_SIDE},   [DC_ATTR_DILATION_H] = {true, 1, MAX_SIDE},
    [DC_ATTR_DILATION_W] = {true, 1, MAX_SIDE},  [DC_ATTR_GROUPS] = {true, 1, MAX_WIDTH},
    [DC_ATTR_BIAS] = {true, 0, 1},               [DC_ATTR_CEIL_MODE] = {true, 0, 1},
    [DC_ATTR_COUNT_PAD] = {true, 0, 1},          [DC_ATTR_SIZE] = {true, 1, MAX_WIDTH},
    [DC_ATTR_ALPHA] = {false, 0, LARGE},          [DC_ATTR_BETA] = {false, 0, LARGE},
    [DC_ATTR_K] = {false, TINY, LARGE},           [DC_ATTR_EPSILON] = {false, TINY, LARGE},
    [DC_ATTR_MOMENTUM] = {false, 0, 1},          [DC_ATTR_RATIO] = {false, 0, 1 - 1e-6},
    [DC_ATTR_MIN] = {false, -LARGE, LARGE},      [DC_ATTR_MAX] = {false, -LARGE, LARGE},
    [DC_ATTR_NEGATIVE_SLOPE] = {false, -LARGE, LARGE},
    [DC_ATTR_AXIS] = {true, 0, DC_MAX_DIMS - 1}, [DC_ATTR_BEGIN] = {true, 0, MAX_WIDTH},
    [DC_ATTR_DIM_0] = {true, 0, MAX_WIDTH},      [DC_ATTR_DIM_1] = {true, 0, MAX_WIDTH},
    [DC_ATTR_DIM_2] = {true, 0, MAX_WIDTH},      [DC_ATTR_DIM_3] = {true, 0, MAX_WIDTH},
    [DC_ATTR_SLOPE] = {false, TINY, LARGE},
};

dc_status dc_attrs_check(const dc_op_kind *kind, const double *attrs)
{
    for (uint32_t i = 0; i < DC_N_ATTRS; i++) {
        if (!(kind->attrs >> i & 1u))
            continue;
        const attr_rule *rule = &rules[i];
        const char *name = dc_attr_name((dc_attr)i);
        if (!(attrs[i] >= rule->min && attrs[i] <= rule->max)) /* NaN too */
            return dc_fail(DC_EINPUT, "\"%s\" is %g, must be from %g to %g", name, attrs[i],
                           rule->min, rule->max);
        if (rule->is_integer && attrs[i] != floor(attrs[i]))
            return dc_fail(DC_EINPUT, "\"%s\" is %g, must be a whole number", name, attrs[i]);
    }
    return DC_OK;
}

const dc_op_kind *dc_op_kind_of(uint32_t op)
{
    return op < DC_N_OPS ? &kinds[op] : NULL;
}

const dc_op_kind *dc_op_kind_named(const char *name)
{
    for (uint32_t op = 0; op < DC_N_OPS; op++)
        if (strcmp(kinds[op].name, name) == 0)
            return &kinds[op];
    return NULL;
}

const char *dc_attr_name(dc_attr attr)
{
    static const char *const names[DC_N_ATTRS] = {
#define NAME(id, number, text, value) [number] = text,
        DC_ATTR_LIST(NAME)
#undef NAME
    };
    return (uint32_t)attr < DC_N_ATTRS ? names[attr] : "";
}

double dc_attr_default(dc_attr attr)
{
    static const double values[DC_N_ATTRS] = {
#define VALUE(id, number, text, value) [number] = value,
        DC_ATTR_LIST(VALUE)
#undef VALUE
    };
    return (uint32_t)attr < DC_N_ATTRS ? values[attr] : 0;
}

const char *dc_role_name(dc_role role)
{
    static const char *const names[] = {"weight", "bias",     "scale", "shift",
                                        "mean",   "variance", "slope", "value"};
    return (uint32_t)role < DC_COUNT_OF(names) ? names[role] : "";
}

const char *dc_param_name(const char *node_name, dc_role role, dc_arena *arena)
{
    return dc_arena_print(arena, "%s.%s", node_name, dc_role_name(role));
}
