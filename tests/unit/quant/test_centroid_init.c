/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "kmeans.h"

static dc_sorted ramp(void)
{
    float values[100];
    dc_sorted sorted;
    for (unsigned i = 0; i < 100; i++)
        values[i] = i < 90 ? (float)i * 0.01f : (float)i;
    assert_ok(dc_sorted_init(&sorted, values, 100, false));
    return sorted;
}

static void linear_spans_least_to_greatest_in_equal_steps(void **state)
{
    (void)state;
    dc_sorted sorted = ramp();
    double c[12];
    dc_centroid_start(c, 12, &sorted, DC_CENTROIDS_LINEAR, 0);
    for (unsigned i = 0; i < 12; i++)
        assert_near(c[i], 9.0 * i, 1e-9);
    dc_centroid_start(c, 1, &sorted, DC_CENTROIDS_LINEAR, 0);
    assert_near(c[0], 49.5, 1e-9);
    dc_sorted_clear(&sorted);
}

static void density_takes_equal_shares(void **state)
{
    (void)state;
    dc_sorted sorted = ramp();
    double c[10];
    dc_centroid_start(c, 10, &sorted, DC_CENTROIDS_DENSITY, 0);
    for (unsigned i = 0; i < 10; i++)
        assert_near(c[i], sorted.values[5 + 10 * i], 0);
    dc_sorted_clear(&sorted);
}

static void random_is_seeded_ascending_and_distinct(void **state)
{
    (void)state;
    dc_sorted sorted = ramp();
    double a[20], b[20], other[20];
    dc_centroid_start(a, 20, &sorted, DC_CENTROIDS_RANDOM, 5);
    dc_centroid_start(b, 20, &sorted, DC_CENTROIDS_RANDOM, 5);
    dc_centroid_start(other, 20, &sorted, DC_CENTROIDS_RANDOM, 6);
    assert_memory_equal(a, b, sizeof a);
    assert_true(memcmp(a, other, sizeof a) != 0);
    for (unsigned i = 1; i < 20; i++)
        assert_true(a[i] > a[i - 1]);
    dc_sorted_clear(&sorted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_spans_least_to_greatest_in_equal_steps),
        cmocka_unit_test(density_takes_equal_shares),
        cmocka_unit_test(random_is_seeded_ascending_and_distinct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
