/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "kmeans.h"
#include "plain_kmeans.h"
#include "sample.h"

/* Different shapes: smooth, with many ties, two far groups, a huge offset. */
static float *shaped(unsigned n, unsigned shape, uint64_t seed)
{
    float *values = sample_laplace(n, seed);
    for (unsigned i = 0; i < n; i++) {
        if (shape == 1)
            values[i] = rintf(values[i] * 8);
        else if (shape == 2)
            values[i] = i % 3 ? values[i] * 1e-5f : values[i] + 1000;
        else if (shape == 3)
            values[i] += 500;
    }
    return values;
}

static void is_as_good_as_the_plain_program(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 160; round++) {
        const unsigned n = 2 + (round * 37) % 190, k = 1 + round % 9, shape = round % 4;
        float *values = shaped(n, shape, round), centroids[DC_MAX_CENTROIDS];
        dc_kmeans_stats stats;
        assert_ok(dc_kmeans(centroids, k, values, n, DC_CENTROIDS_OPTIMAL, 0, 0, &stats));
        double all[9];
        plain_best(all, k, values, n);
        const double best = all[k - 1],
                     got = plain_cost(values, n, centroids, stats.n_centroids);
        const double rounding = 1e-7 * best + n * 1e-9 * (shape >= 2 ? 10 : 1);
        if (!(got <= best + rounding))
            fail_msg("n %u k %u shape %u: %.12g, best %.12g", n, k, shape, got, best);
        free(values);
    }
}

/* Large enough that bins are refined before positions are settled. */
static void refining_loses_nothing(void **state)
{
    (void)state;
    for (unsigned shape = 0; shape < 4; shape++) {
        const unsigned n = 12000, k = 3;
        float *values = shaped(n, shape, 90 + shape), centroids[DC_MAX_CENTROIDS];
        dc_kmeans_stats stats;
        assert_ok(dc_kmeans(centroids, k, values, n, DC_CENTROIDS_OPTIMAL, 0, 0, &stats));
        double all[9];
        plain_best(all, k, values, n);
        const double best = all[k - 1],
                     got = plain_cost(values, n, centroids, stats.n_centroids);
        if (!(got <= best * (1 + 1e-7) + n * 1e-8))
            fail_msg("shape %u: %.12g, best %.12g", shape, got, best);
        free(values);
    }
}

static void the_near_optimum_is_near_and_never_below(void **state)
{
    (void)state;
    float *values = sample_laplace(200000, 5), centroids[DC_MAX_CENTROIDS];
    dc_kmeans_stats best, near;
    assert_ok(dc_kmeans(centroids, 32, values, 200000, DC_CENTROIDS_OPTIMAL, 0, 0, &best));
    assert_ok(dc_kmeans(centroids, 32, values, 200000, DC_CENTROIDS_NEAR_OPTIMAL, 0, 0, &near));
    assert_true(near.wcss >= best.wcss * (1 - 1e-9));
    assert_true(near.wcss <= best.wcss * 1.005);
    free(values);
}

/* As in a layer half of whose filters died: values over many decades beside ordinary ones. */
static void the_near_optimum_of_small_and_uneven_layers_is_near_too(void **state)
{
    static const unsigned sizes[] = { 300, 648, 4608, 20000 }, ks[] = { 16, 64, 255, 256 };
    (void)state;
    for (unsigned i = 0; i < DC_COUNT_OF(sizes) * DC_COUNT_OF(ks); i++) {
        const unsigned n = sizes[i / DC_COUNT_OF(ks)], k = ks[i % DC_COUNT_OF(ks)];
        float *values = sample_laplace(n, i), centroids[DC_MAX_CENTROIDS];
        dc_kmeans_stats best, near;
        for (unsigned j = 0; j < n / 2; j++)
            values[j] *= powf(0.1f, (float)(j % 15));
        assert_ok(dc_kmeans(centroids, k, values, n, DC_CENTROIDS_OPTIMAL, 0, 0, &best));
        memset(centroids, 0x7f, sizeof centroids);
        assert_ok(dc_kmeans(centroids, k, values, n, DC_CENTROIDS_NEAR_OPTIMAL, 0, 0, &near));
        if (!(near.wcss <= best.wcss * 1.05))
            fail_msg("n %u k %u: %.6g, best %.6g", n, k, near.wcss, best.wcss);
        free(values);
    }
}

static void one_job_and_two_give_the_same_bytes(void **state)
{
    (void)state;
    float *values = sample_laplace(150000, 11), centroids[2][DC_MAX_CENTROIDS] = { { 0 } };
    dc_kmeans_stats stats;
    for (unsigned jobs = 1; jobs <= 2; jobs++) {
        dc_pool_set_jobs(jobs);
        assert_ok(
            dc_kmeans(centroids[jobs - 1], 16, values, 150000, DC_CENTROIDS_OPTIMAL, 0, 0, &stats));
    }
    dc_pool_set_jobs(0);
    assert_memory_equal(centroids[0], centroids[1], sizeof centroids[0]);
    free(values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_as_good_as_the_plain_program),
        cmocka_unit_test(refining_loses_nothing),
        cmocka_unit_test(the_near_optimum_is_near_and_never_below),
        cmocka_unit_test(the_near_optimum_of_small_and_uneven_layers_is_near_too),
        cmocka_unit_test(one_job_and_two_give_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
