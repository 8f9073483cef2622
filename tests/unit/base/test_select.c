/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include "test.h"

static int by_value(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static void each_rank_is_that_of_a_sort(void **state)
{
    (void)state;
    float values[50], sorted[50];
    dc_rng rng;
    dc_rng_init(&rng, 1, 0);
    for (int round = 0; round < 40; round++) {
        const uint64_t n = 1 + dc_rng_below(&rng, 50), n_kinds = 1 + dc_rng_below(&rng, 60);
        for (uint64_t i = 0; i < n; i++)
            sorted[i] = (float)dc_rng_below(&rng, n_kinds) - 20;
        for (uint64_t k = 0; k < n; k++) {
            memcpy(values, sorted, n * sizeof *values);
            const float found = dc_select_smallest(values, n, k);
            qsort(values, n, sizeof *values, by_value);
            assert_true(found == values[k]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rank_is_that_of_a_sort),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
