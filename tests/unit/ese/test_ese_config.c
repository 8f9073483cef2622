/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "ese_internal.h"

static void defaults_are_those_of_the_paper(void **state)
{
    (void)state;
    const dc_ese_config c = dc_ese_defaults();
    assert_ok(dc_ese_check(&c));
    assert_int_equal(c.n_channels, 32);
    assert_int_equal(c.n_pes, 32);
    assert_int_equal(c.weight_bits + c.index_bits, 16);
    assert_int_equal(c.n_table_samples, 2048);
    assert_near(c.clock_mhz, 200, 0);
}

static void assert_refused(const dc_ese_config *c, const char *words)
{
    assert_int_equal(dc_ese_check(c), DC_EINPUT);
    assert_non_null(strstr(dc_message(), words));
}

static void contradictions_are_refused(void **state)
{
    (void)state;
    dc_ese_config c = dc_ese_defaults();
    c.n_pes = 257;
    assert_refused(&c, "'pes' is 257");
    c = dc_ese_defaults();
    c.weight_bits = 13;
    assert_refused(&c, "an entry of 17 bits");
    c = dc_ese_defaults();
    c.act_buffer_words = 513;
    assert_refused(&c, "a weight buffer of 512");
    c = dc_ese_defaults();
    c.refresh_cycles = c.refresh_interval_cycles;
    assert_refused(&c, "no time to read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_those_of_the_paper),
        cmocka_unit_test(contradictions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
