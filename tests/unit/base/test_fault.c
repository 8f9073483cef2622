/* SPDX-License-Identifier: MIT
 *
 * fault.c: counting, disarming, the environment variable (set before the first question).
 */
#include "test.h"

static void the_variable_is_read_at_the_first_question(void **state)
{
    (void)state;
    assert_int_equal(setenv("DCOMP_FAULT", "write:2", 1), 0);
    assert_false(dc_fault_hits(DC_FAULT_READ));
    assert_false(dc_fault_hits(DC_FAULT_WRITE));
    assert_true(dc_fault_hits(DC_FAULT_WRITE));
    assert_true(dc_fault_hits(DC_FAULT_WRITE));
    dc_fault_arm(DC_FAULT_WRITE, 0);
    assert_false(dc_fault_hits(DC_FAULT_WRITE));
}

static void the_nth_and_all_after_it_fail(void **state)
{
    (void)state;
    dc_fault_arm(DC_FAULT_ALLOC, 3);
    assert_false(dc_fault_hits(DC_FAULT_ALLOC));
    assert_false(dc_fault_hits(DC_FAULT_ALLOC));
    assert_false(dc_fault_hits(DC_FAULT_READ));
    assert_true(dc_fault_hits(DC_FAULT_ALLOC));
    assert_true(dc_fault_hits(DC_FAULT_ALLOC));
    dc_fault_arm(DC_FAULT_ALLOC, 0);
    assert_false(dc_fault_hits(DC_FAULT_ALLOC));
}

static dc_status ask(void *payload, uint64_t index)
{
    ((bool *)payload)[index] = dc_fault_hits(DC_FAULT_READ);
    return DC_OK;
}

static void threads_share_one_count(void **state)
{
    (void)state;
    bool hits[1000];
    unsigned n_hits = 0;
    dc_pool_set_jobs(4);
    dc_fault_arm(DC_FAULT_READ, 901);
    assert_ok(dc_pool_run(1000, ask, hits));
    dc_fault_arm(DC_FAULT_READ, 0);
    for (size_t i = 0; i < 1000; i++)
        n_hits += hits[i];
    assert_int_equal(n_hits, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_variable_is_read_at_the_first_question),
        cmocka_unit_test(the_nth_and_all_after_it_fail),
        cmocka_unit_test(threads_share_one_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
