/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/accelerator.h"

typedef struct counts {
    uint64_t cycles, entries;
    uint32_t not_counted;
} counts;

static const dc_field count_fields[] = {
    { .name = "entries", .kind = DC_FIELD_U64, .offset = offsetof(counts, entries) },
    { .name = "cycles", .kind = DC_FIELD_U64, .offset = offsetof(counts, cycles) },
    { 0 },
};

static void counters_are_added_by_their_fields(void **state)
{
    (void)state;
    counts sum = { 3, UINT64_C(1) << 40, 7 };
    const counts more = { 4, 5, 6 };
    dc_counters_add(&sum, &more, count_fields);
    assert_int_equal(sum.cycles, 7);
    assert_int_equal(sum.entries, (UINT64_C(1) << 40) + 5);
    assert_int_equal(sum.not_counted, 7);
}

static void balance_and_power_follow_from_counts(void **state)
{
    (void)state;
    const dc_machine_facts facts = { .n_pes = 4, .clock_mhz = 500 };
    dc_machine_figures f = { .cycles = 1000, .entries = 3000, .energy_pj = 5000 };
    dc_machine_figures_derive(&f, &facts);
    assert_near(f.theoretical_cycles, 750, 0);
    assert_near(f.load_balance, 0.75, 1e-12);
    assert_near(f.power_mw, 2.5, 1e-12); /* 5 nJ in 2 us */
}

static void without_cycles_nothing_is_balanced_or_spent(void **state)
{
    (void)state;
    const dc_machine_facts facts = { .n_pes = 4, .clock_mhz = 500 };
    dc_machine_figures f = { 0 };
    dc_machine_figures_derive(&f, &facts);
    assert_near(f.load_balance, 0, 0);
    assert_near(f.power_mw, 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_are_added_by_their_fields),
        cmocka_unit_test(balance_and_power_follow_from_counts),
        cmocka_unit_test(without_cycles_nothing_is_balanced_or_spent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
