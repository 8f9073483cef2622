/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "run_internal.h"

#define N_ARRAYS 5u

typedef struct counted {
    uint8_t *times[N_ARRAYS];
} counted;

static void count(const void *payload, uint32_t array, uint64_t from, uint64_t end)
{
    const counted *c = payload;
    for (uint64_t i = from; i < end; i++)
        c->times[array][i]++;
}

/* Each element once, whatever the number of jobs; arrays of nothing are left out. */
static void every_element_is_visited_once(void **state)
{
    static const uint64_t sizes[N_ARRAYS] = { 3, 200000, 0, 65537, 1 };
    (void)state;
    for (unsigned n_jobs = 1; n_jobs <= 4; n_jobs++) {
        counted c;
        dc_pool_set_jobs(n_jobs);
        for (uint32_t i = 0; i < N_ARRAYS; i++)
            assert_non_null(c.times[i] = calloc(sizes[i] + 1, 1));
        each_span(sizes, N_ARRAYS, count, &c);
        for (uint32_t i = 0; i < N_ARRAYS; i++) {
            for (uint64_t k = 0; k < sizes[i]; k++)
                assert_int_equal(c.times[i][k], 1);
            assert_int_equal(c.times[i][sizes[i]], 0);
            free(c.times[i]);
        }
    }
    dc_pool_set_jobs(0);
}

static void no_arrays_are_no_work(void **state)
{
    (void)state;
    each_span(NULL, 0, count, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_element_is_visited_once),
        cmocka_unit_test(no_arrays_are_no_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
