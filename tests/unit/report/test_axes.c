/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "axes.h"

/* All tick texts, joined by '|'; minor ticks are left out. */
static const char *ticks_text(double min, double max, bool is_log, unsigned n_wanted)
{
    static char out[4096];
    dc_ticks t;
    dc_ticks_make(&t, min, max, is_log, n_wanted);
    out[0] = '\0';
    for (uint32_t i = 0; i < t.n; i++) {
        if (t.items[i].text[0] == '\0')
            continue;
        if (out[0] != '\0')
            strcat(out, "|");
        strcat(out, t.items[i].text);
    }
    return out;
}

static void steps_are_one_two_or_five_times_a_power_of_ten(void **state)
{
    (void)state;
    assert_near(dc_nice_step(0, 1, 10), 0.1, 1e-12);
    assert_near(dc_nice_step(0, 1, 8), 0.2, 1e-12);
    assert_near(dc_nice_step(0, 100, 4), 50, 1e-9);
    assert_near(dc_nice_step(-3, 4, 7), 1, 1e-12);
    assert_near(dc_nice_step(0, 9e-7, 3), 5e-7, 1e-15);
}

static void linear_ticks_share_their_decimals(void **state)
{
    (void)state;
    assert_string_equal(ticks_text(-0.2, 0.2, false, 4), "-0.2|-0.1|0.0|0.1|0.2");
    assert_string_equal(ticks_text(0.3, 1.02, false, 4), "0.4|0.6|0.8|1.0");
    assert_string_equal(ticks_text(0, 2000, false, 4), "0|500|1,000|1,500|2,000");
    assert_string_equal(ticks_text(98.5, 99.5, false, 2), "98.5|99.0|99.5");
}

static void large_ticks_are_written_in_thousands_and_millions(void **state)
{
    (void)state;
    assert_string_equal(ticks_text(0, 25000, false, 5), "0|5 k|10 k|15 k|20 k|25 k");
    assert_string_equal(ticks_text(0, 1.2e6, false, 3), "0|0.5 M|1.0 M");
}

static void log_ticks_are_decades_with_twos_and_fives_when_there_is_room(void **state)
{
    (void)state;
    assert_string_equal(ticks_text(1, 1000, true, 5), "1|10|100|1,000");
    assert_string_equal(ticks_text(0.02, 1, true, 10), "0.02|0.05|0.1|0.2|0.5|1");
    assert_string_equal(ticks_text(1, 1e9, true, 3), "10\x01" "0|10\x01" "3|10\x01" "6|10\x01" "9");
}

static void a_log_axis_within_a_decade_is_ticked_linearly(void **state)
{
    (void)state;
    assert_string_equal(ticks_text(2.2, 5.1, true, 4), "3|4|5");
}

static void ticks_never_overflow(void **state)
{
    (void)state;
    dc_ticks t;
    dc_ticks_make(&t, 1e15, 1e15 + 1, false, 1000);
    assert_true(t.n <= DC_TICKS_MAX);
    dc_ticks_make(&t, 1e-99, 1e99, true, 1000);
    assert_true(t.n > 0 && t.n <= DC_TICKS_MAX);
    dc_ticks_make(&t, -1e99, 1e99, false, 10);
    assert_true(t.n > 0 && t.n <= DC_TICKS_MAX);
}

static void a_range_is_sound_whatever_the_data_was(void **state)
{
    (void)state;
    static const double odd[][3] = { { NAN, NAN, NAN }, { 5, 5, 5 }, { 0, 0, 0 }, { -3, -2, -1 },
                                     { INFINITY, -INFINITY, 1 }, { 1e300, 1, 2 } };
    for (size_t i = 0; i < DC_COUNT_OF(odd); i++) {
        for (int is_log = 0; is_log < 2; is_log++) {
            const dc_axis axis = { .is_log = is_log };
            dc_range range = dc_range_empty();
            for (int k = 0; k < 3; k++)
                dc_range_add(&range, odd[i][k]);
            const dc_scale s = dc_range_scale(&range, &axis);
            assert_true(isfinite(s.min) && isfinite(s.max) && s.min < s.max);
            assert_true(!is_log || s.min > 0);
        }
    }
}

static void an_axis_sets_its_own_limits(void **state)
{
    (void)state;
    const dc_axis axis = { .min = -1, .max = 2 };
    dc_range range = dc_range_empty();
    dc_range_add(&range, 50);
    const dc_scale s = dc_range_scale(&range, &axis);
    assert_near(s.min, -1, 0);
    assert_near(s.max, 2, 0);
}

static void scales_place_values_linearly_and_by_logarithm(void **state)
{
    (void)state;
    const dc_scale linear = { .min = 0, .max = 10, .at_min = 100, .at_max = 0 };
    assert_near(dc_scale_at(&linear, 2.5), 75, 1e-9);
    assert_true(isnan(dc_scale_at(&linear, NAN)));
    assert_true(isfinite(dc_scale_at(&linear, 1e99)));
    const dc_scale log_scale = { .min = 1, .max = 100, .is_log = true, .at_max = 200 };
    assert_near(dc_scale_at(&log_scale, 10), 100, 1e-9);
    assert_true(isnan(dc_scale_at(&log_scale, 0)));
    assert_true(isnan(dc_scale_at(&log_scale, -1)));
}

static void short_numbers_have_three_figures(void **state)
{
    (void)state;
    static const struct {
        double value;
        const char *text;
    } all[] = { { 0, "0" }, { 843, "843" }, { 4892, "4,892" }, { 12345, "12.3 k" },
                { 80361, "80.4 k" }, { 511000, "511 k" }, { 1234567, "1.23 M" },
                { 999999, "1.00 M" }, { 0.16, "0.16" }, { -0.16, "-0.16" }, { 34.42, "34.4" },
                { 2.5e10, "25.0 G" }, { 1e-5, "1e-05" } };
    for (size_t i = 0; i < DC_COUNT_OF(all); i++) {
        char text[32];
        dc_number_short(text, sizeof text, all[i].value);
        assert_string_equal(text, all[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_one_two_or_five_times_a_power_of_ten),
        cmocka_unit_test(linear_ticks_share_their_decimals),
        cmocka_unit_test(large_ticks_are_written_in_thousands_and_millions),
        cmocka_unit_test(log_ticks_are_decades_with_twos_and_fives_when_there_is_room),
        cmocka_unit_test(a_log_axis_within_a_decade_is_ticked_linearly),
        cmocka_unit_test(ticks_never_overflow),
        cmocka_unit_test(a_range_is_sound_whatever_the_data_was),
        cmocka_unit_test(an_axis_sets_its_own_limits),
        cmocka_unit_test(scales_place_values_linearly_and_by_logarithm),
        cmocka_unit_test(short_numbers_have_three_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
