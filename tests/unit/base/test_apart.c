/* SPDX-License-Identifier: MIT
 *
 * apart.c: what a task in a copy of the process took, and how it failed; this process stays as it
 * was.
 */
#include "test.h"

#include <stdlib.h>

static int n_calls;

static dc_status touch(void *payload, uint64_t index)
{
    const size_t *n_bytes = payload;
    (void)index;
    n_calls++;
    unsigned char *memory = malloc(*n_bytes);
    if (memory == NULL)
        return dc_fail(DC_ENOMEM, "no memory");
    memset(memory, 1, *n_bytes);
    const unsigned char last = *(volatile unsigned char *)(memory + *n_bytes - 1);
    free(memory);
    return last == 1 ? DC_OK : dc_fail(DC_ESTALL, "not written");
}

static void memory_that_a_task_gave_back_counts(void **state)
{
    size_t small = 1 << 20, large = 64 << 20;
    uint64_t of_small, of_large;
    (void)state;
    n_calls = 0;
    assert_ok(dc_run_apart(&of_small, touch, &small));
    assert_ok(dc_run_apart(&of_large, touch, &large));
    assert_true(of_large >= 60u << 20 && of_small < 40u << 20);
    assert_ok(dc_run_apart(&of_small, touch, &small)); /* the one before is forgotten */
    assert_true(of_small < 40u << 20);
    assert_int_equal(n_calls, 0); /* it was a copy's */
}

static dc_status fail_at_once(void *payload, uint64_t index)
{
    (void)index;
    return dc_fail(DC_ELIMIT, "said by %s", (const char *)payload);
}

static void failures_come_back(void **state)
{
    char name[] = "the copy";
    uint64_t grown;
    (void)state;
    assert_fails(DC_ELIMIT, dc_run_apart(&grown, fail_at_once, name));
    assert_string_equal(dc_message(), "said by the copy");
}

static dc_status end_at_once(void *payload, uint64_t index)
{
    (void)payload;
    (void)index;
    _Exit(3);
}

static void a_copy_that_ends_by_itself_is_a_failure(void **state)
{
    uint64_t grown;
    (void)state;
    assert_fails(DC_ENOMEM, dc_run_apart(&grown, end_at_once, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_that_a_task_gave_back_counts),
        cmocka_unit_test(failures_come_back),
        cmocka_unit_test(a_copy_that_ends_by_itself_is_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
