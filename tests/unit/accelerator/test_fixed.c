/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/eie.h"

static void rounding_is_to_nearest_even_and_clamps(void **state)
{
    (void)state;
    assert_int_equal(dc_fixed_of(0.5, 0, 16), 0);
    assert_int_equal(dc_fixed_of(1.5, 0, 16), 2);
    assert_int_equal(dc_fixed_of(-2.5, 0, 16), -2);
    assert_int_equal(dc_fixed_of(0.375, 2, 8), 2);
    assert_int_equal(dc_fixed_of(300, 0, 8), 127);
    assert_int_equal(dc_fixed_of(-300, 0, 8), -128);
    assert_int_equal(dc_fixed_of(1e30, 0, 32), INT32_MAX);
    assert_int_equal(dc_fixed_of(-1e30, 0, 32), INT32_MIN);
    assert_int_equal(dc_fixed_of((double)INFINITY, 0, 16), 32767);
    assert_int_equal(dc_fixed_of((double)NAN, 0, 16), -32768);
    assert_near(dc_fixed_value(-5, 3), -0.625, 0);
}

static void the_fraction_is_the_largest_that_fits(void **state)
{
    (void)state;
    static const double sizes[] = { 1e-6, 0.1, 0.4999999, 0.5, 0.99999, 1, 1.5, 2, 127, 128, 1e9 };
    static const uint32_t widths[] = { 8, 16, 32 };
    for (size_t i = 0; i < DC_COUNT_OF(sizes); i++)
        for (size_t w = 0; w < DC_COUNT_OF(widths); w++) {
            const int32_t f = dc_fixed_fraction(sizes[i], widths[w]);
            const double top = ldexp(1, (int)widths[w] - 1) - 1;
            assert_true(nearbyint(ldexp(sizes[i], f)) <= top);
            assert_true(nearbyint(ldexp(sizes[i], f + 1)) > top);
        }
    assert_int_equal(dc_fixed_fraction(0, 16), dc_fixed_fraction(1, 16));
    assert_int_equal(dc_fixed_fraction((double)INFINITY, 16), dc_fixed_fraction(1, 16));
    assert_int_equal(dc_fixed_fraction((double)NAN, 16), dc_fixed_fraction(1, 16));
    assert_true(dc_fixed_fraction(1e-42, 16) > 100);
}

static void what_is_clamped_is_known(void **state)
{
    (void)state;
    assert_false(dc_fixed_clamps(127.4, 0, 8));
    assert_true(dc_fixed_clamps(127.6, 0, 8));
    assert_false(dc_fixed_clamps(-128.5, 0, 8)); /* to even */
    assert_true(dc_fixed_clamps(-128.6, 0, 8));
    assert_true(dc_fixed_clamps((double)NAN, 0, 8));
    for (double x = -3; x <= 3; x += 0.01)
        assert_true(dc_fixed_clamps(x, 6, 8) ==
                    (fabs(dc_fixed_value(dc_fixed_of(x, 6, 8), 6) - x) > 0.5 / 64 + 1e-12));
}

static void a_settled_shift_is_one_the_machine_has(void **state)
{
    (void)state;
    for (int32_t output = -80; output <= 80; output++) {
        dc_fixed_format format = { 12, 9, output };
        dc_fixed_format_settle(&format, 16);
        const int32_t shift = format.weight + format.input - format.output;
        assert_between(shift, 0, 30);
        assert_int_equal(format.output, output <= 21 ? output : 21); /* a bias must fit it */
        assert_int_equal(format.input, 9);
        if (output >= -9)
            assert_int_equal(format.weight, 12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounding_is_to_nearest_even_and_clamps),
        cmocka_unit_test(the_fraction_is_the_largest_that_fits),
        cmocka_unit_test(what_is_clamped_is_known),
        cmocka_unit_test(a_settled_shift_is_one_the_machine_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
