/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "op_case.h"

static void concat_puts_channels_after_one_another_in_each_sample(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shapes[] = { SHAPE3(1, 1, 2), SHAPE3(2, 1, 2) };
    op_case_make(&c, DC_OP_CONCAT, 2, shapes, 2, NULL);
    memcpy(c.x[0], (const float[]){ 1, 2, 11, 12 }, 4 * sizeof(float));
    memcpy(c.x[1], (const float[]){ 3, 4, 5, 6, 13, 14, 15, 16 }, 8 * sizeof(float));
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16 }, 12, 0);
    op_case_end(&c);
}

static void the_gradient_of_concat_is_cut_apart(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shapes[] = { SHAPE1(1), SHAPE1(2) };
    op_case_make(&c, DC_OP_CONCAT, 2, shapes, 2, NULL);
    memcpy(c.dy, (const float[]){ 1, 2, 3, 4, 5, 6 }, 6 * sizeof(float));
    c.code->backward(&c.args);
    assert_values(c.dx[0], (const double[]){ 2, 5 }, 2, 0);
    assert_values(c.dx[1], (const double[]){ 3, 4, 6, 7 }, 4, 0);
    op_case_end(&c);
}

static void an_unwanted_input_does_not_shift_the_others(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shapes[] = { SHAPE1(1), SHAPE1(2) };
    op_case_make(&c, DC_OP_CONCAT, 2, shapes, 2, NULL);
    memcpy(c.dy, (const float[]){ 1, 2, 3, 4, 5, 6 }, 6 * sizeof(float));
    c.dx[0] = NULL;
    c.code->backward(&c.args);
    assert_values(c.dx[1], (const double[]){ 3, 4, 6, 7 }, 4, 0);
    op_case_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(concat_puts_channels_after_one_another_in_each_sample),
        cmocka_unit_test(the_gradient_of_concat_is_cut_apart),
        cmocka_unit_test(an_unwanted_input_does_not_shift_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
