/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "op_case.h"

enum { SCALE, SHIFT, MEAN, VARIANCE };

/* One channel, values 1 2 3 6 over two samples of a 1x2 picture: mean 3, sum of squares 14. */
static void make_batch_norm(op_case *c, double momentum)
{
    const dc_shape shape = SHAPE3(1, 1, 2);
    const op_attr attrs[] = { { DC_ATTR_MOMENTUM, momentum }, { DC_ATTR_EPSILON, 0.5 },
                              OP_ATTR_END };
    op_case_make(c, DC_OP_BATCH_NORM, 2, &shape, 1, attrs);
    memcpy(c->x[0], (const float[]){ 1, 2, 3, 6 }, 4 * sizeof(float));
    c->p[SCALE][0] = 2;
    c->p[SHIFT][0] = 10;
    c->p[MEAN][0] = -1;
    c->p[VARIANCE][0] = 3.5f;
}

static void training_normalizes_by_the_batch(void **state)
{
    (void)state;
    op_case c;
    make_batch_norm(&c, 0.1);
    op_case_forward(&c); /* biased variance 3.5, with epsilon 4: factor 1/2, times scale 1 */
    assert_values(c.y, (const double[]){ 8, 9, 10, 13 }, 4, 1e-6);
    op_case_end(&c);
}

static void running_state_moves_by_momentum_with_the_unbiased_variance(void **state)
{
    (void)state;
    op_case c;
    make_batch_norm(&c, 0.25);
    op_case_forward(&c);
    assert_near(c.p[MEAN][0], 0.75 * -1 + 0.25 * 3, 1e-6);
    assert_near(c.p[VARIANCE][0], 0.75 * 3.5 + 0.25 * 14 / 3, 1e-6);
    op_case_end(&c);
    make_batch_norm(&c, 1);
    op_case_forward(&c);
    assert_near(c.p[MEAN][0], 3, 1e-6);
    op_case_end(&c);
    make_batch_norm(&c, 0);
    op_case_forward(&c);
    assert_near(c.p[MEAN][0], -1, 0);
    assert_near(c.p[VARIANCE][0], 3.5, 0);
    op_case_end(&c);
}

static void state_that_must_not_move_stays(void **state)
{
    (void)state;
    op_case c;
    make_batch_norm(&c, 0.25);
    c.p_state[MEAN] = c.p_state[VARIANCE] = NULL;
    op_case_forward(&c);
    assert_near(c.p[MEAN][0], -1, 0);
    assert_near(c.p[VARIANCE][0], 3.5, 0);
    op_case_end(&c);
}

static void prediction_uses_the_running_state_and_leaves_it(void **state)
{
    (void)state;
    op_case c;
    make_batch_norm(&c, 0.25);
    c.args.is_training = false;
    c.args.cache = NULL;
    op_case_forward(&c); /* (x + 1) / 2 * 2 + 10 */
    assert_values(c.y, (const double[]){ 12, 13, 14, 17 }, 4, 1e-6);
    assert_near(c.p[MEAN][0], -1, 0);
    assert_near(c.p[VARIANCE][0], 3.5, 0);
    op_case_end(&c);
}

static void a_constant_channel_is_its_shift(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE1(1);
    op_case_make(&c, DC_OP_BATCH_NORM, 1, &shape, 1, NULL); /* a single value: no variance */
    c.x[0][0] = 7;
    c.p[SCALE][0] = 1;
    c.p[SHIFT][0] = 4;
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 4 }, 1, 0);
    assert_true(isfinite(c.p[VARIANCE][0]));
    op_case_end(&c);
}

static void a_large_offset_does_not_spoil_the_variance(void **state)
{
    (void)state;
    op_case c;
    make_batch_norm(&c, 0.1);
    for (int i = 0; i < 4; i++)
        c.x[0][i] += 1e5f;
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 8, 9, 10, 13 }, 4, 1e-5);
    op_case_end(&c);
}

static void gradients_of_scale_and_shift_are_sums(void **state)
{
    (void)state;
    op_case c;
    make_batch_norm(&c, 0.1);
    memcpy(c.dy, (const float[]){ 1, 2, 4, 8 }, 4 * sizeof(float));
    op_case_forward(&c);
    c.code->backward(&c.args); /* h = -1 -0.5 0 1.5 */
    assert_near(c.dp[SCALE][0], -1 - 1 + 0 + 12, 1e-5);
    assert_near(c.dp[SHIFT][0], 15, 1e-5);
    const double dx[] = { 1 + 1 - 3.75 + 2.5, 1 + 2 - 3.75 + 1.25, 1 + 4 - 3.75,
                          1 + 8 - 3.75 - 3.75 };
    assert_values(c.dx[0], dx, 4, 1e-5);
    op_case_end(&c);
}

static void lrn_sums_squares_over_a_window_cut_at_the_ends(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(4, 1, 1);
    const op_attr attrs[] = { { DC_ATTR_SIZE, 3 }, { DC_ATTR_ALPHA, 3 }, { DC_ATTR_BETA, 1 },
                              { DC_ATTR_K, 2 }, OP_ATTR_END };
    op_case_make(&c, DC_OP_LRN, 1, &shape, 1, attrs);
    memcpy(c.x[0], (const float[]){ 1, 2, 3, 4 }, 4 * sizeof(float));
    op_case_forward(&c); /* u = 2 + sum of squares; alpha / size = 1 */
    assert_values(c.y, (const double[]){ 1.0 / 7, 2.0 / 16, 3.0 / 31, 4.0 / 27 }, 4, 1e-7);
    op_case_end(&c);
}

static void lrn_without_alpha_scales_by_k(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(3, 1, 2);
    const op_attr attrs[] = { { DC_ATTR_ALPHA, 0 }, { DC_ATTR_BETA, 0.5 }, { DC_ATTR_K, 4 },
                              OP_ATTR_END };
    op_case_make(&c, DC_OP_LRN, 1, &shape, 1, attrs);
    fill(c.x[0], 6, 3);
    fill(c.dy, 6, 8);
    c.args.is_training = true;
    op_case_forward(&c);
    c.code->backward(&c.args);
    for (int i = 0; i < 6; i++) {
        assert_near(c.y[i], 1.5, 1e-6);
        assert_near(c.dx[0][i], 5, 1e-6);
    }
    op_case_end(&c);
}

static void lrn_predicts_without_a_cache(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 1, 1);
    const op_attr attrs[] = { { DC_ATTR_ALPHA, 5 }, { DC_ATTR_BETA, 1 }, OP_ATTR_END };
    op_case_make(&c, DC_OP_LRN, 1, &shape, 1, attrs);
    c.args.is_training = false;
    c.args.cache = NULL;
    c.x[0][0] = 2;
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 0.4 }, 1, 1e-7);
    op_case_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_normalizes_by_the_batch),
        cmocka_unit_test(running_state_moves_by_momentum_with_the_unbiased_variance),
        cmocka_unit_test(state_that_must_not_move_stays),
        cmocka_unit_test(prediction_uses_the_running_state_and_leaves_it),
        cmocka_unit_test(a_constant_channel_is_its_shift),
        cmocka_unit_test(a_large_offset_does_not_spoil_the_variance),
        cmocka_unit_test(gradients_of_scale_and_shift_are_sums),
        cmocka_unit_test(lrn_sums_squares_over_a_window_cut_at_the_ends),
        cmocka_unit_test(lrn_without_alpha_scales_by_k),
        cmocka_unit_test(lrn_predicts_without_a_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
