/* SPDX-License-Identifier: MIT
 *
 * One op with everything its functions want, for tests: op_case_make builds a small model around
 * it, so that shapes and attributes are checked as in earnest, and takes all arrays. Inputs and
 * parameters are zero, y is NaN (it must be overwritten), dx is 1 (it must be added to), dp is NaN.
 */
#ifndef DCOMP_TESTS_OP_CASE_H
#define DCOMP_TESTS_OP_CASE_H

#include "test.h"

#include "op.h"

#define OP_CASE_MAX_INPUTS 4

typedef struct op_attr {
    dc_attr attr;
    double value;
} op_attr;

#define OP_ATTR_END { DC_N_ATTRS, 0 }

typedef struct op_case {
    dc_model *model;
    const dc_node *node;
    const dc_op_code *code;
    dc_arena arena;
    uint32_t n_params;
    uint64_t n_x[OP_CASE_MAX_INPUTS], n_y, n_p[DC_MAX_NODE_PARAMS]; /* values, batch included */
    const dc_shape *x_shapes[OP_CASE_MAX_INPUTS];
    float *x[OP_CASE_MAX_INPUTS], *dx[OP_CASE_MAX_INPUTS];
    float *p[DC_MAX_NODE_PARAMS], *dp[DC_MAX_NODE_PARAMS], *p_state[DC_MAX_NODE_PARAMS];
    float *y, *dy;
    dc_op_args args; /* all set, is_training too */
} op_case;

static inline void fill(float *values, uint64_t n, float value)
{
    for (uint64_t i = 0; i < n; i++)
        values[i] = value;
}

/* A node that has the shape `wanted`: the input, or a constant. */
static inline uint32_t op_case_source(dc_model *model, const dc_shape *wanted, uint32_t i)
{
    char name[24];
    double attrs[DC_N_ATTRS];
    if (dc_shape_equal(&model->nodes[0].shape, wanted))
        return 0;
    dc_attrs_init(attrs, DC_OP_CONSTANT);
    for (uint32_t d = 0; d < DC_MAX_DIMS; d++)
        attrs[DC_ATTR_DIM_0 + d] = wanted->dims[d];
    snprintf(name, sizeof name, "source%u", (unsigned)i);
    assert_ok(dc_model_add(model, name, DC_OP_CONSTANT, NULL, 0, attrs, false));
    return model->n_nodes - 1;
}

static inline void op_case_model(op_case *c, dc_op op, const dc_shape *shapes, uint32_t n_inputs,
                                 const op_attr *said)
{
    const bool is_input = n_inputs > 0 && (shapes[0].n_dims == 1 || shapes[0].n_dims == 3);
    dc_input input = { .shape = is_input ? shapes[0] : dc_shape_of(1, 1, 0, 0, 0),
                       .scale = { 1, 1, 1, 1 } };
    uint32_t inputs[OP_CASE_MAX_INPUTS];
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, op);
    for (; said != NULL && said->attr != DC_N_ATTRS; said++)
        attrs[said->attr] = said->value;
    assert_ok(dc_model_new(&c->model, "case", &input));
    for (uint32_t i = 0; i < n_inputs; i++)
        inputs[i] = op_case_source(c->model, &shapes[i], i);
    assert_ok(dc_model_add(c->model, "op", op, inputs, n_inputs, attrs, true));
    c->node = &c->model->nodes[c->model->n_nodes - 1];
}

static inline float *op_case_take(op_case *c, uint64_t n, float value)
{
    float *values = dc_arena_take(&c->arena, n, sizeof *values);
    assert_ok(c->arena.status);
    fill(values, n, value);
    return values;
}

static inline void op_case_params(op_case *c)
{
    for (uint32_t i = 0; i < DC_MAX_NODE_PARAMS; i++) {
        if (dc_node_param(c->node, i) == DC_NONE)
            continue;
        const dc_param *param = &c->model->params[dc_node_param(c->node, i)];
        const bool is_state = param->role == DC_ROLE_MEAN || param->role == DC_ROLE_VARIANCE;
        c->n_p[i] = param->n_values;
        c->p[i] = param->values;
        c->dp[i] = is_state ? NULL : op_case_take(c, c->n_p[i], NAN);
        c->p_state[i] = is_state ? c->p[i] : NULL;
        c->n_params = i + 1;
    }
}

/* What the case runs, with a cache for training, full of NaN. */
static inline void op_case_use(op_case *c, const dc_op_code *code)
{
    c->code = code;
    const uint64_t n_bytes = dc_op_cache_bytes(code, c->node, c->x_shapes, c->args.n, true);
    c->args.cache = op_case_take(c, n_bytes / sizeof(float) + 1, NAN);
}

/* `n` samples; `attrs` ends with OP_ATTR_END, NULL for defaults. */
static inline void op_case_make(op_case *c, dc_op op, uint32_t n, const dc_shape *shapes,
                                uint32_t n_inputs, const op_attr *attrs)
{
    memset(c, 0, sizeof *c);
    op_case_model(c, op, shapes, n_inputs, attrs);
    c->code = dc_op_code_of(op);
    assert_non_null(c->code);
    op_case_params(c);
    for (uint32_t i = 0; i < n_inputs; i++) {
        c->x_shapes[i] = &c->model->nodes[c->node->inputs[i]].shape;
        c->n_x[i] = n * dc_shape_count(c->x_shapes[i]);
        c->x[i] = op_case_take(c, c->n_x[i], 0);
        c->dx[i] = op_case_take(c, c->n_x[i], 1);
    }
    c->n_y = n * dc_shape_count(&c->node->shape);
    c->y = op_case_take(c, c->n_y, NAN);
    c->dy = op_case_take(c, c->n_y, 0);
    c->args = (dc_op_args){ .node = c->node, .n = n, .n_inputs = n_inputs,
                            .x = (const float *const *)c->x, .x_shapes = c->x_shapes, .y = c->y,
                            .p = (const float *const *)c->p, .p_state = c->p_state, .dy = c->dy,
                            .dx = c->dx, .dp = c->dp, .is_training = true,
                            .ratio = dc_node_number(c->node, DC_ATTR_RATIO), .seed = 1 };
    op_case_use(c, c->code);
}

static inline void op_case_end(op_case *c)
{
    dc_arena_clear(&c->arena);
    dc_model_free(c->model);
}

static inline void op_case_forward(op_case *c)
{
    fill(c->y, c->n_y, NAN);
    c->code->forward(&c->args);
}

static inline void assert_values(const float *actual, const double *expected, uint64_t n,
                                 double tolerance)
{
    for (uint64_t i = 0; i < n; i++)
        if (!(fabs((double)actual[i] - expected[i]) <= tolerance))
            fail_msg("value %u is %.9g, wanted %.9g within %.3g", (unsigned)i, (double)actual[i],
                     expected[i], tolerance);
}

#define SHAPE1(c) dc_shape_of(1, c, 0, 0, 0)
#define SHAPE2(a, b) dc_shape_of(2, a, b, 0, 0)
#define SHAPE3(c, h, w) dc_shape_of(3, c, h, w, 0)

#endif
