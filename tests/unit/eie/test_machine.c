/* SPDX-License-Identifier: MIT
 *
 * Numbered micro-tests of the machine: cycle counts in closed form (docs/eie.md, 4).
 * 1xx one PE, 2xx rows and banks, 3xx queues, 4xx bypass, 5xx batches and blocks, 6xx the whole.
 */
#include "small_layer.h"

static const int32_t ones[64] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                  1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };

/* ---- 1xx: one PE ---------------------------------------------------------------------------- */

static void t101_a_column_of_n_entries_takes_n_plus_8_cycles(void **state)
{
    (void)state;
    for (uint32_t n = 1; n <= 20; n++) {
        float weights[20];
        for (uint32_t i = 0; i < 20; i++)
            weights[i] = i < n ? (float)(1 + i % 3) : 0;
        small_layer s;
        const dc_eie_config config = small_config(1);
        small_layer_make(&s, &config, weights, 20, 1, NULL, false);
        assert_int_equal(small_layer_run(&s, ones), n + 8);
        assert_int_equal(s.counters.macs, n);
        assert_int_equal(s.counters.fillers, 0);
        small_layer_free(&s);
    }
}

static void t102_an_empty_column_takes_its_cycle(void **state)
{
    (void)state;
    small_layer s;
    const dc_eie_config config = small_config(1);
    const float empty[] = { 0 };
    small_layer_make(&s, &config, empty, 1, 1, NULL, false);
    assert_int_equal(small_layer_run(&s, ones), 5); /* nothing enters the arithmetic */
    assert_int_equal(s.counters.pointer_reads, 1);
    small_layer_free(&s);
    const float between[] = { 1, 0, 2 }; /* entries, none, entries: three cycles of walking */
    small_layer_make(&s, &config, between, 1, 3, NULL, false);
    assert_int_equal(small_layer_run(&s, ones), 1 + 1 + 1 + 8);
    small_layer_free(&s);
}

static void t103_a_gap_over_15_takes_a_filler(void **state)
{
    (void)state;
    const dc_eie_config config = small_config(1);
    for (uint32_t gap = 14; gap <= 49; gap++) {
        float weights[51] = { 0 };
        small_layer s;
        weights[gap] = 3;
        small_layer_make(&s, &config, weights, gap + 1, 1, NULL, false);
        const uint32_t n_fillers = gap / 16;
        assert_int_equal(small_layer_run(&s, ones), 1 + n_fillers + 8);
        assert_int_equal(s.counters.fillers, n_fillers);
        assert_int_equal(s.counters.accumulator_writes, 1);
        assert_int_equal(s.output[gap], 3);
        small_layer_free(&s);
    }
}

static void t104_a_zero_activation_is_never_sent(void **state)
{
    (void)state;
    const float weights[] = { 1, 2, 3, 4, 5 };
    const int32_t zeros[5] = { 0 }, one[5] = { 0, 0, 7, 0, 0 };
    small_layer s;
    const dc_eie_config config = small_config(1);
    small_layer_make(&s, &config, weights, 1, 5, NULL, false);
    assert_int_equal(small_layer_run(&s, zeros), 5 + 1); /* a bubble a row, then the swap */
    assert_int_equal(s.counters.broadcasts, 0);
    assert_int_equal(s.counters.row_bubbles, 5);
    assert_int_equal(small_layer_run(&s, one), 2 + 1 + 8);
    assert_int_equal(s.output[0], 21);
    small_layer_free(&s);
}

static void t105_a_negative_activation_counts(void **state)
{
    (void)state;
    const float weights[] = { 1, 2 };
    const int32_t input[] = { -3, -4 };
    small_layer s;
    const dc_eie_config config = small_config(1);
    small_layer_make(&s, &config, weights, 1, 2, NULL, false);
    assert_int_equal(small_layer_run(&s, input), 2 + 8);
    assert_int_equal(s.output[0], -11);
    small_layer_free(&s);
    small_layer_make(&s, &config, weights, 1, 2, NULL, true);
    small_layer_run(&s, input);
    assert_int_equal(s.output[0], 0); /* ReLU at write-back */
    small_layer_free(&s);
}

static void t106_full_columns_follow_without_a_gap(void **state)
{
    (void)state;
    float weights[3 * 10];
    small_layer s;
    const dc_eie_config config = small_config(1);
    for (uint32_t i = 0; i < 30; i++)
        weights[i] = (float)(1 + i % 5);
    small_layer_make(&s, &config, weights, 3, 10, NULL, false);
    assert_int_equal(small_layer_run(&s, ones), 30 + 8);
    assert_int_equal(s.counters.line_reads, 4); /* 30 entries, 8 a line, the buffer kept */
    small_layer_free(&s);
}

static void t107_a_bias_is_one_more_column(void **state)
{
    (void)state;
    const float weights[] = { 1, 0, 2 }, bias[] = { 5, -6, 7 };
    const int32_t input[] = { 10 };
    small_layer s;
    const dc_eie_config config = small_config(1);
    small_layer_make(&s, &config, weights, 3, 1, bias, false);
    assert_int_equal(small_layer_run(&s, input), 2 + 3 + 8);
    assert_int_equal(s.output[0], 15);
    assert_int_equal(s.output[1], -6);
    assert_int_equal(s.output[2], 27);
    small_layer_free(&s);
}

/* ---- 2xx: rows and banks -------------------------------------------------------------------- */

static uint64_t run_two_rows(uint32_t bank, uint64_t *bubbles)
{
    float weights[8];
    int32_t input[8] = { 0 };
    small_layer s;
    const dc_eie_config config = small_config(4);
    for (uint32_t j = 0; j < 8; j++)
        weights[j] = 1;
    input[bank] = 2, input[4 + bank] = 3;
    small_layer_make(&s, &config, weights, 1, 8, NULL, false);
    const uint64_t cycles = small_layer_run(&s, input);
    assert_int_equal(s.output[0], 5);
    *bubbles = s.counters.row_bubbles;
    small_layer_free(&s);
    return cycles;
}

static void t201_a_row_change_costs_a_cycle(void **state)
{
    (void)state;
    uint64_t bubbles;
    for (uint32_t bank = 0; bank < 3; bank++) {
        assert_int_equal(run_two_rows(bank, &bubbles), 2 + 1 + 8);
        assert_int_equal(bubbles, 2);
    }
}

static void t202_but_not_after_the_last_bank(void **state)
{
    (void)state;
    uint64_t bubbles;
    assert_int_equal(run_two_rows(3, &bubbles), 1 + 1 + 8);
    assert_int_equal(bubbles, 0);
}

/* ---- 3xx: queues ---------------------------------------------------------------------------- */

static uint64_t run_columns(uint32_t fifo_depth, uint32_t n_entries, uint32_t n_columns,
                            uint64_t *held)
{
    float weights[4 * 20];
    small_layer s;
    dc_eie_config config = small_config(1);
    config.fifo_depth = fifo_depth;
    for (uint32_t i = 0; i < 4 * 20; i++)
        weights[i] = 1;
    small_layer_make(&s, &config, weights, n_entries, n_columns, NULL, false);
    const uint64_t cycles = small_layer_run(&s, ones);
    *held = s.counters.held_cycles;
    small_layer_free(&s);
    return cycles;
}

static void t301_a_queue_of_two_has_one_column_waiting(void **state)
{
    (void)state;
    uint64_t held;
    /* it is taken the cycle after its push, and only then is there room for the next */
    assert_int_equal(run_columns(2, 1, 20, &held), 19 * 2 + 1 + 8);
    assert_int_equal(held, 19);
    /* walks of two cycles and more hide that */
    for (uint32_t n = 2; n <= 4; n++)
        assert_int_equal(run_columns(2, n, 20, &held), 20 * n + 8);
    assert_int_equal(run_columns(3, 1, 20, &held), 20 + 8);
    assert_int_equal(held, 0);
}

static void t302_a_full_queue_holds_the_broadcast(void **state)
{
    (void)state;
    uint64_t held;
    /* 4 cycles a column; pushes run ahead until 7 wait, then follow the walk */
    assert_int_equal(run_columns(8, 4, 20, &held), 4 * 20 + 8);
    assert_true(held > 30);
    assert_int_equal(run_columns(64, 4, 20, &held), 4 * 20 + 8);
    assert_int_equal(held, 0);
}

static void t303_one_full_queue_holds_all(void **state)
{
    (void)state;
    enum { N_COLS = 40, LONG = 8 };
    float weights[2 * LONG * N_COLS] = { 0 };
    int32_t input[N_COLS];
    small_layer s;
    const dc_eie_config config = small_config(2);
    for (uint32_t j = 0; j < N_COLS; j++) {
        input[j] = 1;
        for (uint32_t i = 0; i < LONG; i++)
            weights[2 * i * N_COLS + j] = 1; /* even rows: PE 0 works, PE 1 has nothing */
    }
    small_layer_make(&s, &config, weights, 2 * LONG, N_COLS, NULL, false);
    assert_int_equal(small_layer_run(&s, input), LONG * N_COLS + 8);
    assert_true(s.counters.held_cycles > (LONG - 1) * (N_COLS - 10));
    small_layer_free(&s);
}

static void t304_rows_are_not_passed_while_a_broadcast_is_held(void **state)
{
    (void)state;
    enum { N_ROWS = 10, N_COLS = 43 };
    float weights[N_ROWS * N_COLS];
    const int32_t input[N_COLS] = { 1, 1, 1 }; /* and 40 rows of one bank that hold nothing */
    small_layer s;
    dc_eie_config config = small_config(1);
    config.fifo_depth = 2;
    for (uint32_t i = 0; i < N_ROWS * N_COLS; i++)
        weights[i] = 1;
    small_layer_make(&s, &config, weights, N_ROWS, N_COLS, NULL, false);
    /* the first is walked, the second waits, the third is held until the second is taken */
    const uint32_t second_is_taken = 2 + N_ROWS;
    assert_int_equal(small_layer_run(&s, input), second_is_taken + 1 + 40 + 1);
    assert_int_equal(s.counters.row_bubbles, 40);
    assert_int_equal(s.counters.held_cycles, 1 + N_ROWS - 1);
    small_layer_free(&s);
}

/* ---- 4xx: bypass ---------------------------------------------------------------------------- */

static void t401_hits_one_and_two_cycles_apart_are_bypassed(void **state)
{
    (void)state;
    /* columns of one entry in row 0, with n empty columns between the two */
    for (uint32_t n_between = 0; n_between < 4; n_between++) {
        float weights[6] = { 0 };
        small_layer s;
        const dc_eie_config config = small_config(1);
        weights[0] = 2, weights[1 + n_between] = 3;
        small_layer_make(&s, &config, weights, 1, 6, NULL, false);
        small_layer_run(&s, ones);
        assert_int_equal(s.output[0], 5);
        assert_int_equal(s.counters.bypasses, n_between < 2 ? 1 : 0);
        small_layer_free(&s);
    }
}

static void t402_a_chain_of_hits_adds_up(void **state)
{
    (void)state;
    float weights[32];
    small_layer s;
    const dc_eie_config config = small_config(1);
    for (uint32_t j = 0; j < 32; j++)
        weights[j] = (float)(1 + j % 4);
    small_layer_make(&s, &config, weights, 1, 32, NULL, false);
    assert_int_equal(small_layer_run(&s, ones), 32 + 8);
    assert_int_equal(s.counters.bypasses, 31);
    assert_int_equal(s.output[0], 80);
    small_layer_free(&s);
}

/* ---- 5xx: batches and blocks ---------------------------------------------------------------- */

static void t501_batches_are_loaded_one_by_one(void **state)
{
    (void)state;
    const float weights[] = { 1, 2, 3, 4, 5 };
    small_layer s;
    dc_eie_config config = small_config(1);
    config.n_act_registers = 2;
    small_layer_make(&s, &config, weights, 1, 5, NULL, false);
    /* load, 2 columns, load, 2 columns, load, the last column */
    assert_int_equal(small_layer_run(&s, ones), 1 + 2 + 1 + 2 + 1 + 1 + 8);
    assert_int_equal(s.counters.load_cycles, 3);
    assert_int_equal(s.output[0], 15);
    small_layer_free(&s);
}

static void t502_a_load_takes_a_cycle_for_64_bits(void **state)
{
    (void)state;
    static const struct {
        uint32_t precision, n_lanes;
    } widths[] = { { DC_EIE_8, 8 }, { DC_EIE_16, 4 }, { DC_EIE_32, 2 } };
    for (size_t i = 0; i < DC_COUNT_OF(widths); i++) {
        float weights[20];
        small_layer s;
        dc_eie_config config = small_config(1);
        config.n_act_registers = 10;
        config.precision = widths[i].precision;
        for (uint32_t j = 0; j < 20; j++)
            weights[j] = 1;
        small_layer_make(&s, &config, weights, 1, 20, NULL, false);
        small_layer_run(&s, ones);
        assert_int_equal(s.counters.load_cycles,
                         2 * ((10 + widths[i].n_lanes - 1) / widths[i].n_lanes));
        small_layer_free(&s);
    }
}

static void t503_blocks_are_stored_one_by_one(void **state)
{
    (void)state;
    const float weights[] = { 1, 2, 3 };
    small_layer s;
    dc_eie_config config = small_config(1);
    config.n_act_registers = 2;
    small_layer_make(&s, &config, weights, 3, 1, NULL, false);
    /* two entries, store; one entry, store */
    assert_int_equal(small_layer_run(&s, ones), (2 + 8) + 1 + (1 + 8) + 1);
    assert_int_equal(s.counters.broadcasts, 2);
    assert_int_equal(s.output[2], 3);
    small_layer_free(&s);
}

/* ---- 6xx: the whole ------------------------------------------------------------------------- */

static void t601_outputs_equal_the_oracle_on_any_number_of_pes(void **state)
{
    (void)state;
    static const uint32_t n_pes[] = { 1, 2, 3, 5, 16, 64, 100, 256, 1024 };
    int32_t input[300];
    uint64_t n_saturations = 0;
    for (size_t i = 0; i < DC_COUNT_OF(n_pes); i++)
        for (uint32_t precision = 0; precision < 3; precision++) {
            small_layer s;
            dc_eie_config config = small_config(n_pes[i]);
            config.precision = precision;
            config.n_act_registers = i % 2 == 0 ? 64 : 3;
            config.index_bits = 1 + (uint32_t)i % 8;
            small_layer_make_random(&s, &config, 200, 300, 0.1, 7 + i, true, input);
            small_layer_run(&s, input);
            n_saturations += s.counters.saturations;
            small_layer_free(&s);
        }
    assert_true(n_saturations > 0);
}

static void t602_the_order_of_units_does_not_matter(void **state)
{
    (void)state;
    enum { N_PES = 5, N_UNITS = 1 + UNITS_OF_PE * N_PES };
    int32_t input[60], plain[40];
    uint32_t order[N_UNITS];
    small_layer s;
    dc_rng rng;
    dc_eie_config config = small_config(N_PES);
    config.fifo_depth = 3;
    config.n_act_registers = 4; /* batches and blocks too */
    small_layer_make_random(&s, &config, 40, 60, 0.3, 3, true, input);
    small_layer_run(&s, input);
    const dc_eie_counters wanted = s.counters;
    memcpy(plain, s.output, sizeof plain);
    dc_rng_init(&rng, 11, 0);
    for (uint32_t i = 0; i < N_UNITS; i++)
        order[i] = i;
    for (uint32_t round = 0; round < 50; round++) {
        machine_set_order(s.machine, order, N_UNITS);
        small_layer_run(&s, input);
        assert_memory_equal(&s.counters, &wanted, sizeof wanted);
        assert_memory_equal(s.output, plain, sizeof plain);
        dc_rng_shuffle(&rng, order, N_UNITS);
    }
    small_layer_free(&s);
}

static void t603_a_dead_unit_is_found(void **state)
{
    (void)state;
    enum { N_PES = 3, N_UNITS = 1 + UNITS_OF_PE * N_PES };
    int32_t input[30];
    uint32_t order[N_UNITS], n = 0;
    small_layer s;
    const dc_eie_config config = small_config(N_PES);
    small_layer_make_random(&s, &config, 30, 30, 0.5, 3, true, input);
    for (uint32_t unit = 0; unit < N_UNITS; unit++)
        if (unit != 1 + UNITS_OF_PE * 1 + 0) /* PE 1's queue */
            order[n++] = unit;
    machine_set_order(s.machine, order, n);
    const dc_status status = dc_eie_machine_run(s.machine, s.layer, input, s.output, &s.counters);
    assert_int_equal(status, DC_ESTALL); /* the laws miss its pushes, if not the watch */
    n = 0;
    for (uint32_t unit = 0; unit < N_UNITS; unit++)
        if (unit != 1 + UNITS_OF_PE * 1 + 1) /* PE 1's pointer reader */
            order[n++] = unit;
    machine_set_order(s.machine, order, n);
    assert_fails(DC_ESTALL, dc_eie_machine_run(s.machine, s.layer, input, s.output, &s.counters));
    small_layer_free(&s);
}

/* From cycle 12 on, nothing but the CCU gets a clock. */
static void freeze(void *payload, const dc_eie_machine *machine, uint64_t cycle)
{
    static const uint32_t only_ccu[] = { 0 };
    (void)machine;
    if (cycle == 12)
        machine_set_order(payload, only_ccu, 1);
}

static void t604_a_frozen_machine_tells_every_state(void **state)
{
    (void)state;
    int32_t input[30];
    small_layer s;
    const dc_eie_config config = small_config(2);
    small_layer_make_random(&s, &config, 30, 30, 0.5, 3, true, input);
    const dc_eie_watcher watcher = { s.machine, freeze };
    dc_eie_machine_watch(s.machine, &watcher);
    assert_fails(DC_ESTALL, dc_eie_machine_run(s.machine, s.layer, input, s.output, &s.counters));
    assert_non_null(strstr(dc_message(), "no progress"));
    assert_non_null(strstr(dc_message(), "CCU "));
    assert_non_null(strstr(dc_message(), "PE 0 queue"));
    assert_non_null(strstr(dc_message(), "PE 1 queue"));
    small_layer_free(&s);
    small_layer_make_random(&s, &config, 30, 30, 0.5, 3, true, input);
    const uint32_t no_ccu[] = { 1 }; /* and without a CCU nothing ever begins */
    machine_set_order(s.machine, no_ccu, 1);
    assert_fails(DC_ESTALL, dc_eie_machine_run(s.machine, s.layer, input, s.output, &s.counters));
    assert_non_null(strstr(dc_message(), "no progress at cycle 100"));
    small_layer_free(&s);
}

static void t605_a_machine_runs_layer_after_layer(void **state)
{
    (void)state;
    int32_t input_a[60], input_b[300];
    small_layer a, b;
    const dc_eie_config config = small_config(4);
    small_layer_make_random(&a, &config, 40, 60, 0.3, 3, true, input_a);
    small_layer_make_random(&b, &config, 100, 300, 0.1, 4, true, input_b);
    const uint64_t cycles_a = small_layer_run(&a, input_a);
    const uint64_t cycles_b = small_layer_run(&b, input_b);
    dc_eie_machine_free(b.machine);
    b.machine = a.machine; /* the one that has run a */
    assert_int_equal(small_layer_run(&b, input_b), cycles_b);
    assert_int_equal(small_layer_run(&a, input_a), cycles_a);
    b.machine = NULL;
    small_layer_free(&a);
    small_layer_free(&b);
}

/* Shares of one run as they are told. */
typedef struct told {
    double last;
    uint32_t n;
    bool fell_back;
} told;

static void hear_pace(void *payload, double share)
{
    told *t = payload;
    t->fell_back |= share < t->last || share > 1;
    t->last = share;
    t->n++;
}

static void t606_the_pace_rises_to_1_in_each_run(void **state)
{
    (void)state;
    enum { N = 96 };
    static float weights[N * N];
    static int32_t input[N];
    for (uint32_t i = 0; i < N * N; i++)
        weights[i] = (float)(1 + i % 3);
    for (uint32_t i = 0; i < N; i++)
        input[i] = 1;
    small_layer s;
    dc_eie_config config = small_config(1);
    config.n_act_registers = 32; /* three blocks of three batches */
    small_layer_make(&s, &config, weights, N, N, NULL, false);
    for (uint32_t run = 0; run < 2; run++) {
        told t = { 0 };
        dc_eie_machine_pace(s.machine, hear_pace, &t);
        assert_true(small_layer_run(&s, input) > 9000);
        assert_true(t.n > 3);
        assert_false(t.fell_back);
        assert_near(t.last, 1, 0);
    }
    small_layer_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(t101_a_column_of_n_entries_takes_n_plus_8_cycles),
        cmocka_unit_test(t102_an_empty_column_takes_its_cycle),
        cmocka_unit_test(t103_a_gap_over_15_takes_a_filler),
        cmocka_unit_test(t104_a_zero_activation_is_never_sent),
        cmocka_unit_test(t105_a_negative_activation_counts),
        cmocka_unit_test(t106_full_columns_follow_without_a_gap),
        cmocka_unit_test(t107_a_bias_is_one_more_column),
        cmocka_unit_test(t201_a_row_change_costs_a_cycle),
        cmocka_unit_test(t202_but_not_after_the_last_bank),
        cmocka_unit_test(t301_a_queue_of_two_has_one_column_waiting),
        cmocka_unit_test(t302_a_full_queue_holds_the_broadcast),
        cmocka_unit_test(t303_one_full_queue_holds_all),
        cmocka_unit_test(t304_rows_are_not_passed_while_a_broadcast_is_held),
        cmocka_unit_test(t401_hits_one_and_two_cycles_apart_are_bypassed),
        cmocka_unit_test(t402_a_chain_of_hits_adds_up),
        cmocka_unit_test(t501_batches_are_loaded_one_by_one),
        cmocka_unit_test(t502_a_load_takes_a_cycle_for_64_bits),
        cmocka_unit_test(t503_blocks_are_stored_one_by_one),
        cmocka_unit_test(t601_outputs_equal_the_oracle_on_any_number_of_pes),
        cmocka_unit_test(t602_the_order_of_units_does_not_matter),
        cmocka_unit_test(t603_a_dead_unit_is_found),
        cmocka_unit_test(t604_a_frozen_machine_tells_every_state),
        cmocka_unit_test(t605_a_machine_runs_layer_after_layer),
        cmocka_unit_test(t606_the_pace_rises_to_1_in_each_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
