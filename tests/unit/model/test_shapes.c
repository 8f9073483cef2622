/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/model.h"

static void count_is_the_product_of_the_dims(void **state)
{
    (void)state;
    const dc_shape shape = dc_shape_of(4, 20, 1, 5, 5);
    assert_int_equal(dc_shape_count(&shape), 500);
}

static void count_is_zero_for_what_is_no_shape(void **state)
{
    (void)state;
    const dc_shape none = {0}, zero = dc_shape_of(3, 4, 0, 4, 0);
    dc_shape long_one = dc_shape_of(4, 1, 1, 1, 1);
    long_one.n_dims = 5;
    assert_int_equal(dc_shape_count(&none), 0);
    assert_int_equal(dc_shape_count(&zero), 0);
    assert_int_equal(dc_shape_count(&long_one), 0);
}

static void count_stops_exactly_at_the_limit(void **state)
{
    (void)state;
    const dc_shape most = dc_shape_of(2, 1u << 31, 4, 0, 0);
    const dc_shape over = dc_shape_of(3, 1u << 31, 4, 2, 0);
    const dc_shape wraps = dc_shape_of(4, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX);
    assert_true(dc_shape_count(&most) == DC_MAX_TENSOR_VALUES);
    assert_int_equal(dc_shape_count(&over), 0);
    assert_int_equal(dc_shape_count(&wraps), 0);
}

static void shapes_are_equal_in_dims_and_their_number(void **state)
{
    (void)state;
    const dc_shape a = dc_shape_of(2, 3, 4, 0, 0), b = dc_shape_of(2, 3, 4, 9, 9);
    const dc_shape c = dc_shape_of(3, 3, 4, 1, 0), d = dc_shape_of(2, 4, 3, 0, 0);
    assert_true(dc_shape_equal(&a, &b));
    assert_false(dc_shape_equal(&a, &c));
    assert_false(dc_shape_equal(&a, &d));
}

static void unused_dims_are_zero(void **state)
{
    (void)state;
    const dc_shape shape = dc_shape_of(1, 3, 4, 5, 6);
    assert_int_equal(shape.dims[1], 0);
    assert_int_equal(shape.dims[3], 0);
}

static void text_joins_the_dims(void **state)
{
    (void)state;
    dc_arena arena = {0};
    const dc_shape none = {0}, one = dc_shape_of(1, 7, 0, 0, 0), four = dc_shape_of(4, 20, 1, 5, 5);
    assert_string_equal(dc_shape_text(&none, &arena), "");
    assert_string_equal(dc_shape_text(&one, &arena), "7");
    assert_string_equal(dc_shape_text(&four, &arena), "20x1x5x5");
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(count_is_the_product_of_the_dims),
        cmocka_unit_test(count_is_zero_for_what_is_no_shape),
        cmocka_unit_test(count_stops_exactly_at_the_limit),
        cmocka_unit_test(shapes_are_equal_in_dims_and_their_number),
        cmocka_unit_test(unused_dims_are_zero),
        cmocka_unit_test(text_joins_the_dims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
