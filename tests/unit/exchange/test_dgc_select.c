/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dgc_select.h"

static int by_size(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

/* The sum of the k greatest sizes, and that they are what was chosen. */
static void check(const float *v, uint64_t n, uint64_t k)
{
    float *sizes = malloc((n + 1) * sizeof *sizes), *scratch = malloc((n + 1) * sizeof *scratch);
    uint32_t *at = malloc((k + 1) * sizeof *at);
    uint64_t n_some = 0;
    for (uint64_t i = 0; i < n; i++)
        if (v[i] != 0)
            sizes[n_some++] = fabsf(v[i]);
    qsort(sizes, n_some, sizeof *sizes, by_size);
    for (uint64_t turn = 0; turn < 3; turn++) {
        const uint32_t n_chosen = dgc_select(at, v, n, k, 1000 * turn + turn, scratch);
        double wanted = 0, got = 0;
        assert_int_equal(n_chosen, DC_MIN(k, n_some));
        for (uint32_t i = 0; i < n_chosen; i++) {
            assert_true(at[i] < n && (i == 0 || at[i] > at[i - 1]));
            wanted += (double)sizes[i];
            got += (double)fabsf(v[at[i]]);
        }
        assert_near(got, wanted, 1e-6 * wanted);
    }
    free(at);
    free(scratch);
    free(sizes);
}

static void the_greatest_are_chosen_whatever_is_sampled(void **state)
{
    static const uint64_t sizes[] = { 1, 2, 10, 500, 5000, 60000, 200000 };
    static const double shares[] = { 0.001, 0.01, 0.25, 1 };
    dc_rng rng;
    (void)state;
    dc_rng_init(&rng, 5, 0);
    for (size_t s = 0; s < DC_COUNT_OF(sizes); s++) {
        float *v = calloc(sizes[s], sizeof *v);
        for (int kind = 0; kind < 4; kind++) {
            for (uint64_t i = 0; i < sizes[s]; i++)
                v[i] = kind == 0   ? (float)dc_rng_normal(&rng)
                       : kind == 1 ? (float)(int)(4 * dc_rng_normal(&rng)) /* many alike, many 0 */
                       : kind == 2 ? (i % 997 == 3 ? -1.0f - (float)i : 0)  /* few at all */
                                   : -1.0f;
            for (size_t k = 0; k < DC_COUNT_OF(shares); k++)
                check(v, sizes[s], DC_MAX((uint64_t)(shares[k] * (double)sizes[s]), UINT64_C(1)));
        }
        free(v);
    }
}

static void of_nothing_nothing_is_chosen(void **state)
{
    const float zeros[100] = { 0 };
    (void)state;
    check(zeros, 100, 7);
    check(zeros, 0, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_greatest_are_chosen_whatever_is_sampled),
        cmocka_unit_test(of_nothing_nothing_is_chosen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
