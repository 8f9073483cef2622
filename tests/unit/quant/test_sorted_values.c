/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "kmeans.h"
#include "sample.h"

static void moments_equal_plain_sums(void **state)
{
    (void)state;
    for (unsigned n = 1; n <= 1000; n = n * 3 + 1) {
        float *values = sample_laplace(n, 3);
        dc_sorted sorted;
        assert_ok(dc_sorted_init(&sorted, values, n, false));
        const dc_moment start = dc_moment_at(&sorted, 0);
        double s1 = 0, s2 = 0;
        for (uint64_t i = 0; i <= n; i++) {
            const dc_moment m = dc_moment_at(&sorted, i);
            assert_near(m.n, i, 0);
            assert_near(m.s1 - start.s1, s1, 1e-9);
            assert_near(m.s2 - start.s2, s2, 1e-9);
            assert_near(m.left, sorted.values[i > 0 ? i - 1 : 0], 0);
            assert_near(m.right, sorted.values[i < n ? i : n - 1], 0);
            const double value = i < n ? (double)sorted.values[i] - sorted.shift : 0;
            s1 += value;
            s2 += value * value;
        }
        dc_sorted_clear(&sorted);
        free(values);
    }
}

/* A sum from the left end would hold 1e60 from there on, and no digit of the others. */
static void hold_far_out(uint64_t n, uint64_t width)
{
    float *values = sample_laplace(n, 8);
    dc_sorted sorted;
    values[4] = values[5] = -1e30f;
    values[n - 9] = 1e30f;
    values[n - 3] = 2e30f;
    assert_ok(dc_sorted_init(&sorted, values, n, false));
    for (uint64_t from = 2; from + width <= n - 2; from++) {
        const dc_moment left = dc_moment_at(&sorted, from);
        const dc_moment right = dc_moment_at(&sorted, from + width);
        double mean = 0, cost = 0;
        for (uint64_t i = from; i < from + width; i++)
            mean += (double)sorted.values[i] / (double)width;
        for (uint64_t i = from; i < from + width; i++)
            cost += ((double)sorted.values[i] - mean) * ((double)sorted.values[i] - mean);
        assert_near(dc_moment_cost(&left, &right), cost, 1e-9);
    }
    const dc_moment begin = dc_moment_at(&sorted, 0), two = dc_moment_at(&sorted, 2);
    const dc_moment top = dc_moment_at(&sorted, n - 2), end = dc_moment_at(&sorted, n);
    assert_near(dc_moment_cost(&begin, &two), 0, 0); /* equal ones */
    assert_near(dc_moment_cost(&top, &end), 5e59, 1e54);
    dc_sorted_clear(&sorted);
    free(values);
}

static void values_far_out_cost_the_others_no_digit(void **state)
{
    (void)state;
    hold_far_out(20, 3);
    hold_far_out(63, 8);
    hold_far_out(64, 8);
    hold_far_out(5000, 150);
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
        cmocka_unit_test(values_far_out_cost_the_others_no_digit),
        cmocka_unit_test(zeros_of_both_signs_are_left_out_or_become_one),
        cmocka_unit_test(distinct_values_stop_past_the_limit),
        cmocka_unit_test(running_out_of_memory_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
