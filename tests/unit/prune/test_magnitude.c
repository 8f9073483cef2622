/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "magnitude.h"

static int larger_first(const void *a, const void *b)
{
    const float x = fabsf(*(const float *)a), y = fabsf(*(const float *)b);
    return (x < y) - (x > y);
}

static void keeps_what_a_sort_would_keep(void **state)
{
    (void)state;
    dc_rng rng;
    dc_rng_init(&rng, 1, 0);
    for (uint64_t n = 1; n < 400; n += 7) {
        float values[400], sorted[400];
        for (uint64_t i = 0; i < n; i++)
            sorted[i] = values[i] = (float)dc_rng_normal(&rng) * (i % 5 ? 1 : 1e-41f);
        qsort(sorted, n, sizeof *sorted, larger_first);
        const uint64_t n_keep = dc_rng_below(&rng, n + 1);
        assert_ok(dc_prune_keep(values, values, n, n_keep));
        qsort(values, n, sizeof *values, larger_first);
        for (uint64_t i = 0; i < n; i++)
            assert_true(values[i] == (i < n_keep ? sorted[i] : 0));
    }
}

static void of_equal_ones_those_in_front_stay(void **state)
{
    (void)state;
    float values[] = { -2, 1, -1, 1, 1, 3 };
    const float wanted[] = { -2, 1, -1, 0, 0, 3 };
    assert_ok(dc_prune_keep(values, values, 6, 4));
    assert_memory_equal(values, wanted, sizeof wanted);
}

static void zeros_do_not_come_back_and_lose_their_sign(void **state)
{
    (void)state;
    float values[] = { 0, -0.0f, 5 };
    assert_ok(dc_prune_keep(values, values, 3, 3));
    assert_false(signbit(values[1]));
    assert_near(values[2], 5, 0);
    assert_ok(dc_prune_keep(values, values, 3, 0));
    assert_near(values[2], 0, 0);
}

static void spread_is_of_what_is_not_zero(void **state)
{
    (void)state;
    const float values[] = { 0, 3, 0, -1, 0 };
    const dc_spread s = dc_spread_of(values, 5);
    assert_int_equal(s.n_nonzero, 2);
    assert_near(s.mean, 1, 1e-12);
    assert_near(s.deviation, 2, 1e-12);
    assert_near(s.rms, sqrt(5), 1e-12);
    assert_int_equal(dc_magnitude_count(values, 5, 1), 2);
    assert_int_equal(dc_magnitude_count(values, 5, 1.01), 1);
    assert_int_equal(dc_magnitude_count(values, 5, 0), 2);
}

static void a_density_is_met_to_the_nearest_but_one_stays(void **state)
{
    (void)state;
    assert_int_equal(dc_density_count(0.1, 1000), 100);
    assert_int_equal(dc_density_count(1e-9, 10), 1);
    assert_int_equal(dc_density_count(1, 7), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_a_sort_would_keep),
        cmocka_unit_test(of_equal_ones_those_in_front_stay),
        cmocka_unit_test(zeros_do_not_come_back_and_lose_their_sign),
        cmocka_unit_test(spread_is_of_what_is_not_zero),
        cmocka_unit_test(a_density_is_met_to_the_nearest_but_one_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
