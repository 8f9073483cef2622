/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "kmeans.h"
#include "sample.h"

static void every_value_gets_its_nearest(void **state)
{
    (void)state;
    for (uint32_t k = 1; k <= 256; k = k * 2 + (k > 5)) {
        float *values = sample_laplace(500, k), *c = sample_laplace(k, 99), shared[500];
        for (uint32_t i = 0; i < k; i++)
            c[i] = (i ? c[i - 1] : -4) + fabsf(c[i]) * 0.2f + 1e-3f;
        memcpy(shared, values, sizeof shared);
        dc_kmeans_apply(shared, 500, c, k, false);
        for (unsigned i = 0; i < 500; i++) {
            double best = (double)INFINITY;
            for (uint32_t j = 0; j < k; j++)
                best = fmin(best, fabs((double)c[j] - (double)values[i]));
            assert_true(fabs((double)shared[i] - (double)values[i]) <= best);
        }
        free(values);
        free(c);
    }
}

static void a_tie_goes_to_the_smaller_and_zero_stays_when_asked(void **state)
{
    (void)state;
    const float c[] = { -1, 1, 3 };
    float values[] = { 2, 0, -0.0f, 2.0000002f }, kept[4];
    memcpy(kept, values, sizeof kept);
    dc_kmeans_apply(values, 4, c, 3, false);
    assert_near(values[0], 1, 0);
    assert_near(values[1], -1, 0);
    assert_near(values[3], 3, 0);
    dc_kmeans_apply(kept, 4, c, 3, true);
    assert_near(kept[1], 0, 0);
    assert_false(signbit(kept[2]));
}

static void errors_are_the_same_for_any_number_of_jobs(void **state)
{
    (void)state;
    float *a = sample_laplace(99999, 1), *b = sample_laplace(99999, 2);
    double plain = 0, sums[2];
    for (unsigned i = 0; i < 99999; i++)
        plain += ((double)a[i] - (double)b[i]) * ((double)a[i] - (double)b[i]);
    for (unsigned jobs = 1; jobs <= 2; jobs++) {
        dc_pool_set_jobs(jobs);
        sums[jobs - 1] = dc_sum_squared_error(a, b, 99999);
    }
    dc_pool_set_jobs(0);
    assert_memory_equal(&sums[0], &sums[1], sizeof sums[0]);
    assert_near(sums[0], plain, plain * 1e-12);
    assert_near(dc_sum_squared_error(a, b, 0), 0, 0);
    free(a);
    free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_gets_its_nearest),
        cmocka_unit_test(a_tie_goes_to_the_smaller_and_zero_stays_when_asked),
        cmocka_unit_test(errors_are_the_same_for_any_number_of_jobs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
