/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "test.h"

#include "kmeans.h"
#include "sample.h"

#define N 70001u

static void fill_tags(uint16_t *tags, uint32_t n_theta)
{
    for (uint32_t i = 0; i < N; i++)
        tags[i] = (uint16_t)(i * 2654435761u % (n_theta + 1));
}

static void reduce_adds_up_each_cluster_and_skips_frozen(void **state)
{
    (void)state;
    float *d_w = sample_laplace(N, 4), d_theta[2][256];
    uint16_t *tags = malloc(N * sizeof *tags);
    double plain[257] = { 0 };
    fill_tags(tags, 256);
    for (uint32_t i = 0; i < N; i++)
        plain[tags[i]] += (double)d_w[i];
    for (unsigned jobs = 1; jobs <= 2; jobs++) {
        dc_pool_set_jobs(jobs);
        assert_ok(dc_centroid_reduce(d_theta[jobs - 1], 256, d_w, tags, N));
    }
    dc_pool_set_jobs(0);
    assert_memory_equal(d_theta[0], d_theta[1], sizeof d_theta[0]);
    for (uint32_t t = 0; t < 256; t++)
        assert_near(d_theta[0][t], plain[t + 1], 1e-4);
    free(d_w);
    free(tags);
}

static void few_elements_are_reduced_too(void **state)
{
    (void)state;
    const float d_w[] = { 1, 2, 4, 8, 16 };
    const uint16_t tags[] = { 1, 0, 2, 1, 2 };
    float d_theta[3] = { 7, 7, 7 };
    assert_ok(dc_centroid_reduce(d_theta, 3, d_w, tags, 5));
    assert_near(d_theta[0], 9, 0);
    assert_near(d_theta[1], 20, 0);
    assert_near(d_theta[2], 0, 0);
}

static void expand_gives_each_its_centroid_and_zero_to_frozen(void **state)
{
    (void)state;
    const float theta[] = { -1.5f, 2.5f };
    uint16_t *tags = malloc(N * sizeof *tags);
    float *w = malloc(N * sizeof *w);
    fill_tags(tags, 2);
    dc_centroid_expand(w, theta, 2, tags, N);
    for (uint32_t i = 0; i < N; i++)
        assert_true(w[i] == (tags[i] == 0 ? 0 : theta[tags[i] - 1]));
    free(tags);
    free(w);
}

static void assign_gives_each_the_nearest_centroid_and_leaves_frozen_alone(void **state)
{
    (void)state;
    const float theta[] = { 0.3f, -0.2f, 0.1f, 0.1f, -1.5f }; /* in no order, two equal */
    float *latent = sample_laplace(N, 5);
    uint16_t *tags = malloc(N * sizeof *tags), *alone = malloc(N * sizeof *alone);
    fill_tags(tags, 5);
    memcpy(alone, tags, N * sizeof *alone);
    dc_pool_set_jobs(1);
    dc_centroid_assign(alone, latent, N, theta, 5);
    dc_pool_set_jobs(2);
    dc_centroid_assign(tags, latent, N, theta, 5);
    dc_pool_set_jobs(0);
    assert_memory_equal(tags, alone, N * sizeof *tags);
    for (uint32_t i = 0; i < N; i++) {
        if (i * 2654435761u % 6 == 0) {
            assert_int_equal(tags[i], 0);
            continue;
        }
        for (uint32_t t = 0; t < 5; t++)
            assert_true(fabsf(latent[i] - theta[tags[i] - 1]) <=
                        fabsf(latent[i] - theta[t]) + 1e-6f);
    }
    free(latent);
    free(tags);
    free(alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reduce_adds_up_each_cluster_and_skips_frozen),
        cmocka_unit_test(few_elements_are_reduced_too),
        cmocka_unit_test(assign_gives_each_the_nearest_centroid_and_leaves_frozen_alone),
        cmocka_unit_test(expand_gives_each_its_centroid_and_zero_to_frozen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
