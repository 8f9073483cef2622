/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "op_case.h"

static void add_sums_all_inputs(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shapes[] = { SHAPE1(2), SHAPE1(2), SHAPE1(2) };
    op_case_make(&c, DC_OP_ADD, 1, shapes, 3, NULL);
    memcpy(c.x[0], (const float[]){ 1, 2 }, 2 * sizeof(float));
    op_case_forward(&c); /* all three are the same node here, but have arrays of their own */
    assert_values(c.y, (const double[]){ 1, 2 }, 2, 0);
    memcpy(c.x[1], (const float[]){ 10, 20 }, 2 * sizeof(float));
    memcpy(c.x[2], (const float[]){ 100, 200 }, 2 * sizeof(float));
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 111, 222 }, 2, 0);
    op_case_end(&c);
}

static void the_gradient_of_add_goes_to_every_input(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shapes[] = { SHAPE1(2), SHAPE1(2) };
    op_case_make(&c, DC_OP_ADD, 1, shapes, 2, NULL);
    memcpy(c.dy, (const float[]){ 3, 4 }, 2 * sizeof(float));
    c.code->backward(&c.args);
    assert_values(c.dx[0], (const double[]){ 4, 5 }, 2, 0);
    assert_values(c.dx[1], (const double[]){ 4, 5 }, 2, 0);
    c.dx[0] = c.dx[1]; /* a value added to itself */
    c.code->backward(&c.args);
    assert_values(c.dx[1], (const double[]){ 10, 13 }, 2, 0);
    op_case_end(&c);
}

/* Two samples of (2,3) with a column and with a row, different in each sample. */
static void make_pair(op_case *c, dc_op op, dc_shape second, const float *values, uint64_t n)
{
    const dc_shape shapes[] = { SHAPE2(2, 3), second };
    op_case_make(c, op, 2, shapes, 2, NULL);
    memcpy(c->x[0], (const float[]){ 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 }, 12 * sizeof(float));
    assert_int_equal(c->n_x[1], n);
    memcpy(c->x[1], values, n * sizeof *values);
}

static void a_row_or_a_column_is_repeated_in_each_sample(void **state)
{
    (void)state;
    op_case c;
    make_pair(&c, DC_OP_ADD, SHAPE2(2, 1), (const float[]){ 100, 200, 300, 400 }, 4);
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 101, 102, 103, 204, 205, 206, 307, 308, 309, 410, 411,
                                         412 }, 12, 0);
    op_case_end(&c);
    make_pair(&c, DC_OP_SUB, SHAPE2(1, 3), (const float[]){ 1, 2, 3, 0, 1, 2 }, 6);
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 0, 0, 0, 3, 3, 3, 7, 7, 7, 10, 10, 10 }, 12, 0);
    op_case_end(&c);
    make_pair(&c, DC_OP_MUL, SHAPE2(1, 1), (const float[]){ 2, -1 }, 2);
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 2, 4, 6, 8, 10, 12, -7, -8, -9, -10, -11, -12 }, 12, 0);
    op_case_end(&c);
    make_pair(&c, DC_OP_DIV, SHAPE2(2, 1), (const float[]){ 1, 2, 4, 8 }, 4);
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 1, 2, 3, 2, 2.5, 3, 1.75, 2, 2.25, 1.25, 1.375, 1.5 }, 12,
                  0);
    op_case_end(&c);
}

static void the_first_input_may_be_the_narrow_one(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shapes[] = { SHAPE2(2, 1), SHAPE2(1, 2) };
    op_case_make(&c, DC_OP_SUB, 1, shapes, 2, NULL);
    memcpy(c.x[0], (const float[]){ 10, 20 }, 2 * sizeof(float));
    memcpy(c.x[1], (const float[]){ 1, 2 }, 2 * sizeof(float));
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 9, 8, 19, 18 }, 4, 0);
    memcpy(c.dy, (const float[]){ 1, 2, 3, 4 }, 4 * sizeof(float));
    c.code->backward(&c.args);
    assert_values(c.dx[0], (const double[]){ 1 + 3, 1 + 7 }, 2, 0);
    assert_values(c.dx[1], (const double[]){ 1 - 4, 1 - 6 }, 2, 0);
    op_case_end(&c);
}

static void the_gradient_of_a_product_knows_zeros(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shapes[] = { SHAPE1(2), SHAPE1(2), SHAPE1(1) };
    op_case_make(&c, DC_OP_MUL, 1, shapes, 3, NULL);
    memcpy(c.x[0], (const float[]){ 0, 2 }, 2 * sizeof(float));
    memcpy(c.x[1], (const float[]){ 3, 0 }, 2 * sizeof(float));
    c.x[2][0] = 5;
    fill(c.dy, 2, 1);
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 0, 0 }, 2, 0);
    c.code->backward(&c.args);
    assert_values(c.dx[0], (const double[]){ 1 + 15, 1 }, 2, 0);
    assert_values(c.dx[1], (const double[]){ 1, 1 + 10 }, 2, 0);
    assert_values(c.dx[2], (const double[]){ 1 }, 1, 0);
    op_case_end(&c);
}

/* Larger than a block and a task, so that seams would show; against plain indexing. */
static void large_values_have_no_seams(void **state)
{
    (void)state;
    enum { C = 3, H = 67, W = 301 };
    op_case c;
    const dc_shape shapes[] = { SHAPE3(C, H, W), SHAPE3(1, H, 1), SHAPE3(C, 1, W) };
    op_case_make(&c, DC_OP_ADD, 2, shapes, 3, NULL);
    for (uint32_t k = 0; k < 3; k++)
        for (uint64_t i = 0; i < c.n_x[k]; i++)
            c.x[k][i] = (float)(i % 8191) * (k == 0 ? 1 : k == 1 ? 8192 : 1024);
    op_case_forward(&c);
    for (uint64_t i = 0; i < c.n_y; i++) {
        const uint64_t n = i / (C * H * W), ch = i / (H * W) % C, h = i / W % H, w = i % W;
        const float wanted = c.x[0][i] + c.x[1][n * H + h] + c.x[2][(n * C + ch) * W + w];
        if (!(fabsf(c.y[i] - wanted) <= 0))
            fail_msg("value %u is %g, wanted %g", (unsigned)i, (double)c.y[i], (double)wanted);
    }
    fill(c.dy, c.n_y, 1);
    c.code->backward(&c.args);
    for (uint64_t i = 0; i < c.n_x[1]; i++)
        assert_near(c.dx[1][i], 1 + C * W, 0);
    for (uint64_t i = 0; i < c.n_x[2]; i++)
        assert_near(c.dx[2][i], 1 + H, 0);
    op_case_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add_sums_all_inputs),
        cmocka_unit_test(the_gradient_of_add_goes_to_every_input),
        cmocka_unit_test(a_row_or_a_column_is_repeated_in_each_sample),
        cmocka_unit_test(the_first_input_may_be_the_narrow_one),
        cmocka_unit_test(the_gradient_of_a_product_knows_zeros),
        cmocka_unit_test(large_values_have_no_seams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
