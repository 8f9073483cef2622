/* SPDX-License-Identifier: MIT
 *
 * The published LSTM, on the machine and beside what was published (docs/ese.md, 7).
 */
#include "test.h"

#include "dcomp/ese.h"
#include "dcomp/pipeline.h"

static void run(dc_simulate_result *out, dc_pruning pruning, uint64_t seed, dc_arena *arena)
{
    dc_simulate_settings settings = dc_simulate_defaults();
    const dc_published *p = &dc_ese_published;
    const dc_ese_config config = dc_ese_defaults();
    const dc_synthetic_cell spec = { p->n_inputs, p->n_cells, p->n_said,
                                     p->whole->weight_density, pruning };
    settings.accelerator = &dc_accelerator_ese;
    settings.seed = seed;
    assert_ok(dc_simulate_cell(out, &config, 1, &spec, &settings, arena));
    assert_true(out->outputs_match);
    assert_int_equal(out->n_layers, p->n_layers);
}

static double us_of(const dc_simulate_result *r)
{
    return (double)r->figures.cycles / r->facts.clock_mhz;
}

static void the_step_takes_what_was_published(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 2; seed++) {
        dc_arena arena = { 0 };
        dc_simulate_result r;
        run(&r, DC_PRUNING_BALANCED, seed, &arena);
        const dc_published *p = &dc_ese_published;
        assert_near(r.figures.theoretical_cycles / r.facts.clock_mhz / p->whole->theoretical_us, 1,
                    0.01);
        assert_near(us_of(&r) / p->whole->actual_us, 1, 0.05);
        for (uint32_t i = 0; i < p->n_layers; i++) {
            const dc_machine_figures *f = &r.layers[i].figures;
            const double us =
                ((double)f->cycles - f->exposed_cycles) / r.facts.clock_mhz;
            assert_string_equal(r.layers[i].name, p->layers[i].name);
            assert_near(us / p->layers[i].actual_us, 1, 0.1);
        }
        dc_arena_clear(&arena);
    }
}

static void balance_pays_as_was_published(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_simulate_result dense, plain, balanced;
    run(&dense, DC_PRUNING_NONE, 1, &arena);
    run(&plain, DC_PRUNING_PLAIN, 1, &arena);
    run(&balanced, DC_PRUNING_BALANCED, 1, &arena);
    assert_near(us_of(&dense) / us_of(&balanced) / 6.2, 1, 0.1);
    assert_near(us_of(&dense) / us_of(&plain) / 5.5, 1, 0.1);
    assert_true(us_of(&plain) > 1.05 * us_of(&balanced));
    dc_arena_clear(&arena);
}

static void machines_have_masks_of_their_own_elements(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_simulate_settings settings = dc_simulate_defaults();
    dc_simulate_result results[3];
    dc_ese_config machines[3] = { dc_ese_defaults(), dc_ese_defaults(), dc_ese_defaults() };
    const dc_synthetic_cell spec = { 30, 64, 24, 0.2, DC_PRUNING_BALANCED };
    machines[1].n_pes = 8;
    machines[2].vector_width = 8;
    settings.accelerator = &dc_accelerator_ese;
    assert_ok(dc_simulate_cell(results, machines, 3, &spec, &settings, &arena));
    for (int m = 0; m < 3; m++)
        assert_true(results[m].outputs_match);
    assert_true(results[1].figures.cycles > results[0].figures.cycles);
    assert_true(results[2].figures.cycles < results[0].figures.cycles);
    assert_int_equal(results[2].figures.entries, results[0].figures.entries);
    assert_true(isnan(results[1].figures.energy_pj)); /* no board of 8 elements was measured */
    assert_true(results[0].figures.energy_pj > 0);
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_step_takes_what_was_published),
        cmocka_unit_test(balance_pays_as_was_published),
        cmocka_unit_test(machines_have_masks_of_their_own_elements),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
