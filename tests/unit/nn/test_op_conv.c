/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "op_case.h"

static void count_up(float *values, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        values[i] = (float)(i + 1);
}

/* The input counts up from 1, all weights are 1. */
static void conv_of_ones(op_case *c, const dc_shape *shape, const op_attr *attrs)
{
    op_case_make(c, DC_OP_CONV, 1, shape, 1, attrs);
    count_up(c->x[0], c->n_x[0]);
    fill(c->p[0], c->n_p[0], 1);
}

static void a_kernel_slides_without_being_flipped(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 3, 3);
    const op_attr attrs[] = { { DC_ATTR_N_OUTPUTS, 1 }, { DC_ATTR_KERNEL_H, 2 },
                              { DC_ATTR_KERNEL_W, 2 }, OP_ATTR_END };
    op_case_make(&c, DC_OP_CONV, 1, &shape, 1, attrs);
    count_up(c.x[0], 9);
    memcpy(c.p[0], (const float[]){ 1, 10, 100, 1000 }, 4 * sizeof(float));
    c.p[1][0] = 0.5f;
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 5421.5, 6532.5, 8754.5, 9865.5 }, 4, 0);
    op_case_end(&c);
}

static void each_side_has_its_own_pad(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 2, 2);
    const op_attr attrs[] = { { DC_ATTR_N_OUTPUTS, 1 }, { DC_ATTR_KERNEL_H, 2 },
                              { DC_ATTR_KERNEL_W, 2 },  { DC_ATTR_PAD_TOP, 1 },
                              { DC_ATTR_PAD_RIGHT, 2 }, OP_ATTR_END };
    conv_of_ones(&c, &shape, attrs);
    op_case_forward(&c);
    assert_int_equal(c.n_y, 2 * 3);
    assert_values(c.y, (const double[]){ 3, 2, 0, 10, 6, 0 }, 6, 0);
    op_case_end(&c);
}

static void strides_skip_and_dilation_spreads(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 3, 7);
    const op_attr attrs[] = { { DC_ATTR_N_OUTPUTS, 1 }, { DC_ATTR_KERNEL_H, 2 },
                              { DC_ATTR_KERNEL_W, 2 },  { DC_ATTR_DILATION_H, 2 },
                              { DC_ATTR_DILATION_W, 3 }, { DC_ATTR_STRIDE_W, 2 }, OP_ATTR_END };
    conv_of_ones(&c, &shape, attrs); /* rows 0 and 2, columns w, w + 3 for w = 0, 2 */
    op_case_forward(&c);
    assert_int_equal(c.n_y, 2);
    assert_values(c.y, (const double[]){ 1 + 4 + 15 + 18, 3 + 6 + 17 + 20 }, 2, 0);
    op_case_end(&c);
}

static void groups_see_their_own_channels_only(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(4, 1, 1);
    const op_attr attrs[] = { { DC_ATTR_N_OUTPUTS, 4 }, { DC_ATTR_GROUPS, 2 },
                              { DC_ATTR_BIAS, 0 }, OP_ATTR_END };
    op_case_make(&c, DC_OP_CONV, 1, &shape, 1, attrs);
    memcpy(c.x[0], (const float[]){ 1, 10, 100, 1000 }, 4 * sizeof(float));
    memcpy(c.p[0], (const float[]){ 1, 0, 0, 2, 3, 3, 0, 4 }, 8 * sizeof(float));
    assert_null(c.p[1]);
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 1, 20, 3300, 4000 }, 4, 0);
    op_case_end(&c);
}

static void gradients_of_a_small_case_are_as_by_hand(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 1, 3);
    const op_attr attrs[] = { { DC_ATTR_N_OUTPUTS, 1 }, { DC_ATTR_KERNEL_W, 2 }, OP_ATTR_END };
    op_case_make(&c, DC_OP_CONV, 2, &shape, 1, attrs);
    memcpy(c.x[0], (const float[]){ 1, 2, 3, 4, 5, 6 }, 6 * sizeof(float));
    memcpy(c.p[0], (const float[]){ 10, 100 }, 2 * sizeof(float));
    memcpy(c.dy, (const float[]){ 1, 2, 0, -1 }, 4 * sizeof(float));
    op_case_forward(&c);
    c.code->backward(&c.args);
    assert_values(c.dx[0], (const double[]){ 11, 121, 201, 1, -9, -99 }, 6, 0); /* 1 was there */
    assert_values(c.dp[0], (const double[]){ 1 + 4 - 5, 2 + 6 - 6 }, 2, 0);
    assert_values(c.dp[1], (const double[]){ 2 }, 1, 0);
    op_case_end(&c);
}

static void results_do_not_depend_on_the_number_of_jobs(void **state)
{
    (void)state;
    const dc_shape shape = SHAPE3(3, 13, 19);
    const op_attr attrs[] = { { DC_ATTR_N_OUTPUTS, 5 }, { DC_ATTR_KERNEL_H, 3 },
                              { DC_ATTR_KERNEL_W, 3 }, { DC_ATTR_PAD_LEFT, 1 }, OP_ATTR_END };
    op_case cases[2];
    for (unsigned i = 0; i < 2; i++) {
        op_case *c = &cases[i];
        dc_rng rng;
        dc_rng_init(&rng, 7, 0);
        op_case_make(c, DC_OP_CONV, 4, &shape, 1, attrs);
        for (uint64_t j = 0; j < c->n_x[0]; j++)
            c->x[0][j] = (float)dc_rng_normal(&rng);
        for (uint64_t j = 0; j < c->n_p[0]; j++)
            c->p[0][j] = (float)dc_rng_normal(&rng);
        for (uint64_t j = 0; j < c->n_y; j++)
            c->dy[j] = (float)dc_rng_normal(&rng);
        dc_pool_set_jobs(i == 0 ? 1 : 4);
        op_case_forward(c);
        c->code->backward(&c->args);
    }
    dc_pool_set_jobs(0);
    assert_memory_equal(cases[0].y, cases[1].y, cases[0].n_y * sizeof(float));
    assert_memory_equal(cases[0].dx[0], cases[1].dx[0], cases[0].n_x[0] * sizeof(float));
    assert_memory_equal(cases[0].dp[0], cases[1].dp[0], cases[0].n_p[0] * sizeof(float));
    op_case_end(&cases[0]);
    op_case_end(&cases[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kernel_slides_without_being_flipped),
        cmocka_unit_test(each_side_has_its_own_pad),
        cmocka_unit_test(strides_skip_and_dilation_spreads),
        cmocka_unit_test(groups_see_their_own_channels_only),
        cmocka_unit_test(gradients_of_a_small_case_are_as_by_hand),
        cmocka_unit_test(results_do_not_depend_on_the_number_of_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
