/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "kmeans.h"
#include "plain_kmeans.h"
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

static void empty_clusters_are_seeded_again(void **state)
{
    (void)state;
    float values[101], c[101];
    dc_kmeans_stats stats;
    for (unsigned i = 0; i < 100; i++)
        values[i] = (float)i * 1e-3f;
    values[100] = 1000;
    for (uint32_t k = 2; k <= 101; k++)
        for (unsigned init = 0; init <= DC_CENTROIDS_NEAR_OPTIMAL; init++)
            for (uint32_t iterations = 0; iterations <= 100; iterations += 50) {
                assert_ok(
                    dc_kmeans(c, k, values, 101, (dc_centroid_init)init, iterations, 1, &stats));
                assert_int_equal(stats.n_centroids, k);
                if (iterations > 0)
                    assert_near(c[k - 1], 1000, 0);
            }
}

/* Not one value can be spared: k of k + 1 that lie over 74 decades, many of them often. */
static void as_many_clusters_live_as_there_are_values_for(void **state)
{
    (void)state;
    float values[1200], c[DC_MAX_CENTROIDS];
    dc_kmeans_stats stats;
    for (uint32_t k = 2; k < DC_MAX_CENTROIDS; k += 23)
        for (unsigned init = 0; init <= DC_CENTROIDS_NEAR_OPTIMAL; init++) {
            for (uint32_t i = 0; i < 1200; i++)
                values[i] = powf(10, -37 + 74.0f * (float)(i % (k + 1)) / (float)k) *
                            (i % (k + 1) % 2 ? 1 : -1);
            assert_ok(dc_kmeans(c, k, values, 1200, (dc_centroid_init)init, 100, 1, &stats));
            assert_int_equal(stats.n_centroids, k);
        }
}

/* How far the error may be from the least there is. Random and equal shares of the values waste
 * centroids where many values are, with and without an outlier, so they are only held against what
 * they make of the same values without one. */
static void hold_against_the_optimum(const float *values, unsigned n, double best[256],
                                     const double *calm)
{
    static const double factors[] = { [DC_CENTROIDS_LINEAR] = 1.5,
                                      [DC_CENTROIDS_OPTIMAL] = 1.001,
                                      [DC_CENTROIDS_NEAR_OPTIMAL] = 1.05 };
    float c[DC_MAX_CENTROIDS];
    dc_kmeans_stats stats;
    plain_best(best, 256, values, n);
    for (unsigned bits = 1; bits <= 8; bits++)
        for (unsigned init = 0; init <= DC_CENTROIDS_NEAR_OPTIMAL; init++)
            for (uint32_t k = (1u << bits) - 1; k <= 1u << bits; k++) {
                assert_ok(dc_kmeans(c, k, values, n, (dc_centroid_init)init, 100, 1, &stats));
                const double cost = plain_cost(values, n, c, stats.n_centroids);
                const bool is_local = init == DC_CENTROIDS_DENSITY || init == DC_CENTROIDS_RANDOM;
                /* two on each side, at most, are for outliers */
                const double limit = is_local ? (k > 4 ? 10 * calm[(k - 4) * 5 + init] : INFINITY)
                                              : factors[init] * best[k - 1];
                if (stats.n_centroids != k || !(cost <= limit))
                    fail_msg("init %u, k %u: %u made, %g, wanted %g", init, k, stats.n_centroids,
                             cost, limit);
            }
}

static void an_outlier_ruins_no_start(void **state)
{
    (void)state;
    enum { N = 300 };
    static const float sizes[] = { 3, 10, 100, 1e4f, 1e30f };
    double best[256], *calm = calloc(257 * 5, sizeof *calm);
    float *values = sample_laplace(N, 77), c[DC_MAX_CENTROIDS];
    dc_kmeans_stats stats;
    for (unsigned i = 0; i < N; i++)
        values[i] *= 0.05f;
    for (uint32_t k = 1; k <= 256; k++)
        for (unsigned init = 0; init < 5; init++) {
            assert_ok(dc_kmeans(c, k, values, N, (dc_centroid_init)init, 100, 1, &stats));
            calm[k * 5 + init] = plain_cost(values, N, c, stats.n_centroids);
        }
    for (unsigned i = 0; i < 4 * DC_COUNT_OF(sizes); i++) {
        float *wild = malloc(N * sizeof *wild);
        const float size = sizes[i / 4];
        memcpy(wild, values, N * sizeof *wild);
        wild[17] = i % 4 == 1 ? -size : size;
        if (i % 4 == 2)
            wild[130] = -size; /* two-sided */
        if (i % 4 == 3)
            wild[130] = wild[131] = size; /* equal ones */
        hold_against_the_optimum(wild, N, best, calm);
        free(wild);
    }
    free(values);
    free(calm);
}

static void one_job_and_two_give_the_same_bytes(void **state)
{
    (void)state;
    float *values = sample_laplace(70000, 12), c[2][64] = { { 0 } };
    dc_kmeans_stats stats;
    values[7] = 1e6f;
    values[70] = -1e30f;
    for (unsigned init = 0; init <= DC_CENTROIDS_NEAR_OPTIMAL; init++) {
        for (unsigned jobs = 1; jobs <= 2; jobs++) {
            dc_pool_set_jobs(jobs);
            assert_ok(
                dc_kmeans(c[jobs - 1], 64, values, 70000, (dc_centroid_init)init, 100, 1, &stats));
        }
        assert_memory_equal(c[0], c[1], sizeof c[0]);
    }
    dc_pool_set_jobs(0);
    free(values);
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
        cmocka_unit_test(empty_clusters_are_seeded_again),
        cmocka_unit_test(as_many_clusters_live_as_there_are_values_for),
        cmocka_unit_test(an_outlier_ruins_no_start),
        cmocka_unit_test(one_job_and_two_give_the_same_bytes),
        cmocka_unit_test(centroids_are_fixed_points),
        cmocka_unit_test(nothing_to_share_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
