/* SPDX-License-Identifier: MIT
 *
 * The plain C ops, run node by node without any backend, against PyTorch: the value of every node,
 * the gradient of every parameter and of the input, running state, and prediction.
 *
 * The bound is on float32 rounding, relative to each tensor's largest value; the truth is
 * float64's.
 */
#include "fixture.h"

#include "op.h"

#define BOUND 5e-6
#define MAX_NODES 32

typedef struct run {
    const fixture_case *c;
    dc_arena arena;
    float *y[MAX_NODES], *dy[MAX_NODES];
    float **dp; /* by the model's order */
    void *caches[MAX_NODES];
    bool is_training;
} run;

/* What the functions of node i want; the arrays of pointers are the caller's. */
typedef struct pointers {
    const float *x[8], *p[DC_MAX_NODE_PARAMS];
    const dc_shape *shapes[8];
    float *dx[8], *dp[DC_MAX_NODE_PARAMS], *p_state[DC_MAX_NODE_PARAMS];
} pointers;

static float *take(run *r, uint64_t n)
{
    float *values = dc_arena_take(&r->arena, n, sizeof *values);
    assert_ok(r->arena.status);
    return values;
}

static uint64_t count_of(const run *r, uint32_t node)
{
    return r->c->n * dc_shape_count(&r->c->model->nodes[node].shape);
}

static void begin(run *r, const fixture_case *c, bool is_training)
{
    *r = (run){ .c = c, .is_training = is_training };
    assert_true(c->model->n_nodes <= MAX_NODES);
    r->dp = dc_arena_take(&r->arena, c->model->n_params, sizeof *r->dp);
    for (uint32_t i = 0; i < c->model->n_params; i++)
        if (fixture_find(c, "d ", c->model->params[i].name) != NULL)
            r->dp[i] = take(r, c->model->params[i].n_values);
    for (uint32_t i = 0; i < c->model->n_nodes; i++) {
        r->y[i] = take(r, count_of(r, i));
        r->dy[i] = take(r, count_of(r, i));
    }
    const fixture_tensor *x = fixture_need(c, "", "x");
    assert_int_equal(x->n_values, count_of(r, 0));
    memcpy(r->y[0], x->values, x->n_values * sizeof(float));
}

static dc_op_args args_of(const run *r, uint32_t i, pointers *at)
{
    const dc_node *node = &r->c->model->nodes[i];
    *at = (pointers){ { 0 }, { 0 }, { 0 }, { 0 }, { 0 }, { 0 } };
    for (uint32_t j = 0; j < node->n_inputs; j++) {
        at->x[j] = r->y[node->inputs[j]];
        at->dx[j] = r->dy[node->inputs[j]];
        at->shapes[j] = &r->c->model->nodes[node->inputs[j]].shape;
    }
    for (uint32_t j = 0; j < DC_MAX_NODE_PARAMS; j++) {
        if (dc_node_param(node, j) == DC_NONE)
            continue;
        const dc_param *param = &r->c->model->params[dc_node_param(node, j)];
        at->p[j] = param->values;
        at->dp[j] = r->dp[dc_node_param(node, j)];
        at->p_state[j] = at->dp[j] == NULL ? param->values : NULL;
    }
    return (dc_op_args){ .node = node, .n = r->c->n, .n_inputs = node->n_inputs, .x = at->x,
                         .x_shapes = at->shapes, .y = r->y[i], .p = at->p,
                         .p_state = at->p_state, .dy = r->dy[i], .dx = at->dx, .dp = at->dp,
                         .cache = r->caches[i], .is_training = r->is_training,
                         .ratio = dc_node_number(node, DC_ATTR_RATIO), .seed = 1 };
}

static void forward(run *r)
{
    pointers at;
    for (uint32_t i = 1; i < r->c->model->n_nodes; i++) {
        const dc_node *node = &r->c->model->nodes[i];
        const dc_op_code *code = dc_op_code_of(node->op);
        assert_non_null(code);
        dc_op_args args = args_of(r, i, &at);
        const uint64_t n_bytes =
            dc_op_cache_bytes(code, node, at.shapes, r->c->n, r->is_training);
        if (n_bytes > 0)
            r->caches[i] = dc_arena_take(&r->arena, n_bytes, 1);
        assert_ok(r->arena.status);
        args.cache = r->caches[i];
        code->forward(&args);
    }
}

static void backward(run *r)
{
    pointers at;
    const fixture_tensor *dy = fixture_need(r->c, "", "dy");
    assert_int_equal(dy->n_values, count_of(r, r->c->output));
    memcpy(r->dy[r->c->output], dy->values, dy->n_values * sizeof(float));
    for (uint32_t i = r->c->output; i > 0; i--) {
        const dc_op_args args = args_of(r, i, &at);
        dc_op_code_of(args.node->op)->backward(&args);
    }
}

static void compare_training(fixture_score *score, const run *r)
{
    const dc_model *model = r->c->model;
    for (uint32_t i = 1; i < model->n_nodes; i++)
        fixture_compare(score, fixture_need(r->c, "", model->nodes[i].name), r->y[i],
                        count_of(r, i));
    fixture_compare(score, fixture_need(r->c, "d ", "x"), r->dy[0], count_of(r, 0));
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        if (r->dp[i] != NULL)
            fixture_compare(score, fixture_need(r->c, "d ", param->name), r->dp[i],
                            param->n_values);
        else
            fixture_compare(score, fixture_need(r->c, "after ", param->name), param->values,
                            param->n_values);
    }
}

static void reset_state(const fixture_case *c)
{
    for (uint32_t i = 0; i < c->model->n_params; i++)
        memcpy(c->model->params[i].values, fixture_need(c, "", c->model->params[i].name)->values,
               c->model->params[i].n_values * sizeof(float));
}

static void check_case(const fixture_case *c)
{
    run r;
    fixture_score score = { .text = "ops", .of = c, .bound = BOUND };
    begin(&r, c, true);
    forward(&r);
    backward(&r);
    compare_training(&score, &r);
    dc_arena_clear(&r.arena);
    reset_state(c);
    begin(&r, c, false);
    forward(&r);
    fixture_compare(&score, fixture_need(c, "", "eval"), r.y[c->output], count_of(&r, c->output));
    dc_arena_clear(&r.arena);
    fixture_conclude(&score);
}

static void every_value_and_gradient_is_pytorchs(void **state)
{
    const fixture *f = *state;
    for (uint32_t i = 0; i < f->n_cases; i++)
        check_case(&f->cases[i]);
}

static void every_op_has_a_fixture(void **state)
{
    const fixture *f = *state;
    for (int op = DC_OP_INPUT + 1; op < DC_N_OPS; op++) {
        bool is_there = false;
        for (uint32_t i = 0; i < f->n_cases; i++)
            for (uint32_t j = 1; j < f->cases[i].model->n_nodes; j++)
                is_there = is_there || f->cases[i].model->nodes[j].op == (dc_op)op;
        if (!is_there)
            fail_msg("no fixture has %s", dc_op_kind_of((uint32_t)op)->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_op_has_a_fixture),
        cmocka_unit_test(every_value_and_gradient_is_pytorchs),
    };
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
