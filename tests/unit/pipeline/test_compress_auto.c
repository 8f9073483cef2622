/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "run_internal.h"
#include "small_run.h"

/* 64 values in, two layers; large enough that the ladder's rungs differ in size. */
static dc_model *wide_model(void)
{
    dc_model *model =
        model_of("{\"name\":\"net\",\"input\":{\"shape\":[64]},\"layers\":["
                 "{\"name\":\"fc1\",\"op\":\"linear\",\"n_outputs\":48},"
                 "{\"name\":\"relu1\",\"op\":\"relu\"},"
                 "{\"name\":\"fc2\",\"op\":\"linear\",\"n_outputs\":5}]}");
    dc_model_init(model, DC_INIT_XAVIER, 3);
    return model;
}

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

/* Size of the model after a compression without data under this budget. */
static uint64_t blind_bytes(uint64_t max_bytes)
{
    dc_arena arena = { 0 };
    dc_compress_settings settings = dc_compress_defaults();
    dc_run run = { .model = wide_model(), .arena = &arena, .write = { .level = DC_LEVEL_CODED } };
    settings.max_bytes = max_bytes;
    assert_ok(compress_blind(&run, &settings));
    const uint64_t n = bytes_of(run.model);
    dc_model_free(run.model);
    dc_arena_clear(&arena);
    return n;
}

static void without_data_the_model_gets_smaller_and_always_the_same(void **state)
{
    (void)state;
    dc_model *model = wide_model();
    assert_true(blind_bytes(0) < bytes_of(model) / 2);
    assert_int_equal(blind_bytes(0), blind_bytes(0));
    dc_model_free(model);
}

static void a_budget_that_is_met_at_once_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(blind_bytes(1000000), blind_bytes(0));
    assert_int_equal(blind_bytes(UINT64_MAX), blind_bytes(0));
}

static void a_tighter_budget_is_met_by_bolder_settings(void **state)
{
    (void)state;
    const uint64_t budget = blind_bytes(0) * 2 / 3;
    assert_true(blind_bytes(budget) <= budget);
}

static void a_budget_out_of_reach_leaves_the_smallest_model(void **state)
{
    (void)state;
    const uint64_t n = blind_bytes(1);
    assert_true(n > 1);
    assert_true(n < blind_bytes(blind_bytes(0) * 2 / 3));
}

static void with_data_a_budget_is_met_and_the_input_is_let_go(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_source train = counting_samples(40, 3), validation = counting_samples(10, 3);
    dc_datasets sets = { .train = &train, .validation = &validation };
    dc_compress_settings settings = dc_compress_defaults();
    dc_run run = { .model = two_layers(3), .data = &sets, .arena = &arena, .batch_size = 10,
                   .write = { .level = DC_LEVEL_CODED } };
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
    dc_run run = { .model = two_layers(3), .data = &sets, .arena = &arena, .batch_size = 10 };
    dc_forecast forecast = { 0 };
    uint32_t batch_size;
    settings.effort = effort;
    assert_ok(compress_auto_forecast(&forecast, &batch_size, &run, &settings));
    dc_model_free(run.model);
    dc_arena_clear(&arena);
    return forecast.amount.n_epochs;
}

/* A round is 0.2 + 0.2 + 1 + 0.4 of the epochs that the effort stands for. */
static void a_handful_of_samples_makes_few_epochs(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 1000; n = n * 3 + 1) {
        assert_true(epochs_on(n, 1) <= 12 * 1.8 * 200 + 1);
        assert_true(epochs_on(n, 0.01) <= 12 * 5);
        assert_true(epochs_on(n, 1) >= 12 * 1.8 * 100);
    }
    assert_near(epochs_on(50000, 1), 12 * (1 + 1 + 4 + 2), 0); /* 200000 samples a round */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_data_the_model_gets_smaller_and_always_the_same),
        cmocka_unit_test(a_budget_that_is_met_at_once_changes_nothing),
        cmocka_unit_test(a_tighter_budget_is_met_by_bolder_settings),
        cmocka_unit_test(a_budget_out_of_reach_leaves_the_smallest_model),
        cmocka_unit_test(with_data_a_budget_is_met_and_the_input_is_let_go),
        cmocka_unit_test(a_handful_of_samples_makes_few_epochs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
