/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "kmeans.h"
#include "sample.h"

static void moments_equal_plain_sums(void **state)
{
    (void)state;
    float *values = sample_laplace(1000, 3);
    dc_sorted sorted;
    assert_ok(dc_sorted_init(&sorted, values, 1000, false));
    double s1 = 0, s2 = 0;
    for (uint64_t i = 0; i <= 1000; i++) {
        const dc_moment m = dc_moment_at(&sorted, i);
        assert_near(m.n, i, 0);
        assert_near(m.s1, s1, 1e-9);
        assert_near(m.s2, s2, 1e-9);
        const double value = i < 1000 ? (double)sorted.values[i] - sorted.shift : 0;
        s1 += value;
        s2 += value * value;
    }
    dc_sorted_clear(&sorted);
    free(values);
}

static void zeros_of_both_signs_are_left_out_or_become_one(void **state)
{
    (void)state;
    const float values[] = { 0.0f, 1.0f, -0.0f, -1.0f, 0.0f };
    dc_sorted sorted;
    assert_ok(dc_sorted_init(&sorted, values, 5, true));
    assert_int_equal(sorted.n, 2);
    dc_sorted_clear(&sorted);
    assert_ok(dc_sorted_init(&sorted, values, 5, false));
    assert_int_equal(dc_sorted_distinct(NULL, &sorted, 5), 3);
    for (unsigned i = 1; i < 4; i++)
        assert_false(signbit(sorted.values[i]));
    dc_sorted_clear(&sorted);
}

static void distinct_values_stop_past_the_limit(void **state)
{
    (void)state;
    const float values[] = { 3, 1, 2, 1, 3, 4 };
    float distinct[3];
    dc_sorted sorted;
    assert_ok(dc_sorted_init(&sorted, values, 6, false));
    assert_int_equal(dc_sorted_distinct(distinct, &sorted, 3), 4);
    assert_near(distinct[2], 3, 0);
    assert_int_equal(dc_sorted_distinct(NULL, &sorted, 256), 4);
    dc_sorted_clear(&sorted);
}

static void running_out_of_memory_is_reported_and_leaks_nothing(void **state)
{
    (void)state;
    const float values[] = { 3, 1, 2 };
    dc_status status = DC_ENOMEM;
    for (uint64_t nth = 1; status != DC_OK; nth++) {
        dc_sorted sorted = { 0 };
        dc_fault_arm(DC_FAULT_ALLOC, nth);
        status = dc_sorted_init(&sorted, values, 3, false);
        dc_fault_arm(DC_FAULT_ALLOC, 0);
        assert_true(status == DC_OK || status == DC_ENOMEM);
        assert_true(nth < 20);
        dc_sorted_clear(&sorted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_equal_plain_sums),
        cmocka_unit_test(zeros_of_both_signs_are_left_out_or_become_one),
        cmocka_unit_test(distinct_values_stop_past_the_limit),
        cmocka_unit_test(running_out_of_memory_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
