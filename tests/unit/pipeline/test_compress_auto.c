/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "run_internal.h"
#include "small_run.h"

static uint64_t bytes_of(const dc_model *model)
{
    const dc_write_settings write = { .level = DC_LEVEL_CODED };
    dc_arena arena = { 0 };
    dc_writer w;
    dc_writer_init(&w, UINT64_C(1) << 30);
    assert_ok(dc_model_encode(&w, model, &write, NULL, &arena));
    const uint64_t n = w.size;
    dc_writer_clear(&w);
    dc_arena_clear(&arena);
    return n;
}

static void with_data_a_budget_is_met_and_the_input_is_let_go(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_source train = counting_samples(40, 3), validation = counting_samples(10, 3);
    dc_datasets sets = { .train = &train, .validation = &validation };
    dc_compress_settings settings = dc_compress_defaults();
    dc_run run = { .model = two_layers(3), .data = &sets, .arena = &arena,
                   .settings = { .batch_size = 10 }, .write = { .level = DC_LEVEL_CODED } };
    dc_score dense;
    settings.max_bytes = 100000;
    settings.effort = 0.01;
    assert_ok(dc_run_validate(&dense, &run));
    assert_ok(compress_auto(&run, &settings, &dense));
    assert_true(bytes_of(run.model) <= settings.max_bytes);
    assert_true(run.model->params[0].is_shared || run.model->params[0].is_pruned);
    dc_model_free(run.model);
    dc_arena_clear(&arena);
}

/* Of the whole chain, at most, on so many training samples. */
static double epochs_on(uint64_t n_samples, double effort)
{
    dc_arena arena = { 0 };
    dc_source train = counting_samples(n_samples, 3), validation = counting_samples(1, 3);
    dc_datasets sets = { .train = &train, .validation = &validation };
    dc_compress_settings settings = dc_compress_defaults();
    dc_run run = { .model = two_layers(3), .data = &sets, .arena = &arena,
                   .settings = { .batch_size = 10 } };
    dc_forecast forecast = { 0 };
    uint32_t batch_size;
    settings.effort = effort;
    assert_ok(compress_auto_forecast(&forecast, &batch_size, &run, &settings));
    dc_model_free(run.model);
    dc_arena_clear(&arena);
    return forecast.amount.n_epochs;
}

/* A round is 0.2 + 0.2 + 1 + 1 of the epochs that the effort stands for; the first is shared
 * alone. */
static void a_handful_of_samples_makes_few_epochs(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 1000; n = n * 3 + 1) {
        assert_true(epochs_on(n, 1) <= 12 * 2.4 * 200 + 1);
        assert_true(epochs_on(n, 0.01) <= 12 * 6);
        assert_true(epochs_on(n, 1) >= 12 * 1.8 * 100);
    }
    assert_near(epochs_on(50000, 1), 11 * (1 + 1 + 4) + 12 * 4, 0); /* 200000 samples a round */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_data_a_budget_is_met_and_the_input_is_let_go),
        cmocka_unit_test(a_handful_of_samples_makes_few_epochs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
