/* SPDX-License-Identifier: MIT
 *
 * pool.c: every task once, the first failure by index, nesting.
 */
#include "test.h"

static dc_status mark(void *payload, uint64_t index)
{
    ((uint8_t *)payload)[index]++;
    return DC_OK;
}

static void every_task_runs_once_for_any_number_of_jobs(void **state)
{
    (void)state;
    for (unsigned n_jobs = 0; n_jobs <= 5; n_jobs++) {
        uint8_t marks[1000] = { 0 };
        dc_pool_set_jobs(n_jobs);
        assert_ok(dc_pool_run(1000, mark, marks));
        for (int i = 0; i < 1000; i++)
            assert_int_equal(marks[i], 1);
    }
    assert_ok(dc_pool_run(0, mark, NULL));
}

static dc_status fail_from_40(void *payload, uint64_t index)
{
    (void)payload;
    return index < 40 ? DC_OK : dc_fail(index == 40 ? DC_ELIMIT : DC_EIO, "task %d", (int)index);
}

static void the_failure_with_the_lowest_index_arrives_with_its_message(void **state)
{
    (void)state;
    for (unsigned n_jobs = 1; n_jobs <= 4; n_jobs++) {
        dc_pool_set_jobs(n_jobs);
        for (int repeat = 0; repeat < 50; repeat++) {
            assert_fails(DC_ELIMIT, dc_pool_run(200, fail_from_40, NULL));
            assert_string_equal(dc_message(), "task 40");
        }
    }
}

static dc_status run_inner(void *payload, uint64_t index)
{
    return dc_pool_run(10, mark, (uint8_t *)payload + 10 * index);
}

static void nested_work_runs_in_line(void **state)
{
    (void)state;
    uint8_t marks[100] = { 0 };
    dc_pool_set_jobs(4);
    assert_ok(dc_pool_run(10, run_inner, marks));
    for (int i = 0; i < 100; i++)
        assert_int_equal(marks[i], 1);
}

static void jobs_can_be_set_and_given_back(void **state)
{
    (void)state;
    dc_pool_set_jobs(3);
    assert_int_equal(dc_pool_jobs(), 3);
    dc_pool_set_jobs(0);
    assert_true(dc_pool_jobs() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once_for_any_number_of_jobs),
        cmocka_unit_test(the_failure_with_the_lowest_index_arrives_with_its_message),
        cmocka_unit_test(nested_work_runs_in_line),
        cmocka_unit_test(jobs_can_be_set_and_given_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
