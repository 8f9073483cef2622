/* SPDX-License-Identifier: MIT
 *
 * pool.c: every task once, the first failure by index, nesting, callers beside each other.
 */
#include "test.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

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

static void mark_each(void *payload, uint64_t index)
{
    ((uint8_t *)payload)[index]++;
}

static void what_cannot_fail_runs_once_too(void **state)
{
    (void)state;
    for (unsigned n_jobs = 1; n_jobs <= 5; n_jobs++) {
        uint8_t marks[1000] = { 0 };
        dc_pool_set_jobs(n_jobs);
        dc_pool_each(1000, mark_each, marks);
        for (int i = 0; i < 1000; i++)
            assert_int_equal(marks[i], 1);
    }
    dc_pool_each(0, mark_each, NULL);
}

static void parts_are_nearly_equal_and_leave_nothing_out(void **state)
{
    (void)state;
    const uint64_t sizes[] = { 0, 1, 63, 64, 65, 1000, UINT64_C(1) << 62 };
    for (size_t s = 0; s < DC_COUNT_OF(sizes); s++) {
        assert_true(dc_part_start(sizes[s], 0, 64) == 0);
        assert_true(dc_part_start(sizes[s], 64, 64) == sizes[s]);
        for (uint64_t part = 0; part < 64; part++) {
            const uint64_t n =
                dc_part_start(sizes[s], part + 1, 64) - dc_part_start(sizes[s], part, 64);
            assert_true(n == sizes[s] / 64 || n == sizes[s] / 64 + 1);
        }
    }
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

static dc_status call_often(uint8_t *marks)
{
    for (int repeat = 0; repeat < 200; repeat++) {
        memset(marks, 0, 100);
        DC_TRY(dc_pool_run(100, mark, marks));
        for (int i = 0; i < 100; i++)
            if (marks[i] != 1)
                return dc_fail(DC_EINPUT, "task %d ran %d times", i, marks[i]);
    }
    return DC_OK;
}

static void *call_from_a_thread(void *marks)
{
    return call_often(marks) == DC_OK ? marks : NULL;
}

static void threads_of_the_program_may_all_call(void **state)
{
    uint8_t marks[4][100];
    pthread_t threads[4];
    void *result;
    (void)state;
    dc_pool_set_jobs(3);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_from_a_thread, marks[i]), 0);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_non_null(result);
    }
}

static void a_forked_child_has_a_pool_of_its_own(void **state)
{
    uint8_t marks[100];
    int how = -1;
    (void)state;
    dc_pool_set_jobs(3);
    assert_ok(call_often(marks));
    const pid_t child = fork();
    if (child == 0)
        _exit(call_often(marks) == DC_OK ? 0 : 1);
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

static dc_status fail_at_once(void *payload, uint64_t index)
{
    (void)payload;
    return dc_fail(DC_ELIMIT, "task %d", (int)index);
}

static void alone_is_inside_a_task(void **state)
{
    uint8_t marks[100] = { 0 };
    (void)state;
    dc_pool_set_jobs(4);
    assert_ok(dc_pool_run_alone(run_inner, marks));
    for (int i = 0; i < 10; i++)
        assert_int_equal(marks[i], 1);
    assert_fails(DC_ELIMIT, dc_pool_run_alone(fail_at_once, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once_for_any_number_of_jobs),
        cmocka_unit_test(what_cannot_fail_runs_once_too),
        cmocka_unit_test(the_failure_with_the_lowest_index_arrives_with_its_message),
        cmocka_unit_test(parts_are_nearly_equal_and_leave_nothing_out),
        cmocka_unit_test(nested_work_runs_in_line),
        cmocka_unit_test(jobs_can_be_set_and_given_back),
        cmocka_unit_test(threads_of_the_program_may_all_call),
        cmocka_unit_test(a_forked_child_has_a_pool_of_its_own),
        cmocka_unit_test(alone_is_inside_a_task),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
