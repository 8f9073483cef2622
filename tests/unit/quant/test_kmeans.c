/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "kmeans.h"
#include "sample.h"

static void finds_two_obvious_groups(void **state)
{
    (void)state;
    const float values[] = { 1.0f, 9.0f, 1.5f, 9.5f, 0.5f, 8.5f };
    float c[2];
    dc_kmeans_stats stats;
    for (unsigned init = 0; init <= DC_CENTROIDS_NEAR_OPTIMAL; init++) {
        assert_ok(dc_kmeans(c, 2, values, 6, (dc_centroid_init)init, 100, 1, &stats));
        assert_int_equal(stats.n_centroids, 2);
        assert_near(c[0], 1.0, 1e-6);
        assert_near(c[1], 9.0, 1e-6);
        assert_near(stats.wcss, 1.0, 1e-6);
    }
}

static void fewer_values_than_centroids_are_kept(void **state)
{
    (void)state;
    const float values[] = { 2, -1, 2, 0.5f };
    float c[8];
    dc_kmeans_stats stats;
    assert_ok(dc_kmeans(c, 8, values, 4, DC_CENTROIDS_LINEAR, 100, 1, &stats));
    assert_int_equal(stats.n_centroids, 3);
    assert_near(c[0], -1, 0);
    assert_near(c[2], 2, 0);
    assert_near(stats.wcss, 0, 0);
}

static void all_equal_values_need_one_centroid(void **state)
{
    (void)state;
    float values[50], c[4];
    dc_kmeans_stats stats;
    for (unsigned i = 0; i < 50; i++)
        values[i] = 1e-42f;
    assert_ok(dc_kmeans(c, 4, values, 50, DC_CENTROIDS_DENSITY, 100, 1, &stats));
    assert_int_equal(stats.n_centroids, 1);
    assert_true(c[0] == 1e-42f);
}

static void empty_clusters_are_dropped(void **state)
{
    (void)state;
    float values[101], c[10];
    dc_kmeans_stats stats;
    for (unsigned i = 0; i < 100; i++)
        values[i] = (float)i * 1e-3f;
    values[100] = 1000;
    assert_ok(dc_kmeans(c, 10, values, 101, DC_CENTROIDS_LINEAR, 100, 1, &stats));
    assert_int_equal(stats.n_centroids, 2);
}

static void centroids_are_fixed_points(void **state)
{
    (void)state;
    float *values = sample_laplace(5000, 2), c[16];
    dc_kmeans_stats stats;
    assert_ok(dc_kmeans(c, 16, values, 5000, DC_CENTROIDS_DENSITY, 10000, 1, &stats));
    double sums[16] = { 0 }, counts[16] = { 0 };
    for (unsigned i = 0; i < 5000; i++) {
        unsigned at = 0;
        for (unsigned j = 1; j < 16; j++)
            at = fabsf(values[i] - c[j]) < fabsf(values[i] - c[at]) ? j : at;
        sums[at] += (double)values[i];
        counts[at]++;
    }
    for (unsigned j = 0; j < 16; j++)
        assert_near(c[j], sums[j] / counts[j], 1e-5);
    free(values);
}

static void nothing_to_share_is_refused(void **state)
{
    (void)state;
    float c[1];
    const float value = 1;
    dc_kmeans_stats stats;
    assert_fails(DC_EINPUT, dc_kmeans(c, 1, &value, 0, DC_CENTROIDS_LINEAR, 1, 1, &stats));
    assert_fails(DC_EINPUT, dc_kmeans(c, 0, &value, 1, DC_CENTROIDS_LINEAR, 1, 1, &stats));
    assert_fails(DC_EINPUT, dc_kmeans(c, 257, &value, 1, DC_CENTROIDS_LINEAR, 1, 1, &stats));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_two_obvious_groups),
        cmocka_unit_test(fewer_values_than_centroids_are_kept),
        cmocka_unit_test(all_equal_values_need_one_centroid),
        cmocka_unit_test(empty_clusters_are_dropped),
        cmocka_unit_test(centroids_are_fixed_points),
        cmocka_unit_test(nothing_to_share_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
