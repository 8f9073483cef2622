/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "cli.h"

static void times_are_in_minutes_and_hours(void **state)
{
    (void)state;
    char text[CLI_TEXT_BYTES];
    assert_string_equal(cli_time_text(text, 0.4), "0:00");
    assert_string_equal(cli_time_text(text, 61), "1:01");
    assert_string_equal(cli_time_text(text, 3599), "59:59");
    assert_string_equal(cli_time_text(text, 3753), "1:02:33");
    assert_string_equal(cli_time_text(text, 360000), "100:00:00");
    assert_string_equal(cli_time_text(text, -1), "0:00");
    assert_non_null(cli_time_text(text, 1e300));
}

static void slow_rates_have_decimals(void **state)
{
    (void)state;
    char text[CLI_TEXT_BYTES];
    assert_string_equal(cli_rate_text(text, 0.0123), "0.012/s");
    assert_string_equal(cli_rate_text(text, 0.52), "0.52/s");
    assert_string_equal(cli_rate_text(text, 3.14), "3.1/s");
    assert_string_equal(cli_rate_text(text, 9.99), "10/s");
    assert_string_equal(cli_rate_text(text, 288.4), "288/s");
    assert_string_equal(cli_rate_text(text, 999.7), "1,000/s");
    assert_string_equal(cli_rate_text(text, 1920), "1,920/s");
    assert_string_equal(cli_rate_text(text, 54321.4), "54,321/s");
    assert_string_equal(cli_rate_text(text, 999999.7), "1,000,000/s");
    assert_string_equal(cli_rate_text(text, 12345678), "12,345,678/s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_in_minutes_and_hours),
        cmocka_unit_test(slow_rates_have_decimals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
