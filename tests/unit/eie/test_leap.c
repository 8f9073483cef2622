/* SPDX-License-Identifier: MIT
 *
 * A run by columns against the same run stepped cycle by cycle: every counter of every PE, all
 * cycles and all outputs.
 */
#include "small_layer.h"

static void look(void *payload, const dc_eie_machine *machine, uint64_t cycle)
{
    (void)machine;
    *(uint64_t *)payload = cycle;
}

/* A machine that somebody watches is stepped. */
static dc_eie_machine *watched_machine(const dc_eie_config *config, uint64_t *last_cycle)
{
    dc_eie_machine *machine;
    const dc_eie_watcher watcher = { last_cycle, look };
    assert_ok(dc_eie_machine_new(&machine, config));
    dc_eie_machine_watch(machine, &watcher);
    return machine;
}

static void assert_same_pe(const pe *a, const pe *b)
{
    assert_int_equal(a->counts.pushes, b->counts.pushes);
    assert_int_equal(a->counts.bypasses, b->counts.bypasses);
    assert_int_equal(a->counts.saturations, b->counts.saturations);
    assert_memory_equal(a->flushed, b->flushed, N_TALLIES * sizeof *a->flushed);
}

/* Twice, because a second run begins with what the first one left. */
static void assert_same_runs(small_layer *s, const int32_t *input)
{
    static int32_t output[4096];
    uint64_t last_cycle = 0;
    dc_eie_machine *stepped = watched_machine(&s->config, &last_cycle);
    for (uint32_t run = 1; run <= 2; run++) {
        dc_eie_counters counters = { 0 };
        const uint64_t cycles = small_layer_run(s, input);
        assert_ok(dc_eie_machine_run(stepped, s->layer, input, output, &counters));
        assert_int_equal(counters.cycles, cycles);
        assert_int_equal(last_cycle + 1, run * cycles);
        assert_memory_equal(&counters, &s->counters, sizeof counters);
        assert_memory_equal(output, s->output, s->matrix.n_rows * sizeof *output);
        for (uint32_t k = 0; k < s->config.n_pes; k++)
            assert_same_pe(&s->machine->pes[k], &stepped->pes[k]);
    }
    dc_eie_machine_free(stepped);
}

static uint32_t pick(dc_rng *rng, const uint32_t *values, size_t n)
{
    return values[dc_rng_below(rng, n)];
}
#define PICK(rng, ...)                                                                            \
    pick(rng, (const uint32_t[]){ __VA_ARGS__ },                                                  \
         sizeof((const uint32_t[]){ __VA_ARGS__ }) / sizeof(uint32_t))

static dc_eie_config random_config(dc_rng *rng)
{
    dc_eie_config config = small_config(PICK(rng, 1, 2, 3, 4, 7, 16, 64, 65, 130));
    config.fifo_depth = PICK(rng, 2, 2, 3, 4, 8, 9, 64);
    config.sram_width_bits = PICK(rng, 16, 32, 64, 128, 512);
    config.code_bits = PICK(rng, 1, 2, 4, 5, 8);
    config.index_bits = PICK(rng, 1, 2, 3, 4, 8); /* few bits make fillers */
    config.precision = PICK(rng, DC_EIE_16, DC_EIE_8, DC_EIE_32);
    config.n_act_registers = PICK(rng, 1, 2, 3, 12, 64, 64, 1024); /* few make batches, blocks */
    return config;
}

/* What must have occurred for the comparison to mean something. */
typedef struct seen {
    uint64_t held, bubbles, fillers, bypasses, saturations, loads, stores;
} seen;

static void see_counters(seen *all, const dc_eie_counters *c)
{
    all->held += c->held_cycles > 0;
    all->bubbles += c->row_bubbles > 0;
    all->fillers += c->fillers > 0;
    all->bypasses += c->bypasses > 0;
    all->saturations += c->saturations > 0;
    all->loads += c->load_cycles > 0;
    all->stores += c->store_cycles > 0;
}

static void a_leap_equals_the_steps_of_its_cycles(void **state)
{
    (void)state;
    enum { N_LAYERS = 400, MOST = 200, ENOUGH = 60 };
    static int32_t input[MOST];
    dc_rng rng;
    seen all = { 0 };
    const uint64_t seed = 31;
    print_message("seed %u\n", (unsigned)seed);
    dc_rng_init(&rng, seed, 0);
    for (uint32_t i = 0; i < N_LAYERS; i++) {
        small_layer s;
        const dc_eie_config config = random_config(&rng);
        const uint32_t n_rows = 1 + (uint32_t)dc_rng_below(&rng, MOST);
        const uint32_t n_cols = 1 + (uint32_t)dc_rng_below(&rng, MOST);
        const uint32_t percent = PICK(&rng, 1, 5, 20, 60, 100);
        const bool has_bias = dc_rng_below(&rng, 2) != 0;
        small_layer_make_random(&s, &config, n_rows, n_cols, percent / 100.0, i, has_bias, input);
        assert_same_runs(&s, input);
        see_counters(&all, &s.counters);
        small_layer_free(&s);
    }
    assert_true(all.held > ENOUGH && all.bubbles > ENOUGH && all.fillers > ENOUGH);
    assert_true(all.bypasses > ENOUGH && all.saturations > ENOUGH);
    assert_true(all.loads > ENOUGH && all.stores > ENOUGH);
}

static void nothing_but_zeros_and_nothing_but_empty_columns(void **state)
{
    (void)state;
    const float empty[3 * 5] = { 0 };
    const int32_t zeros[5] = { 0 }, ones[5] = { 1, 1, 1, 1, 1 };
    small_layer s;
    dc_eie_config config = small_config(2);
    config.n_act_registers = 1;
    small_layer_make(&s, &config, empty, 3, 5, NULL, false);
    assert_same_runs(&s, zeros);
    assert_same_runs(&s, ones);
    small_layer_free(&s);
}

/* A trace may begin when runs are over that nobody watched; its cycles go on from there. */
static void cycles_are_counted_on_when_a_watcher_comes(void **state)
{
    (void)state;
    int32_t input[40];
    uint64_t last_cycle = 0;
    small_layer s;
    const dc_eie_config config = small_config(3);
    small_layer_make_random(&s, &config, 30, 40, 0.4, 5, true, input);
    const uint64_t cycles = small_layer_run(&s, input);
    const dc_eie_watcher watcher = { &last_cycle, look };
    dc_eie_machine_watch(s.machine, &watcher);
    assert_int_equal(small_layer_run(&s, input), cycles);
    assert_int_equal(last_cycle + 1, 2 * cycles);
    small_layer_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_leap_equals_the_steps_of_its_cycles),
        cmocka_unit_test(nothing_but_zeros_and_nothing_but_empty_columns),
        cmocka_unit_test(cycles_are_counted_on_when_a_watcher_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
