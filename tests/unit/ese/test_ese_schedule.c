/* SPDX-License-Identifier: MIT
 *
 * The schedule against a stepper, which goes through the manual, 4, cycle by cycle: buses, queues,
 * elements and the element-wise unit as they are, and what each element does in each cycle.
 */
#include "ese_case.h"

enum { IDLE = 4 }; /* cycles from the last entry until the scheduler goes on */

typedef struct stepper {
    const dc_ese_program *program;
    uint64_t cycle, n_bursts_left, pass_left;
    uint32_t fetch_stage, fetch_tile, n_queued[32], n_taken[32], n_busy[32], n_pushed;
    ese_cost costs[DC_MAX_CELL_STAGES * 64]; /* of stages */
    uint64_t entries;
} stepper;

static void begin_fetch(stepper *s, uint32_t stage, uint32_t tile)
{
    const dc_ese_config *c = &s->program->config;
    s->fetch_stage = stage;
    s->fetch_tile = tile;
    s->n_bursts_left = 0;
    if (stage == s->program->n_stages)
        return;
    const ese_stage *st = &s->program->stages[stage];
    for (uint32_t row = 0; row < st->tiles[tile].n_cols + 1 + st->tiles[tile].n_weight_rows; row++)
        for (uint32_t at = 0; at < 2 * c->n_pes; at += c->bus_bytes)
            s->n_bursts_left++;
    for (uint64_t i = 0; tile == 0 && i < st->n_elements; i++)
        for (uint32_t at = 0; at < 2 * c->n_channels; at += c->bus_bytes)
            s->n_bursts_left++;
    for (uint64_t at = 0; tile == 0 && at < 2 * st->n_shared_words; at += c->bus_bytes)
        s->n_bursts_left++;
}

/* What goes on beside the elements in each cycle. */
static void tick(stepper *s)
{
    const dc_ese_config *c = &s->program->config;
    if (s->cycle >= c->dram_latency_cycles &&
        s->cycle % c->refresh_interval_cycles >= c->refresh_cycles)
        s->n_bursts_left -= DC_MIN(s->n_bursts_left, c->n_dimms);
    s->pass_left -= s->pass_left > 0;
    s->cycle++;
}

static bool step_elements(stepper *s, ese_cost *cost, const ese_stage *st, const ese_tile *tile)
{
    const uint32_t n_pes = s->program->config.n_pes;
    bool is_full = false, is_done = s->n_pushed == tile->n_cols;
    for (uint32_t k = 0; k < n_pes; k++)
        is_full |= s->n_queued[k] == s->program->config.fifo_depth;
    for (uint32_t k = 0; k < n_pes; k++) {
        if (s->n_busy[k] == 0 && s->n_queued[k] > 0) {
            const uint64_t at = (uint64_t)(tile->first_col + s->n_taken[k]++) * n_pes + k;
            const uint32_t n = st->starts[at + 1] - st->starts[at];
            s->n_busy[k] = n > 0 ? n : 1;
            s->n_queued[k]--;
            cost->empty += n == 0;
            s->entries += n;
        } else if (s->n_busy[k] == 0 && s->n_taken[k] < tile->n_cols) {
            cost->starved++;
        } else if (s->n_busy[k] == 0) {
            cost->finished++;
        }
        s->n_busy[k] -= s->n_busy[k] > 0;
        is_done &= s->n_taken[k] == tile->n_cols && s->n_busy[k] == 0;
    }
    if (s->n_pushed < tile->n_cols && is_full)
        cost->held_cycles++;
    if (s->n_pushed < tile->n_cols && !is_full) {
        for (uint32_t k = 0; k < n_pes; k++)
            s->n_queued[k]++;
        s->n_pushed++;
    }
    return is_done;
}

static void run_tile(stepper *s, uint32_t index, uint32_t tile)
{
    const ese_stage *st = &s->program->stages[index];
    const uint32_t n_pes = s->program->config.n_pes;
    ese_cost *cost = &s->costs[index];
    for (; s->n_bursts_left > 0; tick(s))
        cost->fetch += n_pes;
    if (tile + 1 < st->n_tiles)
        begin_fetch(s, index, tile + 1);
    else
        begin_fetch(s, index + 1, 0);
    s->n_pushed = 0;
    memset(s->n_taken, 0, sizeof s->n_taken);
    for (bool is_done = false; !is_done; tick(s))
        is_done = step_elements(s, cost, st, &st->tiles[tile]);
    for (int i = 0; i < IDLE; i++, tick(s))
        cost->finished += n_pes;
}

static uint64_t pass_of(const dc_ese_program *p, const ese_stage *st)
{
    const dc_ese_config *c = &p->config;
    uint64_t n = c->vector_latency_cycles;
    for (uint32_t i = 0; i < st->n_rows; i += c->vector_width) {
        const uint32_t n_bytes = 2 * c->vector_width * c->n_channels;
        n += st->makes_outputs ? (n_bytes + c->bus_bytes - 1) / c->bus_bytes : 1;
    }
    return n;
}

static void run(stepper *s)
{
    const dc_ese_program *p = s->program;
    const uint32_t n_pes = p->config.n_pes;
    begin_fetch(s, 0, 0);
    for (uint32_t i = 0; i <= p->n_stages; i++) {
        if (i == p->n_stages || p->stages[i].awaits_pass) {
            for (; s->pass_left > 0; tick(s)) {
                s->costs[i - 1].exposed += n_pes;
                s->costs[i - 1].cycles++;
            }
        }
        if (i == p->n_stages)
            return;
        const uint64_t begin = s->cycle;
        for (uint32_t t = 0; t < p->stages[i].n_tiles; t++)
            run_tile(s, i, t);
        for (; s->pass_left > 0; tick(s))
            s->costs[i].pass += n_pes;
        s->costs[i].cycles += s->cycle - begin;
        s->pass_left = pass_of(p, &p->stages[i]);
    }
}

static void assert_same(const dc_ese_program *program)
{
    static stepper s;
    memset(&s, 0, sizeof s);
    s.program = program;
    assert_true(program->n_stages <= DC_COUNT_OF(s.costs) && program->config.n_pes <= 32);
    run(&s);
    assert_int_equal(s.cycle * program->config.n_pes, program->n_pe_cycles);
    for (uint32_t i = 0; i < program->n_stages; i++) {
        const ese_cost *a = &s.costs[i], *b = &program->stages[i].cost;
        assert_int_equal(a->cycles, b->cycles);
        assert_int_equal(a->held_cycles, b->held_cycles);
        assert_int_equal(a->empty, b->empty);
        assert_int_equal(a->starved, b->starved);
        assert_int_equal(a->finished, b->finished);
        assert_int_equal(a->fetch, b->fetch);
        assert_int_equal(a->pass, b->pass);
        assert_int_equal(a->exposed, b->exposed);
    }
}

static void a_schedule_equals_its_cycles(void **state)
{
    (void)state;
    enum { SEED = 23, N_CASES = 250 };
    dc_rng rng;
    print_message("seed %d\n", SEED);
    dc_rng_init(&rng, SEED, 0);
    for (int i = 0; i < N_CASES; i++) {
        const dc_ese_config config = random_config(&rng);
        layer_case layer;
        step_case step;
        layer_case_make(&layer, &config, 1 + (uint32_t)dc_rng_below(&rng, 2 * MOST),
                        1 + (uint32_t)dc_rng_below(&rng, 2 * MOST),
                        0.01 * PICK(&rng, 5, 30, 100), &rng);
        step_case_make(&step, &config, &rng);
        assert_same(layer.program);
        assert_same(step.program);
        dc_arena_clear(&layer.arena);
        dc_arena_clear(&step.arena);
    }
}

/* All of a column of n entries on one element: the fetch of 2 pointers and n weights of a burst
 * each, then push, n entries, and 4 cycles; then the pass of one row. */
static void one_column_takes_what_the_manual_says(void **state)
{
    (void)state;
    dc_rng rng;
    layer_case c;
    dc_ese_config config = dc_ese_defaults();
    config.n_pes = 1;
    config.n_channels = 1;
    config.n_dimms = 1;
    config.dram_latency_cycles = 60; /* behind the first refresh */
    dc_rng_init(&rng, 1, 0);
    layer_case_make(&c, &config, 10, 1, 1, &rng);
    const uint64_t n_beside = 1 + (c.matrix.bias != NULL); /* x; biases */
    assert_int_equal(c.program->n_pe_cycles,
                     60 + (2 + 10 + n_beside) + (1 + 10 + 4) + (10 + 20));
    dc_arena_clear(&c.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schedule_equals_its_cycles),
        cmocka_unit_test(one_column_takes_what_the_manual_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
