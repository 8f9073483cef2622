/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "kmeans.h"
#include "sample.h"

static int compare(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void assert_sorts(float *values, uint64_t n)
{
    float *scratch = malloc((n + 1) * sizeof *scratch), *wanted = malloc((n + 1) * sizeof *wanted);
    memcpy(wanted, values, n * sizeof *values);
    qsort(wanted, n, sizeof *wanted, compare);
    const float *sorted = dc_radix_sort(values, scratch, n);
    assert_non_null(sorted);
    assert_memory_equal(sorted, wanted, n * sizeof *wanted);
    free(scratch);
    free(wanted);
}

static void sorts_like_qsort_at_any_size(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 40; n++) {
        float *values = sample_laplace(n, n);
        assert_sorts(values, n);
        free(values);
    }
}

static void sorts_many_with_one_job_and_two(void **state)
{
    (void)state;
    for (unsigned jobs = 1; jobs <= 2; jobs++) {
        dc_pool_set_jobs(jobs);
        float *values = sample_laplace(300001, 7);
        assert_sorts(values, 300001);
        free(values);
    }
    dc_pool_set_jobs(0);
}

static void sorts_extremes_and_denormals(void **state)
{
    (void)state;
    float values[] = { 3.4e38f, -3.4e38f, 1e-45f, -1e-45f, 0.0f, 1.0f, -1.0f, 1e-40f };
    assert_sorts(values, DC_COUNT_OF(values));
}

static void leaves_equal_values_alone(void **state)
{
    (void)state;
    float values[100];
    for (unsigned i = 0; i < 100; i++)
        values[i] = -2.5f;
    assert_sorts(values, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_like_qsort_at_any_size),
        cmocka_unit_test(sorts_many_with_one_job_and_two),
        cmocka_unit_test(sorts_extremes_and_denormals),
        cmocka_unit_test(leaves_equal_values_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
