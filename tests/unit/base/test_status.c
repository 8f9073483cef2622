/* SPDX-License-Identifier: MIT
 *
 * status.c: codes, texts and the message of a thread.
 */
#include <errno.h>
#include <pthread.h>

#include "test.h"

static void dc_fail_returns_its_code_and_keeps_the_message(void **state)
{
    (void)state;
    assert_int_equal(dc_fail(DC_ECORRUPT, "bad count %d in '%s'", 7, "x"), DC_ECORRUPT);
    assert_string_equal(dc_message(), "bad count 7 in 'x'");
}

static void a_failure_of_the_system_has_its_text_and_code(void **state)
{
    (void)state;
    char wanted[200]; /* in the language of the locale */
    dc_print(wanted, sizeof wanted, "cannot write 'x': %s", strerror(ENOSPC));
    errno = ENOSPC;
    assert_int_equal(dc_fail_system("write", "x"), DC_EIO);
    assert_string_equal(dc_message(), wanted);
    errno = ENOMEM;
    assert_int_equal(dc_fail_system("map", "x"), DC_ENOMEM);
}

static void a_message_may_be_made_from_the_last_one(void **state)
{
    (void)state;
    dc_fail(DC_EIO, "inner");
    dc_fail(DC_EIO, "outer %s", dc_message());
    assert_string_equal(dc_message(), "outer inner");
}

static void a_long_message_is_cut_at_500_bytes(void **state)
{
    (void)state;
    char text[2000];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    dc_fail(DC_EIO, "%s", text);
    assert_int_equal(strlen(dc_message()), 500);
}

static void dc_fail_within_puts_the_subject_before(void **state)
{
    (void)state;
    assert_int_equal(dc_fail_within(dc_fail(DC_EINPUT, "too few rows"), "fc1"), DC_EINPUT);
    assert_string_equal(dc_message(), "fc1: too few rows");
    assert_int_equal(dc_fail_within(DC_OK, "fc2"), DC_OK);
    assert_string_equal(dc_message(), "fc1: too few rows");
}

static void every_code_has_its_text(void **state)
{
    (void)state;
    assert_string_equal(dc_status_text(DC_OK), "ok");
    assert_string_equal(dc_status_text(DC_ECORRUPT), "malformed input");
    assert_string_equal(dc_status_text(DC_ESTALL), "no progress");
    assert_string_equal(dc_status_text(DC_EDIVERGED), "training diverged");
}

static void *fail_elsewhere(void *payload)
{
    dc_fail(DC_EIO, "elsewhere");
    return payload;
}

static void another_thread_leaves_our_message_alone(void **state)
{
    (void)state;
    pthread_t thread;
    dc_fail(DC_EIO, "here");
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, NULL), 0);
    pthread_join(thread, NULL);
    assert_string_equal(dc_message(), "here");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dc_fail_returns_its_code_and_keeps_the_message),
        cmocka_unit_test(a_failure_of_the_system_has_its_text_and_code),
        cmocka_unit_test(a_message_may_be_made_from_the_last_one),
        cmocka_unit_test(a_long_message_is_cut_at_500_bytes),
        cmocka_unit_test(dc_fail_within_puts_the_subject_before),
        cmocka_unit_test(every_code_has_its_text),
        cmocka_unit_test(another_thread_leaves_our_message_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
