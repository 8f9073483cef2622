/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "op_case.h"

#define N 8

/* Values and slopes at eight places; NaN must come out as NaN. */
static void is_curve(dc_op op, const op_attr *attrs, const float x[N], const double y[N],
                     const double slopes[N])
{
    op_case c;
    const dc_shape shape = SHAPE1(N + 1);
    op_case_make(&c, op, 1, &shape, 1, attrs);
    memcpy(c.x[0], x, N * sizeof *x);
    c.x[0][N] = NAN;
    fill(c.dy, N + 1, 2);
    op_case_forward(&c);
    assert_values(c.y, y, N, 1e-6);
    assert_true(isnan(c.y[N]));
    c.code->backward(&c.args);
    for (int i = 0; i < N; i++)
        assert_near(c.dx[0][i], 1 + 2 * slopes[i], 1e-6);
    op_case_end(&c);
}

static const float wide[N] = { -1000, -4, -3, -1, 0, 2, 6, 1000 };

static void clip_has_two_ends(void **state)
{
    (void)state;
    const op_attr attrs[] = { { DC_ATTR_MIN, -1 }, { DC_ATTR_MAX, 2.5 }, OP_ATTR_END };
    is_curve(DC_OP_CLIP, NULL, wide, (const double[]){ 0, 0, 0, 0, 0, 2, 6, 6 },
             (const double[]){ 0, 0, 0, 0, 0, 1, 0, 0 });
    is_curve(DC_OP_CLIP, attrs, wide, (const double[]){ -1, -1, -1, -1, 0, 2, 2.5, 2.5 },
             (const double[]){ 0, 0, 0, 0, 1, 1, 0, 0 });
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

static void sigmoid_tanh_and_silu_do_not_overflow(void **state)
{
    (void)state;
    double s[N], ds[N], t[N], dt[N], u[N], du[N];
    for (int i = 0; i < N; i++) {
        const double x = (double)wide[i];
        s[i] = logistic(x), ds[i] = s[i] * (1 - s[i]);
        t[i] = tanh(x), dt[i] = 1 - t[i] * t[i];
        u[i] = x * s[i], du[i] = s[i] + x * ds[i];
    }
    is_curve(DC_OP_SIGMOID, NULL, wide, s, ds);
    is_curve(DC_OP_TANH, NULL, wide, t, dt);
    is_curve(DC_OP_SILU, NULL, wide, u, du);
}

static void hard_sigmoid_is_a_ramp_of_its_slope(void **state)
{
    (void)state;
    const op_attr attrs[] = { { DC_ATTR_SLOPE, 0.2 }, OP_ATTR_END };
    is_curve(DC_OP_HARD_SIGMOID, NULL, wide,
             (const double[]){ 0, 0, 0, 1.0 / 3, 0.5, 5.0 / 6, 1, 1 },
             (const double[]){ 0, 0, 0, 1.0 / 6, 1.0 / 6, 1.0 / 6, 0, 0 });
    is_curve(DC_OP_HARD_SIGMOID, attrs, wide, (const double[]){ 0, 0, 0, 0.3, 0.5, 0.9, 1, 1 },
             (const double[]){ 0, 0, 0, 0.2, 0.2, 0.2, 0, 0 });
}

static void hard_swish_is_x_beyond_three_and_0_below_minus_three(void **state)
{
    (void)state;
    is_curve(DC_OP_HARD_SWISH, NULL, wide,
             (const double[]){ 0, 0, 0, -1.0 / 3, 0, 5.0 / 3, 6, 1000 },
             (const double[]){ 0, 0, 0, 1.0 / 6, 0.5, 7.0 / 6, 1, 1 });
}

static void leaky_relu_has_a_slope_below_0(void **state)
{
    (void)state;
    const op_attr attrs[] = { { DC_ATTR_NEGATIVE_SLOPE, 0.25 }, OP_ATTR_END };
    is_curve(DC_OP_LEAKY_RELU, NULL, wide,
             (const double[]){ -10, -0.04, -0.03, -0.01, 0, 2, 6, 1000 },
             (const double[]){ 0.01, 0.01, 0.01, 0.01, 0.01, 1, 1, 1 });
    is_curve(DC_OP_LEAKY_RELU, attrs, wide,
             (const double[]){ -250, -1, -0.75, -0.25, 0, 2, 6, 1000 },
             (const double[]){ 0.25, 0.25, 0.25, 0.25, 0.25, 1, 1, 1 });
}

/* Two samples of two channels with two values each. */
static void prelu_has_a_slope_for_each_channel(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(2, 1, 2);
    op_case_make(&c, DC_OP_PRELU, 2, &shape, 1, NULL);
    memcpy(c.x[0], (const float[]){ -1, 2, -3, 4, -5, -6, 7, -8 }, 8 * sizeof(float));
    memcpy(c.p[0], (const float[]){ 0.5f, -2 }, 2 * sizeof(float));
    memcpy(c.dy, (const float[]){ 1, 2, 3, 4, 5, 6, 7, 8 }, 8 * sizeof(float));
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ -0.5, 2, 6, 4, -2.5, -3, 7, 16 }, 8, 0);
    c.code->backward(&c.args);
    assert_values(c.dx[0], (const double[]){ 1.5, 3, -5, 5, 3.5, 4, 8, -15 }, 8, 0);
    assert_values(c.dp[0], (const double[]){ -1 - 25 - 36, -9 - 64 }, 2, 0);
    c.dx[0] = NULL; /* of the slope alone */
    c.code->backward(&c.args);
    assert_values(c.dp[0], (const double[]){ -1 - 25 - 36, -9 - 64 }, 2, 0);
    op_case_end(&c);
}

static void blocks_have_no_seams(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE1(50021);
    op_case_make(&c, DC_OP_LEAKY_RELU, 1, &shape, 1, NULL);
    for (uint64_t i = 0; i < c.n_y; i++)
        c.x[0][i] = c.dy[i] = (float)(i + 1);
    op_case_forward(&c);
    c.code->backward(&c.args);
    for (uint64_t i = 0; i < c.n_y; i++) {
        assert_near(c.y[i], i + 1, 0);
        assert_near(c.dx[0][i], i + 2, 0);
    }
    op_case_end(&c);
}

/* Whatever form nn has of a curve: the definition is the record's. */
static void every_curve_is_that_of_its_record(void **state)
{
    (void)state;
    enum { N_PLACES = 2000 };
    const dc_shape shape = SHAPE1(N_PLACES);
    for (uint32_t op = 0; op < DC_N_OPS; op++) {
        const dc_op_kind *kind = dc_op_kind_of(op);
        op_case c;
        if (kind->curve == NULL)
            continue;
        op_case_make(&c, (dc_op)op, 1, &shape, 1, NULL);
        for (int i = 0; i < N_PLACES; i++)
            c.x[0][i] = (float)(i - N_PLACES / 2) * 0.0073f;
        fill(c.dy, N_PLACES, 1);
        fill(c.dx[0], N_PLACES, 0);
        op_case_forward(&c);
        c.code->backward(&c.args);
        for (int i = 0; i < N_PLACES; i++) {
            const double x = (double)c.x[0][i], y = kind->curve(x, c.node->attrs);
            const double slope = kind->slope(x, y, c.node->attrs);
            if (!isfinite(y) || !isfinite(slope)) /* a logarithm */
                continue;
            assert_near(c.y[i], y, 2e-6 * DC_MAX(1, fabs(y)));
            assert_near(c.dx[0][i], slope, 2e-6 * DC_MAX(1, fabs(slope)));
        }
        op_case_end(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clip_has_two_ends),
        cmocka_unit_test(sigmoid_tanh_and_silu_do_not_overflow),
        cmocka_unit_test(hard_sigmoid_is_a_ramp_of_its_slope),
        cmocka_unit_test(hard_swish_is_x_beyond_three_and_0_below_minus_three),
        cmocka_unit_test(leaky_relu_has_a_slope_below_0),
        cmocka_unit_test(prelu_has_a_slope_for_each_channel),
        cmocka_unit_test(blocks_have_no_seams),
        cmocka_unit_test(every_curve_is_that_of_its_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
