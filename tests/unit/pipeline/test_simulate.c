/* SPDX-License-Identifier: MIT */
#include "model_file.h"

#include "array_net.h"

static void run(dc_simulate_result *out, model_file *f, const dc_simulate_settings *settings)
{
    assert_ok(dc_simulate_model(out, f->path, settings, &f->arena));
}

static bool same_counters(const dc_eie_counters *a, const dc_eie_counters *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* ---- what a result holds -------------------------------------------------------------------- */

static void every_layer_is_told_with_its_shape(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    const dc_simulate_settings settings = small_settings();
    model_file_begin(&f, digits_net, 3);
    run(&result, &f, &settings);
    assert_int_equal(result.n_layers, 2);
    const dc_simulate_layer *conv = &result.layers[0], *fc = &result.layers[1];
    assert_string_equal(conv->name, "conv1");
    assert_string_equal(conv->kind, "conv");
    assert_int_equal(conv->n_rows, 4);
    assert_int_equal(conv->n_cols, 25);
    assert_int_equal(conv->n_weights, 100);
    assert_int_equal(conv->n_nonzero,
                     dc_param_n_nonzero(dc_model_param(f.model, "conv1.weight")));
    assert_string_equal(fc->name, "fc1");
    assert_string_equal(fc->kind, "linear");
    assert_int_equal(fc->n_rows, 10);
    assert_int_equal(fc->n_cols, 36);
    assert_int_equal(fc->n_parts, 1);
    assert_int_equal(fc->format.input, conv->format.output); /* only ReLU and a pool between */
    assert_string_equal(fc->layout.misfit, "");
    assert_true(isnan(fc->output_error));
    assert_string_equal(result.host_ops, "pool1 (max_pool)");
    assert_int_equal(result.facts.n_pes, 4);
    assert_null(result.activity);
    model_file_end(&f);
}

static void counters_and_energy_add_up_over_layers(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    dc_simulate_settings settings = small_settings();
    settings.data.data = "digits:60";
    model_file_begin(&f, digits_net, 3);
    run(&result, &f, &settings);
    dc_eie_counters sum = { 0 };
    double energy_pj = 0;
    for (uint32_t i = 0; i < result.n_layers; i++) {
        dc_counters_add(&sum, result.layers[i].counters, dc_eie_counter_fields);
        energy_pj += result.layers[i].figures.energy_pj;
    }
    assert_true(same_counters(&sum, result.counters));
    assert_int_equal(result.layers[0].figures.n_runs, 10 * 36); /* a run a position */
    assert_int_equal(result.layers[1].figures.n_runs, 10);
    assert_int_equal(result.layers[0].figures.n_inputs, 10 * 36 * 25);
    assert_int_equal(sum.entries, sum.macs + sum.fillers);
    assert_near(result.figures.energy_pj, energy_pj, 1e-9 * energy_pj);
    model_file_end(&f);
}

static void outputs_match_the_oracle_on_any_machine(void **state)
{
    (void)state;
    static const struct {
        uint32_t n_pes, precision, n_registers, fifo_depth;
    } machines[] = { { 1, DC_EIE_16, 64, 8 }, { 3, DC_EIE_8, 2, 2 }, { 64, DC_EIE_32, 64, 8 } };
    model_file f;
    model_file_begin(&f, digits_net, 3);
    for (size_t i = 0; i < DC_COUNT_OF(machines); i++) {
        dc_simulate_result result;
        dc_simulate_settings settings = small_settings();
        small_machine.n_pes = machines[i].n_pes;
        small_machine.precision = machines[i].precision;
        small_machine.n_act_registers = machines[i].n_registers;
        small_machine.fifo_depth = machines[i].fifo_depth;
        run(&result, &f, &settings);
        assert_true(result.outputs_match);
        assert_int_equal(result.n_differing, 0);
        assert_int_equal(result.figures.n_runs, 37);
        assert_true(result.figures.macs > 0);
    }
    model_file_end(&f);
}

static void accuracy_is_that_of_fixed_point_evaluation(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    dc_eval_result fixed;
    dc_source *source;
    dc_simulate_settings settings = small_settings();
    settings.data.data = "digits:60";
    model_file_begin(&f, digits_net, 3);
    run(&result, &f, &settings);
    const dc_eval_settings by_three = { .batch_size = 3 };
    assert_ok(dc_data_open(&source, "digits:60", DC_SPLIT_TEST, &f.model->input, 0,
                           settings.data.data_seed));
    dc_eval_settings with_fixed = by_three;
    with_fixed.engine = dc_engine_named("fixed16");
    with_fixed.data = &settings.data;
    assert_ok(dc_eval_model(&fixed, f.model, source, &with_fixed));
    dc_source_close(source);
    assert_true(result.eval.is_labelled && fixed.is_labelled);
    assert_int_equal(result.eval.n_samples, 10);
    assert_int_equal(fixed.n_samples, 10);
    assert_near(result.eval.top1, fixed.top1, 0);
    assert_near(result.eval.top5, fixed.top5, 0);
    assert_near(result.eval.loss, fixed.loss, 1e-9);
    assert_string_equal(result.eval.engine, "eie");
    assert_string_equal(fixed.engine, "fixed16");
    model_file_end(&f);
}

/* What calibration on one split of the drawn digits gives. */
static dc_fixed_format format_from(dc_split split, const model_file *f,
                                   const dc_simulate_settings *settings)
{
    dc_arena arena = { 0 };
    dc_source *source;
    array_net net;
    assert_ok(dc_data_open(&source, settings->data.data, split, &f->model->input, 0,
                           settings->data.data_seed));
    assert_ok(array_net_new(&net, f->model, &dc_accelerator_eie, settings->machine, "", &arena));
    assert_ok(array_net_calibrate(&net, source, 64));
    const dc_fixed_format format = net.arrays[1].format;
    dc_source_close(source);
    dc_arena_clear(&arena);
    return format;
}

static void formats_come_from_the_training_split(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    dc_simulate_settings settings = small_settings();
    dc_fixed_format training, test;
    settings.data.data = "digits:12";
    settings.data.data_seed = 0;
    model_file_begin(&f, digits_net, 3);
    do { /* where both splits give the same format nothing is shown */
        assert_true(++settings.data.data_seed < 100);
        training = format_from(DC_SPLIT_TRAIN, &f, &settings);
        test = format_from(DC_SPLIT_TEST, &f, &settings);
    } while (training.output == test.output);
    run(&result, &f, &settings);
    assert_memory_equal(&result.layers[1].format, &training, sizeof training);
    model_file_end(&f);
}

static void the_number_of_jobs_changes_nothing(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result[2];
    dc_simulate_settings settings = small_settings();
    settings.data.data = "digits:30";
    model_file_begin(&f, digits_net, 3);
    for (unsigned i = 0; i < 2; i++) {
        dc_pool_set_jobs(1 + i);
        run(&result[i], &f, &settings);
    }
    dc_pool_set_jobs(0);
    assert_true(same_counters(result[0].counters, result[1].counters));
    assert_near(result[0].eval.loss, result[1].eval.loss, 0);
    assert_near(result[0].figures.energy_pj, result[1].figures.energy_pj, 0);
    model_file_end(&f);
}

/* ---- inputs --------------------------------------------------------------------------------- */

static void without_data_there_is_one_random_sample(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    dc_simulate_settings settings = small_settings();
    settings.act_density = 0.25;
    model_file_begin(&f, linear_net, 3);
    run(&result, &f, &settings);
    assert_int_equal(result.eval.n_samples, 1);
    assert_false(result.eval.is_labelled);
    assert_true(isnan(result.eval.top1));
    assert_int_equal(result.layers[0].figures.n_inputs, 40);
    assert_int_equal(result.layers[0].figures.n_nonzero_inputs, 10);
    assert_string_equal(result.source, "random inputs, density 0.25, seed 1");
    const uint64_t n_macs = result.layers[1].figures.macs;
    settings.data.limit = 3;
    run(&result, &f, &settings);
    assert_int_equal(result.eval.n_samples, 3);
    assert_int_equal(result.layers[0].figures.n_nonzero_inputs, 30);
    assert_int_not_equal(result.layers[1].figures.macs, 3 * n_macs); /* three different ones */
    model_file_end(&f);
}

static void random_inputs_follow_their_seed(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result a, again, other;
    dc_simulate_settings settings = small_settings();
    model_file_begin(&f, linear_net, 3);
    run(&a, &f, &settings);
    run(&again, &f, &settings);
    settings.seed = 2;
    run(&other, &f, &settings);
    assert_true(same_counters(a.counters, again.counters));
    assert_false(same_counters(a.counters, other.counters));
    model_file_end(&f);
}

static void samples_come_from_a_file(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    float x[2 * 40] = { 0 };
    const dc_shape shape = dc_shape_of(2, 2, 40, 0, 0);
    dc_simulate_settings settings = small_settings();
    x[0] = 1, x[7] = -1, x[45] = 0.5f;
    model_file_begin(&f, linear_net, 3);
    settings.input = model_file_beside(&f, "x.npy");
    assert_ok(dc_npy_write(settings.input, x, &shape, false));
    run(&result, &f, &settings);
    assert_int_equal(result.eval.n_samples, 2);
    assert_false(result.eval.is_labelled);
    assert_int_equal(result.layers[0].figures.n_nonzero_inputs, 3);
    assert_non_null(strstr(result.source, "x.npy"));
    model_file_end(&f);
}

static void a_file_and_data_contradict_each_other(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    dc_simulate_settings settings = small_settings();
    model_file_begin(&f, digits_net, 3);
    settings.input = "x.npy";
    settings.data.data = "digits:6";
    assert_fails(DC_EINPUT, dc_simulate_model(&result, f.path, &settings, &f.arena));
    assert_string_equal(dc_message(), "'input' and 'data' contradict each other");
    model_file_end(&f);
}

static void a_missing_file_is_told(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    dc_simulate_settings settings = small_settings();
    model_file_begin(&f, digits_net, 3);
    const char *none = model_file_beside(&f, "none.dcm");
    assert_fails(DC_EIO, dc_simulate_model(&result, none, &settings, &f.arena));
    assert_non_null(strstr(dc_message(), "none.dcm"));
    settings.input = model_file_beside(&f, "none.npy");
    assert_fails(DC_EIO, dc_simulate_model(&result, f.path, &settings, &f.arena));
    assert_non_null(strstr(dc_message(), "none.npy"));
    model_file_end(&f);
}

static void a_machine_that_contradicts_itself_is_refused_first(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_simulate_result result;
    dc_simulate_settings settings = small_settings();
    small_machine.fifo_depth = 1;
    assert_fails(DC_EINPUT, dc_simulate_model(&result, "/none/none.dcm", &settings, &arena));
    assert_non_null(strstr(dc_message(), "queue"));
    dc_arena_clear(&arena);
}

/* ---- weights that do not fit the machine ---------------------------------------------------- */

static void more_values_than_the_codebook_holds_are_shared_again_when_asked(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    dc_simulate_settings settings = small_settings();
    model_file_begin(&f, digits_net, 6);
    assert_fails(DC_EINPUT, dc_simulate_model(&result, f.path, &settings, &f.arena));
    assert_non_null(strstr(dc_message(), "--requantize"));
    settings.requantizes = true;
    for (small_machine.code_bits = 1; small_machine.code_bits <= 5; small_machine.code_bits++) {
        run(&result, &f, &settings);
        assert_true(result.outputs_match);
        assert_int_equal(result.layers[0].n_nonzero, /* no weight becomes zero */
                         dc_param_n_nonzero(dc_model_param(f.model, "conv1.weight")));
    }
    model_file_end(&f);
}

/* 2^bits values of which none is zero: one too many, for zero takes a code. */
static void zero_takes_a_code_of_its_own(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    dc_simulate_settings settings = small_settings();
    model_file_begin(&f, linear_net, 4);
    float codebook[DC_MAX_CODEBOOK];
    uint32_t n;
    const dc_param *weights = dc_model_param(f.model, "fc1.weight");
    assert_true(dc_codebook_find(codebook, &n, weights->values, weights->n_values, 16, false));
    assert_int_equal(n, 16);
    assert_int_equal(dc_param_n_nonzero(weights), weights->n_values);
    assert_fails(DC_EINPUT, dc_simulate_model(&result, f.path, &settings, &f.arena));
    assert_non_null(strstr(dc_message(), "'fc1' shares 16 values besides zero"));
    settings.requantizes = true;
    run(&result, &f, &settings);
    assert_true(result.outputs_match);
    model_file_end(&f);
}

static void a_dense_model_is_shared_when_asked_and_else_refused(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    dc_simulate_settings settings = small_settings();
    model_file_begin(&f, linear_net, 0);
    assert_fails(DC_EUNSUPPORTED, dc_simulate_model(&result, f.path, &settings, &f.arena));
    assert_non_null(strstr(dc_message(), "'fc1' is not weight-shared"));
    settings.requantizes = true;
    run(&result, &f, &settings);
    assert_true(result.outputs_match);
    assert_int_equal(result.n_layers, 2);
    model_file_end(&f);
}

static void what_does_not_fit_is_told_and_strictly_refused(void **state)
{
    (void)state;
    model_file f;
    dc_simulate_result result;
    dc_simulate_settings settings = small_settings();
    settings.requantizes = true;
    small_machine.spmat_bytes = 100; /* 1200 weights on 4 PEs are 300 bytes each */
    model_file_begin(&f, linear_net, 3);
    run(&result, &f, &settings);
    assert_string_equal(result.layers[0].layout.misfit, "Spmat need 320 bytes of a PE's 100");
    assert_string_equal(result.layers[1].layout.misfit, "");
    assert_true(result.outputs_match); /* it runs all the same */
    small_machine.is_strict = true;
    assert_fails(DC_ELIMIT, dc_simulate_model(&result, f.path, &settings, &f.arena));
    assert_non_null(strstr(dc_message(), "'fc1' does not fit"));
    model_file_end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_layer_is_told_with_its_shape),
        cmocka_unit_test(counters_and_energy_add_up_over_layers),
        cmocka_unit_test(outputs_match_the_oracle_on_any_machine),
        cmocka_unit_test(accuracy_is_that_of_fixed_point_evaluation),
        cmocka_unit_test(formats_come_from_the_training_split),
        cmocka_unit_test(the_number_of_jobs_changes_nothing),
        cmocka_unit_test(without_data_there_is_one_random_sample),
        cmocka_unit_test(random_inputs_follow_their_seed),
        cmocka_unit_test(samples_come_from_a_file),
        cmocka_unit_test(a_file_and_data_contradict_each_other),
        cmocka_unit_test(a_missing_file_is_told),
        cmocka_unit_test(a_machine_that_contradicts_itself_is_refused_first),
        cmocka_unit_test(more_values_than_the_codebook_holds_are_shared_again_when_asked),
        cmocka_unit_test(zero_takes_a_code_of_its_own),
        cmocka_unit_test(a_dense_model_is_shared_when_asked_and_else_refused),
        cmocka_unit_test(what_does_not_fit_is_told_and_strictly_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
