/* SPDX-License-Identifier: MIT */
#include "small_layer.h"

enum { N_BINS = 500 };

static float shares[64 * N_BINS];

/* Fills `shares`; how many bins were used. Up to 256 PEs each has a row of its own. */
static uint32_t used_of(const dc_activity *activity)
{
    uint32_t n_rows, n_used;
    dc_activity_shares(shares, &n_rows, &n_used, activity);
    assert_int_equal(n_rows, activity->n_pes);
    return n_used;
}

static double busy_of(const dc_activity *a, uint32_t k)
{
    double sum = 0;
    for (uint32_t i = 0; i < a->n_bins; i++)
        sum += (double)a->busy[k * a->n_bins + i];
    return sum;
}

static double busy_of_all(const dc_activity *a)
{
    double sum = 0;
    for (uint32_t k = 0; k < a->n_pes; k++)
        sum += busy_of(a, k);
    return sum;
}

/* A layer of n_rows x n_cols whose weights are there with the given percentage. */
static void make_watched(small_layer *s, dc_activity **activity, uint32_t n_pes, uint32_t n_rows,
                         uint32_t n_cols, uint32_t percent)
{
    static float weights[200 * 200];
    const dc_eie_config config = small_config(n_pes);
    dc_rng rng;
    dc_rng_init(&rng, 19, 0);
    assert_true(n_rows * n_cols <= DC_COUNT_OF(weights));
    for (uint32_t i = 0; i < n_rows * n_cols; i++)
        weights[i] = dc_rng_below(&rng, 100) < percent ? (float)(1 + dc_rng_below(&rng, 15)) : 0;
    small_layer_make(s, &config, weights, n_rows, n_cols, NULL, false);
    assert_ok(dc_activity_new(activity, config.n_pes, &s->arena));
    const dc_eie_watcher watcher = dc_eie_activity_watcher(*activity);
    dc_eie_machine_watch(s->machine, &watcher);
}

static void fill_ones(int32_t *input, uint32_t n)
{
    for (uint32_t j = 0; j < n; j++)
        input[j] = 1;
}

/* ---- counts of a run ------------------------------------------------------------------------ */

static void counts_add_up_to_the_entries(void **state)
{
    (void)state;
    static const uint32_t pes[] = { 1, 3, 8, 64 };
    int32_t input[100];
    fill_ones(input, 100);
    for (size_t i = 0; i < DC_COUNT_OF(pes); i++) {
        small_layer s;
        dc_activity *activity;
        make_watched(&s, &activity, pes[i], 100, 100, 10);
        const uint64_t cycles = small_layer_run(&s, input);
        assert_int_equal(activity->n_pes, pes[i]);
        assert_int_equal(activity->n_cycles, cycles);
        assert_near(busy_of_all(activity), s.counters.entries, 0);
        assert_true(s.counters.fillers > 0 || pes[i] > 1); /* they keep a PE busy too */
        for (uint32_t k = 0; k < pes[i]; k++) /* all inputs are there: all entries are touched */
            assert_near(busy_of(activity, k), s.layer->pe_entries[k], 0);
        small_layer_free(&s);
    }
}

static void several_runs_are_counted_one_after_the_other(void **state)
{
    (void)state;
    int32_t input[30];
    small_layer s;
    dc_activity *activity;
    fill_ones(input, 30);
    make_watched(&s, &activity, 4, 40, 30, 20);
    const uint64_t cycles = small_layer_run(&s, input);
    const uint64_t n_entries = s.counters.entries;
    for (uint32_t run = 1; run < 20; run++)
        small_layer_run(&s, input);
    assert_int_equal(activity->n_cycles, 20 * cycles);
    assert_near(busy_of_all(activity), 20 * n_entries, 0);
    small_layer_free(&s);
}

static void a_long_run_halves_its_bins_and_loses_nothing(void **state)
{
    (void)state;
    int32_t input[200];
    small_layer s;
    dc_activity *activity;
    fill_ones(input, 200);
    make_watched(&s, &activity, 1, 200, 200, 15); /* some 6000 entries on one PE */
    const uint64_t cycles = small_layer_run(&s, input);
    uint64_t wanted = 1;
    while (wanted * N_BINS < cycles)
        wanted *= 2;
    assert_int_equal(activity->n_bins, N_BINS);
    assert_true(wanted >= 8);
    assert_int_equal(activity->cycles_per_bin, wanted);
    assert_near(busy_of_all(activity), s.counters.entries, 0);
    const uint32_t n_used = used_of(activity);
    assert_int_equal(n_used, (cycles + wanted - 1) / wanted);
    assert_true(n_used > N_BINS / 2 && n_used <= N_BINS);
    for (uint32_t i = n_used; i < N_BINS; i++)
        assert_near(activity->busy[i], 0, 0);
    small_layer_free(&s);
}

/* ---- cycle by cycle, with hand-set registers ------------------------------------------------ */

typedef struct bench {
    dc_arena arena;
    dc_eie_machine *machine;
    dc_activity *activity;
    dc_eie_watcher watcher;
    uint64_t n_seen;
} bench;

static void bench_begin(bench *b, uint32_t n_pes)
{
    const dc_eie_config config = small_config(n_pes);
    *b = (bench){ 0 };
    assert_ok(dc_eie_machine_new(&b->machine, &config));
    assert_ok(dc_activity_new(&b->activity, config.n_pes, &b->arena));
    b->watcher = dc_eie_activity_watcher(b->activity);
}

static void bench_end(bench *b)
{
    dc_eie_machine_free(b->machine);
    dc_arena_clear(&b->arena);
}

/* n cycles in which the PEs of the mask take an entry. */
static void see_cycles(bench *b, uint64_t n, uint32_t busy_pes)
{
    for (uint32_t k = 0; k < b->activity->n_pes; k++)
        b->machine->pes[k].now.flags = busy_pes >> k & 1 ? E_VALID : WALK_VALID | S1_VALID;
    for (uint64_t i = 0; i < n; i++)
        b->watcher.see(b->watcher.payload, b->machine, b->n_seen++);
}

static void before_anything_was_seen_no_bin_is_used(void **state)
{
    (void)state;
    bench b;
    bench_begin(&b, 3);
    assert_int_equal(b.activity->cycles_per_bin, 1);
    assert_int_equal(used_of(b.activity), 0);
    bench_end(&b);
}

static void only_a_cycle_with_an_entry_is_busy(void **state)
{
    (void)state;
    bench b;
    bench_begin(&b, 2);
    see_cycles(&b, 1, 1);
    see_cycles(&b, 1, 0); /* a walk and the arithmetic alone do not count */
    see_cycles(&b, 1, 3);
    assert_int_equal(used_of(b.activity), 3);
    const float wanted[] = { 1, 0, 1, 0, 0, 1 };
    assert_memory_equal(shares, wanted, sizeof wanted);
    bench_end(&b);
}

static void the_bins_are_halved_when_one_cycle_more_comes(void **state)
{
    (void)state;
    bench b;
    bench_begin(&b, 2);
    see_cycles(&b, N_BINS, 1);
    assert_int_equal(b.activity->cycles_per_bin, 1);
    assert_int_equal(used_of(b.activity), N_BINS);
    see_cycles(&b, 1, 1);
    assert_int_equal(b.activity->cycles_per_bin, 2);
    assert_int_equal(used_of(b.activity), N_BINS / 2 + 1);
    assert_near(b.activity->busy[0], 2, 0);
    assert_near(b.activity->busy[N_BINS / 2], 1, 0);
    see_cycles(&b, N_BINS, 1);
    assert_int_equal(b.activity->cycles_per_bin, 4);
    assert_near(busy_of(b.activity, 0), 2 * N_BINS + 1, 0);
    assert_near(busy_of(b.activity, 1), 0, 0);
    bench_end(&b);
}

static void a_share_is_of_the_cycles_that_a_bin_has_seen(void **state)
{
    (void)state;
    bench b;
    bench_begin(&b, 1);
    see_cycles(&b, 3 * N_BINS, 0); /* four cycles a bin */
    see_cycles(&b, 4, 1);
    see_cycles(&b, 1, 1);
    see_cycles(&b, 3, 0);
    see_cycles(&b, 2, 1); /* the last bin has seen two of its four */
    const uint32_t n = used_of(b.activity);
    assert_int_equal(n, 3 * N_BINS / 4 + 3);
    assert_near(shares[n - 4], 0, 0);
    assert_near(shares[n - 3], 1, 0);
    assert_near(shares[n - 2], 0.25, 0);
    assert_near(shares[n - 1], 1, 0);
    bench_end(&b);
}

static void every_share_is_from_zero_to_one(void **state)
{
    (void)state;
    static const uint32_t pes[] = { 1, 5, 64 };
    int32_t input[200];
    fill_ones(input, 200);
    for (size_t i = 0; i < DC_COUNT_OF(pes); i++) {
        small_layer s;
        dc_activity *activity;
        make_watched(&s, &activity, pes[i], 200, 200, 5);
        small_layer_run(&s, input);
        const uint32_t n = used_of(activity);
        uint32_t n_idle = 0;
        for (uint32_t at = 0; at < pes[i] * n; at++) {
            n_idle += shares[at] <= 0;
            assert_true(shares[at] >= 0 && shares[at] <= 1);
        }
        assert_true(n_idle > 0 && n_idle < pes[i] * n);
        small_layer_free(&s);
    }
}

static void many_pes_share_rows(void **state)
{
    (void)state;
    static float means[600 * N_BINS];
    uint32_t n_rows, n_used;
    bench b;
    bench_begin(&b, 600); /* three a row, 200 rows */
    for (uint32_t k = 0; k < 600; k++)
        b.machine->pes[k].now.flags = k % 3 == 0 ? E_VALID : 0;
    b.watcher.see(b.watcher.payload, b.machine, 0);
    dc_activity_shares(means, &n_rows, &n_used, b.activity);
    assert_int_equal(n_rows, 200);
    assert_int_equal(n_used, 1);
    for (uint32_t row = 0; row < n_rows; row++)
        assert_near(means[row], 1.0 / 3, 1e-6);
    bench_end(&b);
}

static void a_pe_without_rows_is_idle_throughout(void **state)
{
    (void)state;
    int32_t input[20];
    small_layer s;
    dc_activity *activity;
    fill_ones(input, 20);
    make_watched(&s, &activity, 8, 5, 20, 100); /* five rows on eight PEs */
    small_layer_run(&s, input);
    const uint32_t n = used_of(activity);
    for (uint32_t k = 0; k < 8; k++) {
        uint32_t n_busy = 0;
        for (uint32_t i = 0; i < n; i++)
            n_busy += shares[k * n + i] > 0;
        assert_int_equal(n_busy, k < 5 ? 20 : 0);
    }
    small_layer_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_add_up_to_the_entries),
        cmocka_unit_test(several_runs_are_counted_one_after_the_other),
        cmocka_unit_test(a_long_run_halves_its_bins_and_loses_nothing),
        cmocka_unit_test(before_anything_was_seen_no_bin_is_used),
        cmocka_unit_test(only_a_cycle_with_an_entry_is_busy),
        cmocka_unit_test(the_bins_are_halved_when_one_cycle_more_comes),
        cmocka_unit_test(a_share_is_of_the_cycles_that_a_bin_has_seen),
        cmocka_unit_test(every_share_is_from_zero_to_one),
        cmocka_unit_test(many_pes_share_rows),
        cmocka_unit_test(a_pe_without_rows_is_idle_throughout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
