/* SPDX-License-Identifier: MIT */
#include "test.h"

/* Run as locale_base_print too, where the program's own numbers have commas. */
static void numbers_have_points(void **state)
{
    (void)state;
    char text[32], *end;
    assert_int_equal(dc_print(text, sizeof text, "%.2f %g", 0.5, 0.25), 9);
    assert_string_equal(text, "0.50 0.25");
    assert_near(dc_text_number("0.5x", &end), 0.5, 0);
    assert_string_equal(end, "x");
}

static void everything_that_prints_does_so(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_reader reader = dc_reader_over("", 0, "x");
    assert_string_equal(dc_arena_print(&arena, "%g", 0.5), "0.5");
    dc_fail(DC_EINPUT, "%g", 0.5);
    assert_string_equal(dc_message(), "0.5");
    dc_reader_fail(&reader, DC_ECORRUPT, "%g", 0.5);
    assert_non_null(strstr(dc_message(), "0.5 in 'x'"));
    dc_arena_clear(&arena);
}

static void the_program_keeps_its_locale(void **state)
{
    (void)state;
    const char *name = getenv("DCOMP_TEST_LOCALE");
    char own[32], ours[32];
    dc_print(ours, sizeof ours, "%g", 0.5);
    snprintf(own, sizeof own, "%g", 0.5);
    assert_string_equal(own, name != NULL ? "0,5" : "0.5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_have_points),
        cmocka_unit_test(everything_that_prints_does_so),
        cmocka_unit_test(the_program_keeps_its_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
