/* SPDX-License-Identifier: MIT */
#include "model_file.h"

static const dc_synthetic_layer layers[] = {
    { "wide", 60, 200, 0.1, 0.4 },
    { "tall", 300, 50, 0.25, 1 },
};
enum { N_LAYERS = 2 };

static dc_eie_config machine_of(uint32_t n_pes)
{
    dc_eie_config config = dc_eie_defaults();
    config.n_pes = n_pes;
    return config;
}

static void run(dc_simulate_result *out, const dc_eie_config *machines, uint32_t n_machines,
                uint64_t seed, dc_arena *arena)
{
    dc_simulate_settings settings = dc_simulate_defaults();
    settings.seed = seed;
    assert_ok(dc_simulate_synthetic(out, machines, n_machines, layers, N_LAYERS, &settings, arena));
}

static void machines_are_given_the_same_weights_and_inputs(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_eie_config machines[] = { machine_of(1), machine_of(8), machine_of(8) };
    dc_simulate_result results[3];
    machines[2].fifo_depth = 2;
    run(results, machines, 3, 1, &arena);
    for (uint32_t m = 0; m < 3; m++) {
        assert_true(results[m].outputs_match);
        assert_int_equal(results[m].facts.n_pes, machines[m].n_pes);
        assert_int_equal(results[m].figures.macs, results[0].figures.macs);
        assert_int_equal(results[m].figures.n_nonzero_inputs, 80 + 50);
        for (uint32_t i = 0; i < N_LAYERS; i++)
            assert_int_equal(results[m].layers[i].n_nonzero, results[0].layers[i].n_nonzero);
    }
    assert_true(results[1].figures.cycles < results[0].figures.cycles);
    assert_true(results[1].figures.fillers < results[0].figures.fillers); /* shorter columns */
    assert_true(results[2].figures.cycles > results[1].figures.cycles);
    assert_int_equal(results[2].figures.entries, results[1].figures.entries);
    dc_arena_clear(&arena);
}

static void a_result_is_the_sum_of_its_layers(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const dc_eie_config machine = machine_of(4);
    dc_simulate_result result;
    dc_eie_counters sum = { 0 };
    run(&result, &machine, 1, 1, &arena);
    assert_int_equal(result.n_layers, N_LAYERS);
    for (uint32_t i = 0; i < N_LAYERS; i++) {
        const dc_simulate_layer *layer = &result.layers[i];
        assert_string_equal(layer->name, layers[i].name);
        assert_string_equal(layer->kind, "linear");
        assert_string_equal(layer->layout.misfit, "");
        assert_int_equal(layer->n_rows, layers[i].n_rows);
        assert_int_equal(layer->n_cols, layers[i].n_cols);
        assert_int_equal(layer->n_weights, (uint64_t)layers[i].n_rows * layers[i].n_cols);
        assert_int_equal(layer->layout.n_entries - layer->layout.n_fillers, layer->n_nonzero);
        assert_int_equal(layer->figures.n_runs, 1);
        dc_counters_add(&sum, layer->counters, dc_eie_counter_fields);
    }
    assert_memory_equal(&sum, result.counters, sizeof sum);
    assert_string_equal(result.host_ops, "");
    assert_int_equal(result.eval.n_samples, 1);
    assert_true(isnan(result.eval.top1));
    assert_non_null(strstr(result.source, "seed 1"));
    dc_arena_clear(&arena);
}

/* All inputs of "tall" are there: every entry is touched once. */
static void with_all_inputs_every_entry_is_touched(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const dc_eie_config machine = machine_of(4);
    dc_simulate_result result;
    run(&result, &machine, 1, 1, &arena);
    assert_int_equal(result.layers[1].figures.entries, result.layers[1].layout.n_entries);
    assert_int_equal(result.layers[1].figures.macs, result.layers[1].n_nonzero);
    assert_true(result.layers[0].figures.entries < result.layers[0].layout.n_entries);
    dc_arena_clear(&arena);
}

static void the_seed_decides_the_run(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const dc_eie_config machine = machine_of(4);
    dc_simulate_result a, again, other;
    run(&a, &machine, 1, 1, &arena);
    run(&again, &machine, 1, 1, &arena);
    run(&other, &machine, 1, 2, &arena);
    assert_memory_equal(a.counters, again.counters, sizeof(dc_eie_counters));
    assert_true(memcmp(a.counters, other.counters, sizeof(dc_eie_counters)) != 0);
    dc_arena_clear(&arena);
}

static void layers_of_one_shape_are_not_the_same(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const dc_synthetic_layer twins[] = { { "a", 80, 80, 0.2, 0.5 }, { "b", 80, 80, 0.2, 0.5 } };
    const dc_eie_config machine = machine_of(4);
    const dc_simulate_settings settings = dc_simulate_defaults();
    dc_simulate_result result;
    assert_ok(dc_simulate_synthetic(&result, &machine, 1, twins, 2, &settings, &arena));
    assert_true(memcmp(&result.layers[0].counters, &result.layers[1].counters,
                       sizeof result.counters) != 0);
    dc_arena_clear(&arena);
}

static void the_number_of_jobs_changes_nothing(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const dc_eie_config machine = machine_of(4);
    dc_simulate_result results[2];
    for (unsigned i = 0; i < 2; i++) {
        dc_pool_set_jobs(1 + i);
        run(&results[i], &machine, 1, 5, &arena);
    }
    dc_pool_set_jobs(0);
    assert_memory_equal(results[0].counters, results[1].counters, sizeof(dc_eie_counters));
    dc_arena_clear(&arena);
}

static void more_bits_are_nearer_to_float(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_eie_config machines[] = { machine_of(4), machine_of(4), machine_of(4) };
    dc_simulate_result results[3];
    machines[0].precision = DC_EIE_8;
    machines[1].precision = DC_EIE_16;
    machines[2].precision = DC_EIE_32;
    run(results, machines, 3, 1, &arena);
    for (uint32_t i = 0; i < N_LAYERS; i++) {
        const double error[] = { results[0].layers[i].output_error,
                                 results[1].layers[i].output_error,
                                 results[2].layers[i].output_error };
        assert_true(error[0] > 10 * error[1] && error[0] < 0.3);
        assert_true(error[1] > 10 * error[2] && error[1] < 0.005);
        assert_true(error[2] < 1e-6);
    }
    dc_arena_clear(&arena);
}

static void what_does_not_fit_is_told_by_machine(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_eie_config machines[] = { machine_of(4), machine_of(4) };
    dc_simulate_result results[2];
    machines[1].spmat_bytes = 8;
    run(results, machines, 2, 1, &arena);
    assert_string_equal(results[0].layers[0].layout.misfit, "");
    assert_non_null(strstr(results[1].layers[0].layout.misfit, "of a PE's 8"));
    dc_arena_clear(&arena);
}

static void a_bad_layer_or_machine_is_refused(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const dc_synthetic_layer bad[] = { { "good", 20, 20, 0.5, 0.5 }, { "bad", 20, 20, 0, 0.5 } };
    const dc_simulate_settings settings = dc_simulate_defaults();
    dc_eie_config machines[] = { machine_of(4), machine_of(0) };
    dc_simulate_result results[2];
    assert_fails(DC_EINPUT,
                 dc_simulate_synthetic(results, machines, 1, bad, 2, &settings, &arena));
    assert_non_null(strstr(dc_message(), "density 0"));
    assert_fails(DC_EINPUT,
                 dc_simulate_synthetic(results, machines, 2, bad, 1, &settings, &arena));
    assert_non_null(strstr(dc_message(), "0 processing elements"));
    dc_arena_clear(&arena);
}

static void memory_images_are_written_by_layer(void **state)
{
    (void)state;
    char folder[64];
    dc_arena arena = { 0 };
    const dc_eie_config machine = machine_of(4);
    dc_simulate_settings settings = dc_simulate_defaults();
    dc_simulate_result result;
    settings.sram_folder =
        dc_arena_print(&arena, "%s/sram", new_folder(folder, sizeof folder));
    assert_ok(
        dc_simulate_synthetic(&result, &machine, 1, layers, N_LAYERS, &settings, &arena));
    for (uint32_t i = 0; i < N_LAYERS; i++) {
        dc_json *json;
        assert_ok(dc_json_read(&json, dc_arena_print(&arena, "%s/%s/layer.json",
                                                     settings.sram_folder, layers[i].name)));
        assert_near(dc_json_number(dc_json_get(json, "cycles")), result.layers[i].figures.cycles,
                    0);
        assert_near(dc_json_number(dc_json_get(json, "n_rows")), layers[i].n_rows, 0);
        dc_json_free(json);
    }
    assert_fails(DC_EINPUT, dc_simulate_synthetic(&result, &machine, 1, layers, N_LAYERS,
                                                  &settings, &arena));
    remove_all(folder);
    dc_arena_clear(&arena);
}

static void the_benchmark_is_the_nine_layers_of_the_paper(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    uint32_t n;
    const dc_synthetic_layer *benchmark = dc_benchmark_layers(&n, &dc_accelerator_eie, &arena);
    assert_int_equal(n, 9);
    for (uint32_t i = 0; i < n; i++) {
        const dc_published_layer *p = &dc_eie_published.layers[i];
        assert_string_equal(benchmark[i].name, p->name);
        assert_int_equal(benchmark[i].n_rows, p->n_rows);
        assert_int_equal(benchmark[i].n_cols, p->n_cols);
        assert_near(benchmark[i].weight_density, p->weight_density, 0);
        assert_near(benchmark[i].act_density, p->act_density, 0);
    }
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(machines_are_given_the_same_weights_and_inputs),
        cmocka_unit_test(a_result_is_the_sum_of_its_layers),
        cmocka_unit_test(with_all_inputs_every_entry_is_touched),
        cmocka_unit_test(the_seed_decides_the_run),
        cmocka_unit_test(layers_of_one_shape_are_not_the_same),
        cmocka_unit_test(the_number_of_jobs_changes_nothing),
        cmocka_unit_test(more_bits_are_nearer_to_float),
        cmocka_unit_test(what_does_not_fit_is_told_by_machine),
        cmocka_unit_test(a_bad_layer_or_machine_is_refused),
        cmocka_unit_test(memory_images_are_written_by_layer),
        cmocka_unit_test(the_benchmark_is_the_nine_layers_of_the_paper),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
