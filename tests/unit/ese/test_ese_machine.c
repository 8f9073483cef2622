/* SPDX-License-Identifier: MIT
 *
 * Machine against oracle, over random shapes, densities and parameters; the run's own laws are
 * checked by each run.
 */
#include "ese_case.h"

enum { SEED = 17, N_CASES = 400, ENOUGH = 40 };

static void layers_equal_the_oracle(void **state)
{
    (void)state;
    uint64_t n_saturated = 0, n_filled = 0, n_blocks = 0, n_tiles = 0;
    dc_rng rng;
    print_message("seed %d\n", SEED);
    dc_rng_init(&rng, SEED, 0);
    for (int i = 0; i < N_CASES; i++) {
        layer_case c;
        dc_ese_machine *machine;
        dc_ese_counters counters = { 0 };
        const dc_ese_config config = random_config(&rng);
        const uint32_t n_rows = 1 + (uint32_t)dc_rng_below(&rng, 4 * MOST);
        const uint32_t n_cols = 1 + (uint32_t)dc_rng_below(&rng, 4 * MOST);
        layer_case_make(&c, &config, n_rows, n_cols, 0.01 * PICK(&rng, 2, 10, 50, 100), &rng);
        assert_ok(dc_ese_machine_new(&machine, &config));
        assert_ok(dc_ese_run(machine, c.program, c.input, c.output, &counters));
        dc_ese_ref_run(c.ref, c.input, c.expected);
        assert_memory_equal(c.output, c.expected, n_rows * sizeof *c.output);
        assert_int_equal(counters.n_inputs, n_cols);
        assert_int_equal(counters.macs, c.packed.n_nonzero);
        n_saturated += counters.saturations > 0;
        n_filled += counters.fillers > 0;
        n_blocks += c.program->n_stages > 1;
        n_tiles += counters.tiles > c.program->n_stages;
        dc_ese_machine_free(machine);
        dc_arena_clear(&c.arena);
    }
    assert_true(n_saturated > ENOUGH && n_filled > ENOUGH && n_blocks > ENOUGH);
    assert_true(n_tiles > ENOUGH);
}

static void steps_equal_the_oracle(void **state)
{
    (void)state;
    uint64_t n_moved = 0, n_exposed = 0, n_waiting = 0;
    dc_rng rng;
    print_message("seed %d\n", SEED + 1);
    dc_rng_init(&rng, SEED + 1, 0);
    for (int i = 0; i < N_CASES; i++) {
        step_case c;
        dc_ese_machine *machine;
        dc_ese_counters counters[DC_MAX_CELL_STAGES] = { 0 };
        const dc_ese_config config = random_config(&rng);
        step_case_make(&c, &config, &rng);
        const dc_cell_state now = { c.said, c.cells };
        const dc_cell_state expected = { c.expected_said, c.expected_cells };
        const int32_t before = c.cells[0];
        assert_ok(dc_ese_machine_new(&machine, &config));
        for (int step = 0; step < 3; step++) {
            assert_ok(dc_ese_run_cell(machine, c.program, c.input, &now, counters));
            assert_ok(dc_ese_ref_run_cell(c.ref, c.input, &expected));
            assert_memory_equal(c.said, c.expected_said, c.cell.n_said * sizeof *c.said);
            assert_memory_equal(c.cells, c.expected_cells, c.cell.n_cells * sizeof *c.cells);
        }
        n_moved += c.cells[0] != before;
        const dc_ese_counters *last = &counters[dc_ese_n_stages(c.program) - 1];
        assert_int_equal(last->n_runs, 3);
        n_exposed += last->exposed_cycles > 0;
        for (uint32_t s = 0; s < dc_ese_n_stages(c.program); s++)
            n_waiting += counters[s].pass_pe_cycles > 0;
        dc_ese_machine_free(machine);
        dc_arena_clear(&c.arena);
    }
    assert_true(n_moved > N_CASES / 2 && n_exposed > N_CASES / 2 && n_waiting > ENOUGH);
}

/* One cell, by hand: x = 0.5 with weights i 1, o 1, f 0, g 2, all else 0. */
static void a_step_is_that_of_an_lstm(void **state)
{
    (void)state;
    const float of_x[4] = { 1, 1, 0, 2 }, of_h[4] = { 0.25f, 0, 0, 0 };
    const double bias[4] = { 0 };
    const dc_pack_plan plan = { .is_column_major = true, .gap_bits = 4 };
    const dc_ese_config config = dc_ese_defaults();
    dc_ese_counters counters[DC_MAX_CELL_STAGES] = { 0 };
    dc_arena arena = { 0 };
    dc_packed packed[2];
    dc_csc csc[2];
    dc_ese_program *program;
    dc_ese_machine *machine;
    assert_ok(dc_pack(&packed[0], of_x, 4, 1, &plan, &arena));
    assert_ok(dc_pack(&packed[1], of_h, 4, 1, &plan, &arena));
    for (int m = 0; m < 2; m++)
        assert_ok(dc_csc_of(&csc[m], &packed[m], 0, 4, NULL, &arena));
    const dc_cell cell = { .name = "one",
                           .n_inputs = 1,
                           .n_cells = 1,
                           .n_said = 1,
                           .input = { &packed[0], &csc[0] },
                           .recurrent = { &packed[1], &csc[1] },
                           .bias = bias,
                           .format = { .input_weight = 9, .weight = 9, .input = 12, .said = 14,
                                       .sums = 12 } };
    int32_t x = 1 << 11, said = 0, kept = 1 << 11; /* 0.5, 0, 1 */
    assert_ok(dc_ese_program_of_cell(&program, &cell, &config, &arena));
    assert_ok(dc_ese_machine_new(&machine, &config));
    assert_ok(dc_ese_run_cell(machine, program, &x, &(dc_cell_state){ &said, &kept }, counters));
    const double i = 1 / (1 + exp(-0.5)), c = 0.5 + i * tanh(1);
    assert_near(kept / 2048.0, c, 2 / 2048.0);
    assert_near(said / 16384.0, i * tanh(c), 0.5 * 128 / 2048.0); /* half a sample of the table */
    assert_int_equal(dc_ese_n_stages(program), 8);
    dc_ese_machine_free(machine);
    dc_arena_clear(&arena);
}

static void a_broken_law_is_told(void **state)
{
    (void)state;
    dc_rng rng;
    layer_case c;
    dc_ese_machine *machine;
    dc_ese_counters counters = { 0 };
    dc_rng_init(&rng, 5, 0);
    const dc_ese_config config = dc_ese_defaults();
    layer_case_make(&c, &config, 50, 40, 0.3, &rng);
    c.program->stages[0].cost.finished++;
    assert_ok(dc_ese_machine_new(&machine, &config));
    assert_int_equal(dc_ese_run(machine, c.program, c.input, c.output, &counters), DC_ESTALL);
    assert_non_null(strstr(dc_message(), "PE-cycles by cause"));
    assert_int_equal(counters.cycles, 0);
    dc_ese_machine_free(machine);
    dc_arena_clear(&c.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_equal_the_oracle),
        cmocka_unit_test(steps_equal_the_oracle),
        cmocka_unit_test(a_step_is_that_of_an_lstm),
        cmocka_unit_test(a_broken_law_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
