/* SPDX-License-Identifier: MIT
 *
 * Layers over time by kernels against their definition, op_recurrent.c: drawn sizes, lengths and
 * attributes, what a layer says and every gradient; that bits do not depend on the samples beside
 * one; and which attributes have no fast form.
 */
#include "op_case.h"

#define N_CASES 400u
#define BOUND 2e-5 /* of the largest value of a tensor, at least 0.1 */
#define BOUND_BF16 0.03

typedef enum code_form { PLAIN, FAST, FAST_BF16 } code_form;

typedef struct drawn {
    dc_op op;
    uint32_t n, n_inputs, n_attrs;
    dc_shape shapes[3];
    op_attr attrs[12];
    uint32_t lengths[40];
    bool has_lengths, is_training, is_stream;
} drawn;

static void attr(drawn *d, dc_attr name, double value)
{
    d->attrs[d->n_attrs++] = (op_attr){ name, value };
    d->attrs[d->n_attrs] = (op_attr)OP_ATTR_END;
}

static dc_op draw_curve(dc_rng *rng, dc_op usual)
{
    static const dc_op curves[] = { DC_OP_SIGMOID, DC_OP_TANH, DC_OP_HARD_SIGMOID, DC_OP_RELU };
    return dc_rng_below(rng, 2) ? usual : curves[dc_rng_below(rng, DC_COUNT_OF(curves))];
}

static drawn draw_case(dc_rng *rng)
{
    static const dc_op ops[] = { DC_OP_LSTM, DC_OP_GRU, DC_OP_RNN };
    drawn d = { .op = ops[dc_rng_below(rng, 3)], .n = 1 + (uint32_t)dc_rng_below(rng, 40) };
    const uint32_t n_gates = d.op == DC_OP_LSTM ? 4 : d.op == DC_OP_GRU ? 3 : 1;
    const uint32_t n_steps = 1 + (uint32_t)dc_rng_below(rng, 7);
    const uint32_t n_cells = 1 + (uint32_t)dc_rng_below(rng, dc_rng_below(rng, 2) ? 9 : 70);
    const bool is_projected = d.op == DC_OP_LSTM && dc_rng_below(rng, 3) == 0;
    const uint32_t n_said = is_projected ? 1 + (uint32_t)dc_rng_below(rng, 40) : n_cells;
    d.n_inputs = 1 + (uint32_t)dc_rng_below(rng, d.op == DC_OP_LSTM ? 3 : 2);
    d.shapes[0] = SHAPE2(n_steps, n_gates * n_cells);
    d.shapes[1] = SHAPE1(n_said);
    d.shapes[2] = SHAPE1(n_cells);
    attr(&d, DC_ATTR_REVERSE, (double)dc_rng_below(rng, 2));
    attr(&d, DC_ATTR_CELL_CURVE, draw_curve(rng, DC_OP_TANH));
    attr(&d, DC_ATTR_SLOPE, 0.25);
    if (d.op != DC_OP_RNN)
        attr(&d, DC_ATTR_GATE_CURVE, draw_curve(rng, DC_OP_SIGMOID));
    if (d.op == DC_OP_GRU)
        attr(&d, DC_ATTR_RESET_AFTER, (double)dc_rng_below(rng, 2));
    if (d.op == DC_OP_LSTM) {
        attr(&d, DC_ATTR_OUTPUT_CURVE, draw_curve(rng, DC_OP_TANH));
        attr(&d, DC_ATTR_PEEPHOLES, (double)(dc_rng_below(rng, 3) == 0));
        attr(&d, DC_ATTR_FORGET_BIAS, (double)dc_rng_below(rng, 2));
        attr(&d, DC_ATTR_N_OUTPUTS, is_projected ? n_said : 0);
    }
    d.has_lengths = dc_rng_below(rng, 2);
    d.is_training = dc_rng_below(rng, 4) > 0;
    d.is_stream = dc_rng_below(rng, 2);
    for (uint32_t i = 0; i < DC_COUNT_OF(d.lengths); i++)
        d.lengths[i] = 1 + (uint32_t)dc_rng_below(rng, n_steps);
    return d;
}

static void fill_drawn(float *values, uint64_t n, double scale, dc_rng *rng)
{
    for (uint64_t i = 0; i < n; i++)
        values[i] = (float)(scale * (2 * dc_rng_unit(rng) - 1));
}

/* The same seed fills both cases alike. */
static void make_case(op_case *c, const drawn *d, uint64_t seed, code_form form)
{
    dc_rng rng;
    dc_rng_init(&rng, seed, 1);
    op_case_make(c, d->op, d->n, d->shapes, d->n_inputs, d->attrs);
    for (uint32_t i = 0; i < d->n_inputs; i++)
        fill_drawn(c->x[i], c->n_x[i], 1, &rng);
    for (uint32_t i = 0; i < c->n_params; i++)
        if (c->p[i] != NULL)
            fill_drawn(c->p[i], c->n_p[i], i == 1 ? 0.5 : 1 / sqrt(d->shapes[1].dims[0]), &rng);
    fill_drawn(c->dy, c->n_y, 1, &rng);
    c->args.lengths = d->has_lengths ? d->lengths : NULL;
    c->args.is_training = d->is_training;
    op_case_use(c, form == PLAIN ? dc_op_code_of(d->op)
                                 : dc_op_code_fast(c->node, form == FAST_BF16));
    c->args.state_stride = d->shapes[1].dims[0] + d->shapes[2].dims[0] + 3;
    const uint64_t n_state = d->n * c->args.state_stride;
    c->args.state = d->is_stream ? op_case_take(c, n_state, 0) : NULL;
    if (d->is_stream)
        fill_drawn(c->args.state, n_state, 1, &rng);
}

static void compare(const char *what, const drawn *d, uint64_t seed, const float *fast,
                    const float *plain, uint64_t n, double bound)
{
    double worst = 0, largest = 0.1;
    for (uint64_t i = 0; i < n; i++) {
        const double error = fabs((double)fast[i] - (double)plain[i]);
        worst = isnan(error) ? (double)INFINITY : DC_MAX(worst, error);
        largest = DC_MAX(largest, fabs((double)plain[i]));
    }
    if (!(worst <= bound * largest))
        fail_msg("case %u, %s: %s differs by %g of %g", (unsigned)seed,
                 dc_op_kind_of((uint32_t)d->op)->name, what, worst, largest);
}

/* At a kink a small difference of x turns a slope from 0 to 1. */
static void make_smooth(drawn *d)
{
    for (uint32_t i = 0; i < d->n_attrs; i++) {
        const dc_attr name = d->attrs[i].attr;
        if (name == DC_ATTR_CELL_CURVE || name == DC_ATTR_GATE_CURVE ||
            name == DC_ATTR_OUTPUT_CURVE)
            d->attrs[i].value = name == DC_ATTR_GATE_CURVE ? DC_OP_SIGMOID : DC_OP_TANH;
    }
}

static void check_drawn(uint64_t seed, code_form form)
{
    const double bound = form == FAST_BF16 ? BOUND_BF16 : BOUND;
    dc_rng rng;
    op_case fast, plain;
    dc_rng_init(&rng, 77, seed);
    drawn d = draw_case(&rng);
    if (form == FAST_BF16)
        make_smooth(&d);
    make_case(&fast, &d, seed, form);
    make_case(&plain, &d, seed, PLAIN);
    assert_ptr_not_equal(fast.code->forward, plain.code->forward);
    op_case_forward(&fast);
    op_case_forward(&plain);
    compare("y", &d, seed, fast.y, plain.y, fast.n_y, bound);
    if (d.is_stream)
        compare("state", &d, seed, fast.args.state, plain.args.state,
                d.n * fast.args.state_stride, bound);
    if (d.is_training) {
        fast.code->backward(&fast.args);
        plain.code->backward(&plain.args);
        for (uint32_t i = 0; i < d.n_inputs; i++)
            compare("dx", &d, seed, fast.dx[i], plain.dx[i], fast.n_x[i], bound);
        for (uint32_t i = 0; i < fast.n_params; i++)
            if (fast.p[i] != NULL)
                compare(i == 0 ? "dw" : "dp", &d, seed, fast.dp[i], plain.dp[i], fast.n_p[i],
                        bound);
    }
    op_case_end(&fast);
    op_case_end(&plain);
}

static void drawn_layers_do_as_the_definition_says(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < N_CASES; seed++)
        check_drawn(seed, FAST);
}

/* Where the processor has nothing for bf16 these are the products of float32. */
static void drawn_layers_of_bf16_do_so_nearly(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < N_CASES; seed++)
        check_drawn(seed, FAST_BF16);
}

/* Sample by sample, and on other numbers of jobs, the same bits. */
static void check_bits(code_form form)
{
    const unsigned n_jobs = dc_pool_jobs();
    for (uint64_t seed = 0; seed < 60; seed++) {
        dc_rng rng;
        op_case many, one;
        dc_rng_init(&rng, 78, seed);
        const drawn d = draw_case(&rng);
        make_case(&many, &d, seed, form);
        make_case(&one, &d, seed, form);
        dc_pool_set_jobs(3);
        op_case_forward(&many);
        dc_pool_set_jobs(1);
        if (d.is_training) {
            op_case_forward(&one);
            one.code->backward(&one.args);
            dc_pool_set_jobs(3);
            many.code->backward(&many.args);
            assert_memory_equal(one.dp[0], many.dp[0], one.n_p[0] * sizeof(float));
            assert_memory_equal(one.dx[0], many.dx[0], one.n_x[0] * sizeof(float));
        }
        const dc_op_args all = one.args;
        const float *x[3];
        op_case again; /* the states that it began with */
        make_case(&again, &d, seed, form);
        fill(one.y, one.n_y, NAN);
        for (uint32_t n = 0; n < d.n; n++) {
            for (uint32_t i = 0; i < d.n_inputs; i++)
                x[i] = all.x[i] + n * dc_shape_count(one.x_shapes[i]);
            one.args.n = 1;
            one.args.x = x;
            one.args.y = one.y + n * dc_shape_count(&one.node->shape);
            one.args.lengths = all.lengths != NULL ? all.lengths + n : NULL;
            if (d.is_stream)
                one.args.state = again.args.state + n * all.state_stride;
            one.code->forward(&one.args);
        }
        assert_memory_equal(one.y, many.y, one.n_y * sizeof(float));
        op_case_end(&again);
        op_case_end(&many);
        op_case_end(&one);
    }
    dc_pool_set_jobs(n_jobs);
}

static void bits_do_not_depend_on_neighbours_or_jobs(void **state)
{
    (void)state;
    check_bits(FAST);
    check_bits(FAST_BF16);
}

static void a_rare_curve_is_left_to_the_definition(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE2(3, 8);
    const op_attr attrs[] = { { DC_ATTR_OUTPUT_CURVE, DC_OP_SOFTPLUS }, OP_ATTR_END };
    op_case_make(&c, DC_OP_LSTM, 1, &shape, 1, attrs);
    assert_ptr_equal(dc_op_code_fast(c.node, false), dc_op_code_of(DC_OP_LSTM));
    op_case_end(&c);
    op_case_make(&c, DC_OP_LAST, 1, &shape, 1, NULL);
    assert_ptr_equal(dc_op_code_fast(c.node, false), dc_op_code_of(DC_OP_LAST));
    op_case_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn_layers_do_as_the_definition_says),
        cmocka_unit_test(drawn_layers_of_bf16_do_so_nearly),
        cmocka_unit_test(bits_do_not_depend_on_neighbours_or_jobs),
        cmocka_unit_test(a_rare_curve_is_left_to_the_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
