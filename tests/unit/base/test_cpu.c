/* SPDX-License-Identifier: MIT
 *
 * cpu.c and talk.c: levels, meters, the listener.
 */
#include "test.h"

static void limits_take_flags_away_and_native_gives_them_back(void **state)
{
    (void)state;
    assert_ok(dc_cpu_limit("native"));
    const unsigned all = dc_cpu_flags();
    assert_ok(dc_cpu_limit("ref"));
    assert_int_equal(dc_cpu_flags(), 0);
    assert_ok(dc_cpu_limit("avx2"));
    assert_int_equal(dc_cpu_flags(), all & DC_CPU_AVX2);
    assert_ok(dc_cpu_limit("avx512"));
    assert_int_equal(dc_cpu_flags() & DC_CPU_AMX_BF16, 0);
    assert_fails(DC_EINPUT, dc_cpu_limit("mmx"));
    assert_ok(dc_cpu_limit("native"));
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

typedef struct heard {
    char warning[100], progress[100];
} heard;

static void hear_warning(void *payload, const char *text)
{
    snprintf(((heard *)payload)->warning, 100, "%s", text);
}

static void hear_progress(void *payload, const char *label, uint64_t done, uint64_t total,
                          const char *extra)
{
    snprintf(((heard *)payload)->progress, 100, "%s %d/%d %s", label, (int)done, (int)total, extra);
}

static void the_listener_hears_until_it_is_taken_away(void **state)
{
    (void)state;
    heard h = { "", "" };
    dc_warn("nobody hears");
    const dc_listener listener = { &h, hear_warning, hear_progress };
    dc_set_listener(&listener);
    dc_warn("%d of %s", 3, "four");
    dc_progress("train", 2, 9, NULL);
    dc_set_listener(NULL);
    dc_warn("late");
    assert_string_equal(h.warning, "3 of four");
    assert_string_equal(h.progress, "train 2/9 ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(limits_take_flags_away_and_native_gives_them_back),
        cmocka_unit_test(higher_levels_imply_lower_ones),
        cmocka_unit_test(the_meters_run),
        cmocka_unit_test(the_listener_hears_until_it_is_taken_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
