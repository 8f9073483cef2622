/* SPDX-License-Identifier: MIT
 *
 * cpu.c: levels and meters.
 */
#include "test.h"

static void limits_take_flags_away_and_native_gives_them_back(void **state)
{
    (void)state;
    assert_ok(dc_cpu_limit("native"));
    const unsigned all = dc_cpu_flags();
    assert_ok(dc_cpu_limit("ref"));
    assert_int_equal(dc_cpu_flags(), 0);
    if (all & DC_CPU_AVX2) {
        assert_ok(dc_cpu_limit("avx2"));
        assert_int_equal(dc_cpu_flags(), DC_CPU_AVX2);
    }
    if (all & DC_CPU_AVX512) {
        assert_ok(dc_cpu_limit("avx512"));
        assert_int_equal(dc_cpu_flags() & DC_CPU_AMX_BF16, 0);
    }
    assert_fails(DC_EINPUT, dc_cpu_limit("mmx"));
    assert_ok(dc_cpu_limit("native"));
    assert_int_equal(dc_cpu_flags(), all);
}

static void a_level_that_the_processor_lacks_is_named(void **state)
{
    (void)state;
    assert_ok(dc_cpu_limit("native"));
    const unsigned all = dc_cpu_flags();
    const char *lacking = (all & DC_CPU_AVX2) == 0     ? "avx2"
                          : (all & DC_CPU_AVX512) == 0 ? "avx512"
                                                       : NULL;
    if (lacking == NULL)
        skip();
    assert_fails(DC_EUNSUPPORTED, dc_cpu_limit(lacking));
    assert_non_null(strstr(dc_message(), lacking));
    assert_int_equal(dc_cpu_flags(), all);
}

static void higher_levels_imply_lower_ones(void **state)
{
    (void)state;
    const unsigned flags = dc_cpu_flags();
    if (flags & DC_CPU_AVX512)
        assert_true(flags & DC_CPU_AVX2);
    if (flags & (DC_CPU_AVX512_VNNI | DC_CPU_AVX512_BF16 | DC_CPU_AMX_BF16))
        assert_true(flags & DC_CPU_AVX512);
}

static void the_meters_run(void **state)
{
    (void)state;
    const double start = dc_clock_seconds();
    assert_true(dc_peak_memory_bytes() > 100000);
    assert_true(dc_clock_seconds() >= start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_take_flags_away_and_native_gives_them_back),
        cmocka_unit_test(a_level_that_the_processor_lacks_is_named),
        cmocka_unit_test(higher_levels_imply_lower_ones),
        cmocka_unit_test(the_meters_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
