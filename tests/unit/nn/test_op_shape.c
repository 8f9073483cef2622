/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "op_case.h"

/* Samples of 0, 1, 2, ... */
static void make_counting(op_case *c, dc_op op, uint32_t n, dc_shape shape, const op_attr *attrs)
{
    op_case_make(c, op, n, &shape, 1, attrs);
    for (uint64_t i = 0; i < c->n_x[0]; i++)
        c->x[0][i] = (float)i;
    for (uint64_t i = 0; i < c->n_y; i++)
        c->dy[i] = (float)(i + 1);
    op_case_forward(c);
    c->code->backward(&c->args);
}

static void slice_takes_places_of_one_dim(void **state)
{
    (void)state;
    op_case c;
    const op_attr attrs[] = { { DC_ATTR_AXIS, 1 }, { DC_ATTR_BEGIN, 1 }, { DC_ATTR_SIZE, 2 },
                              OP_ATTR_END };
    make_counting(&c, DC_OP_SLICE, 1, SHAPE3(2, 3, 2), attrs);
    assert_values(c.y, (const double[]){ 2, 3, 4, 5, 8, 9, 10, 11 }, 8, 0);
    assert_values(c.dx[0], (const double[]){ 1, 1, 2, 3, 4, 5, 1, 1, 6, 7, 8, 9 }, 12, 0);
    op_case_end(&c);
}

static void slice_of_channels_is_in_each_sample(void **state)
{
    (void)state;
    op_case c;
    const op_attr attrs[] = { { DC_ATTR_BEGIN, 2 }, { DC_ATTR_SIZE, 1 }, OP_ATTR_END };
    make_counting(&c, DC_OP_SLICE, 2, SHAPE1(3), attrs);
    assert_values(c.y, (const double[]){ 2, 5 }, 2, 0);
    assert_values(c.dx[0], (const double[]){ 1, 1, 2, 1, 1, 3 }, 6, 0);
    op_case_end(&c);
}

static void slice_goes_back_by_a_step_below_0(void **state)
{
    (void)state;
    op_case c;
    const op_attr rows[] = { { DC_ATTR_AXIS, 1 }, { DC_ATTR_BEGIN, 2 }, { DC_ATTR_SIZE, 2 },
                             { DC_ATTR_STEP, -2 }, OP_ATTR_END };
    make_counting(&c, DC_OP_SLICE, 1, SHAPE3(2, 3, 2), rows);
    assert_values(c.y, (const double[]){ 4, 5, 0, 1, 10, 11, 6, 7 }, 8, 0);
    assert_values(c.dx[0], (const double[]){ 4, 5, 1, 1, 2, 3, 8, 9, 1, 1, 6, 7 }, 12, 0);
    op_case_end(&c);
    const op_attr all[] = { { DC_ATTR_BEGIN, 2 }, { DC_ATTR_SIZE, 3 }, { DC_ATTR_STEP, -1 },
                            OP_ATTR_END };
    make_counting(&c, DC_OP_SLICE, 2, SHAPE1(3), all);
    assert_values(c.y, (const double[]){ 2, 1, 0, 5, 4, 3 }, 6, 0);
    assert_values(c.dx[0], (const double[]){ 4, 3, 2, 7, 6, 5 }, 6, 0);
    op_case_end(&c);
}

static void reshape_keeps_the_order(void **state)
{
    (void)state;
    op_case c;
    const op_attr attrs[] = { { DC_ATTR_DIM_0, 3 }, { DC_ATTR_DIM_1, 2 }, OP_ATTR_END };
    make_counting(&c, DC_OP_RESHAPE, 2, SHAPE1(6), attrs);
    assert_int_equal(c.node->shape.n_dims, 2);
    for (uint32_t i = 0; i < 12; i++) {
        assert_near(c.y[i], i, 0);
        assert_near(c.dx[0][i], i + 2, 0);
    }
    op_case_end(&c);
}

static void transpose_swaps_the_dims_of_a_matrix(void **state)
{
    (void)state;
    op_case c;
    const op_attr attrs[] = { { DC_ATTR_DIM_0, 2 }, { DC_ATTR_DIM_1, 1 }, OP_ATTR_END };
    make_counting(&c, DC_OP_TRANSPOSE, 2, SHAPE2(2, 3), attrs);
    assert_values(c.y, (const double[]){ 0, 3, 1, 4, 2, 5, 6, 9, 7, 10, 8, 11 }, 12, 0);
    assert_values(c.dx[0], (const double[]){ 2, 4, 6, 3, 5, 7, 8, 10, 12, 9, 11, 13 }, 12, 0);
    op_case_end(&c);
}

/* Dim i of the result is the input's dim dims[i] - 1: (2,3,4) by 3, 1, 2 is (4,2,3). */
static void transpose_names_the_inputs_dims(void **state)
{
    (void)state;
    op_case c;
    const op_attr attrs[] = { { DC_ATTR_DIM_0, 3 }, { DC_ATTR_DIM_1, 1 }, { DC_ATTR_DIM_2, 2 },
                              OP_ATTR_END };
    make_counting(&c, DC_OP_TRANSPOSE, 1, SHAPE3(2, 3, 4), attrs);
    for (uint32_t a = 0; a < 4; a++)
        for (uint32_t b = 0; b < 2; b++)
            for (uint32_t d = 0; d < 3; d++)
                assert_near(c.y[(a * 2 + b) * 3 + d], (b * 3 + d) * 4 + a, 0);
    op_case_end(&c);
}

static void pad_puts_zeros_around(void **state)
{
    (void)state;
    op_case c;
    const op_attr attrs[] = { { DC_ATTR_PAD_TOP, 1 }, { DC_ATTR_PAD_LEFT, 2 },
                              { DC_ATTR_PAD_RIGHT, 1 }, OP_ATTR_END };
    make_counting(&c, DC_OP_PAD, 1, SHAPE3(2, 1, 2), attrs);
    assert_values(c.y, (const double[]){ 0, 0, 0, 0, 0, 0, 0, 0, 1, 0,
                                         0, 0, 0, 0, 0, 0, 0, 2, 3, 0 }, 20, 0);
    assert_values(c.dx[0], (const double[]){ 9, 10, 19, 20 }, 4, 0);
    op_case_end(&c);
}

static void constant_is_its_value_in_each_sample(void **state)
{
    (void)state;
    op_case c;
    const op_attr attrs[] = { { DC_ATTR_DIM_0, 2 }, OP_ATTR_END };
    op_case_make(&c, DC_OP_CONSTANT, 3, NULL, 0, attrs);
    memcpy(c.p[0], (const float[]){ 4, 5 }, 2 * sizeof(float));
    memcpy(c.dy, (const float[]){ 1, 2, 3, 4, 5, 6 }, 6 * sizeof(float));
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 4, 5, 4, 5, 4, 5 }, 6, 0);
    c.code->backward(&c.args);
    assert_values(c.dp[0], (const double[]){ 9, 12 }, 2, 0);
    op_case_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slice_takes_places_of_one_dim),
        cmocka_unit_test(slice_of_channels_is_in_each_sample),
        cmocka_unit_test(slice_goes_back_by_a_step_below_0),
        cmocka_unit_test(reshape_keeps_the_order),
        cmocka_unit_test(transpose_swaps_the_dims_of_a_matrix),
        cmocka_unit_test(transpose_names_the_inputs_dims),
        cmocka_unit_test(pad_puts_zeros_around),
        cmocka_unit_test(constant_is_its_value_in_each_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
