/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "op_case.h"

static void make(op_case *c, const dc_shape *shape, double has_bias)
{
    const op_attr attrs[] = { { DC_ATTR_N_OUTPUTS, 2 }, { DC_ATTR_BIAS, has_bias }, OP_ATTR_END };
    op_case_make(c, DC_OP_LINEAR, 2, shape, 1, attrs);
    memcpy(c->x[0], (const float[]){ 1, 2, 3, 4, 5, 6 }, 6 * sizeof(float));
    memcpy(c->p[0], (const float[]){ 1, 10, 100, 0, -1, 2 }, 6 * sizeof(float));
}

static void a_row_of_weights_makes_an_output(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE1(3);
    make(&c, &shape, 1);
    c.p[1][0] = 0.5f;
    c.p[1][1] = -0.5f;
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 321.5, 3.5, 654.5, 6.5 }, 4, 0);
    op_case_end(&c);
}

static void a_picture_is_flattened_and_no_bias_is_fine(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 3, 1);
    make(&c, &shape, 0);
    assert_null(c.p[1]);
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 321, 4, 654, 7 }, 4, 0);
    c.code->backward(&c.args);
    op_case_end(&c);
}

static void gradients_of_a_small_case_are_as_by_hand(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE1(3);
    make(&c, &shape, 1);
    memcpy(c.dy, (const float[]){ 1, 2, 0, -1 }, 4 * sizeof(float));
    c.code->backward(&c.args);
    assert_values(c.dx[0], (const double[]){ 2, 9, 105, 1, 2, -1 }, 6, 0); /* 1 was there */
    assert_values(c.dp[0], (const double[]){ 1, 2, 3, 2 - 4, 4 - 5, 6 - 6 }, 6, 0);
    assert_values(c.dp[1], (const double[]){ 1, 1 }, 2, 0);
    op_case_end(&c);
}

static void long_sums_stay_exact_where_floats_can(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE1(1003);
    const op_attr attrs[] = { { DC_ATTR_N_OUTPUTS, 1 }, OP_ATTR_END };
    op_case_make(&c, DC_OP_LINEAR, 1, &shape, 1, attrs);
    double sum = 0;
    for (uint32_t i = 0; i < 1003; i++) {
        c.x[0][i] = (float)i;
        c.p[0][i] = (float)(i % 7) - 2;
        sum += (double)c.x[0][i] * (double)c.p[0][i];
    }
    op_case_forward(&c);
    assert_values(c.y, &sum, 1, 0);
    op_case_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_of_weights_makes_an_output),
        cmocka_unit_test(a_picture_is_flattened_and_no_bias_is_fine),
        cmocka_unit_test(gradients_of_a_small_case_are_as_by_hand),
        cmocka_unit_test(long_sums_stay_exact_where_floats_can),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
