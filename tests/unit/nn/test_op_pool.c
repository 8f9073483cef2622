/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "op_case.h"

#define WINDOW(k, s) { DC_ATTR_KERNEL_H, k }, { DC_ATTR_KERNEL_W, k }, { DC_ATTR_STRIDE_H, s }, \
                     { DC_ATTR_STRIDE_W, s }
#define CEIL { DC_ATTR_CEIL_MODE, 1 }
#define COUNT_PAD { DC_ATTR_COUNT_PAD, 1 }

/* The input counts up from 1. */
static void make(op_case *c, dc_op op, const dc_shape *shape, const op_attr *attrs)
{
    op_case_make(c, op, 1, shape, 1, attrs);
    for (uint64_t i = 0; i < c->n_x[0]; i++)
        c->x[0][i] = (float)(i + 1);
}

static void ceil_mode_adds_a_window_cut_at_the_border(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 3, 3);
    const op_attr down[] = { WINDOW(2, 2), OP_ATTR_END };
    make(&c, DC_OP_MAX_POOL, &shape, down);
    op_case_forward(&c);
    assert_int_equal(c.n_y, 1);
    assert_values(c.y, (const double[]){ 5 }, 1, 0);
    op_case_end(&c);
    const op_attr up[] = { WINDOW(2, 2), CEIL, OP_ATTR_END };
    make(&c, DC_OP_MAX_POOL, &shape, up);
    op_case_forward(&c);
    assert_int_equal(c.n_y, 4);
    assert_values(c.y, (const double[]){ 5, 6, 8, 9 }, 4, 0);
    op_case_end(&c);
}

static void beyond_the_picture_nothing_is_averaged(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 3, 3);
    const op_attr attrs[] = { WINDOW(2, 2), CEIL, OP_ATTR_END };
    const op_attr counting[] = { WINDOW(2, 2), CEIL, COUNT_PAD, OP_ATTR_END };
    make(&c, DC_OP_AVERAGE_POOL, &shape, attrs);
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 3, 4.5, 7.5, 9 }, 4, 0);
    op_case_end(&c);
    make(&c, DC_OP_AVERAGE_POOL, &shape, counting); /* there is no pad to count */
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 3, 4.5, 7.5, 9 }, 4, 0);
    op_case_end(&c);
}

static void count_pad_divides_by_pads_too(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 2, 2);
    const op_attr attrs[] = { WINDOW(2, 2), { DC_ATTR_PAD_TOP, 1 }, { DC_ATTR_PAD_LEFT, 1 },
                              { DC_ATTR_PAD_BOTTOM, 1 }, { DC_ATTR_PAD_RIGHT, 1 },
                              OP_ATTR_END, OP_ATTR_END };
    op_attr counting[DC_COUNT_OF(attrs)];
    make(&c, DC_OP_AVERAGE_POOL, &shape, attrs);
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 1, 2, 3, 4 }, 4, 0);
    op_case_end(&c);
    memcpy(counting, attrs, sizeof attrs);
    counting[DC_COUNT_OF(attrs) - 2] = (op_attr)COUNT_PAD;
    make(&c, DC_OP_AVERAGE_POOL, &shape, counting);
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 0.25, 0.5, 0.75, 1 }, 4, 0);
    op_case_end(&c);
}

static void count_pad_stops_at_the_trailing_pad(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 1, 4); /* windows 0-2, 2-4, 4-6 of 1 2 3 4 pad */
    const op_attr attrs[] = { { DC_ATTR_KERNEL_W, 3 }, { DC_ATTR_STRIDE_W, 2 },
                              { DC_ATTR_PAD_RIGHT, 1 }, CEIL, COUNT_PAD, OP_ATTR_END };
    make(&c, DC_OP_AVERAGE_POOL, &shape, attrs);
    op_case_forward(&c);
    assert_int_equal(c.n_y, 2); /* the third would begin beyond the picture */
    assert_values(c.y, (const double[]){ 2, 7.0 / 3 }, 2, 1e-6);
    op_case_end(&c);
    const dc_shape five = SHAPE3(1, 1, 5); /* windows 0-3, 3-6: one pad, one beyond */
    const op_attr wide[] = { { DC_ATTR_KERNEL_W, 4 }, { DC_ATTR_STRIDE_W, 3 },
                             { DC_ATTR_PAD_RIGHT, 1 }, CEIL, COUNT_PAD, OP_ATTR_END };
    make(&c, DC_OP_AVERAGE_POOL, &five, wide);
    op_case_forward(&c);
    assert_int_equal(c.n_y, 2);
    assert_values(c.y, (const double[]){ 2.5, 9.0 / 3 }, 2, 1e-6);
    op_case_end(&c);
}

static void a_pad_never_wins(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 2, 2);
    const op_attr attrs[] = { WINDOW(2, 1), { DC_ATTR_PAD_TOP, 1 }, { DC_ATTR_PAD_LEFT, 1 },
                              OP_ATTR_END };
    op_case_make(&c, DC_OP_MAX_POOL, 1, &shape, 1, attrs);
    memcpy(c.x[0], (const float[]){ -4, -3, -2, -1 }, 4 * sizeof(float));
    memcpy(c.dy, (const float[]){ 1, 10, 100, 1000 }, 4 * sizeof(float));
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ -4, -3, -2, -1 }, 4, 0);
    c.code->backward(&c.args);
    assert_values(c.dx[0], (const double[]){ 2, 11, 101, 1001 }, 4, 0);
    op_case_end(&c);
}

static void of_equal_values_the_first_gets_the_gradient(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 2, 2);
    const op_attr attrs[] = { WINDOW(2, 1), OP_ATTR_END };
    op_case_make(&c, DC_OP_MAX_POOL, 1, &shape, 1, attrs);
    memcpy(c.x[0], (const float[]){ 1, 3, 3, 3 }, 4 * sizeof(float));
    c.dy[0] = 5;
    op_case_forward(&c);
    c.code->backward(&c.args);
    assert_values(c.dx[0], (const double[]){ 1, 6, 1, 1 }, 4, 0);
    op_case_end(&c);
}

static void overlapping_windows_add_up_at_their_winner(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 1, 3);
    const op_attr attrs[] = { { DC_ATTR_KERNEL_W, 2 }, OP_ATTR_END };
    op_case_make(&c, DC_OP_MAX_POOL, 1, &shape, 1, attrs);
    memcpy(c.x[0], (const float[]){ 0, 9, 0 }, 3 * sizeof(float));
    memcpy(c.dy, (const float[]){ 2, 3 }, 2 * sizeof(float));
    op_case_forward(&c);
    c.code->backward(&c.args);
    assert_values(c.dx[0], (const double[]){ 1, 6, 1 }, 3, 0);
    op_case_end(&c);
}

static void nan_is_not_hidden_by_a_maximum(void **state)
{
    (void)state;
    for (uint32_t place = 0; place < 3; place++) {
        op_case c;
        const dc_shape shape = SHAPE3(1, 1, 3);
        const op_attr attrs[] = { { DC_ATTR_KERNEL_W, 3 }, OP_ATTR_END };
        make(&c, DC_OP_MAX_POOL, &shape, attrs);
        c.x[0][place] = NAN;
        op_case_forward(&c);
        assert_true(isnan(c.y[0]));
        op_case_end(&c);
    }
}

static void prediction_needs_no_cache(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(1, 2, 2);
    const op_attr attrs[] = { WINDOW(2, 2), OP_ATTR_END };
    make(&c, DC_OP_MAX_POOL, &shape, attrs);
    c.args.is_training = false;
    c.args.cache = NULL;
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 4 }, 1, 0);
    op_case_end(&c);
}

static void a_global_average_is_one_value_a_channel(void **state)
{
    (void)state;
    op_case c;
    const dc_shape shape = SHAPE3(2, 2, 2);
    make(&c, DC_OP_GLOBAL_AVERAGE_POOL, &shape, NULL);
    c.dy[1] = 8;
    op_case_forward(&c);
    assert_values(c.y, (const double[]){ 2.5, 6.5 }, 2, 0);
    c.code->backward(&c.args);
    assert_values(c.dx[0], (const double[]){ 1, 1, 1, 1, 3, 3, 3, 3 }, 8, 0);
    op_case_end(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ceil_mode_adds_a_window_cut_at_the_border),
        cmocka_unit_test(beyond_the_picture_nothing_is_averaged),
        cmocka_unit_test(count_pad_divides_by_pads_too),
        cmocka_unit_test(count_pad_stops_at_the_trailing_pad),
        cmocka_unit_test(a_pad_never_wins),
        cmocka_unit_test(of_equal_values_the_first_gets_the_gradient),
        cmocka_unit_test(overlapping_windows_add_up_at_their_winner),
        cmocka_unit_test(nan_is_not_hidden_by_a_maximum),
        cmocka_unit_test(prediction_needs_no_cache),
        cmocka_unit_test(a_global_average_is_one_value_a_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
