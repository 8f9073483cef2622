/* SPDX-License-Identifier: MIT
 *
 * fit.c: when training ends early.
 */
#include "test.h"

#include "run_internal.h"
#include "small_run.h"

static uint32_t n_epochs;

static void count_epochs(void *payload, bool is_detail, const char *text)
{
    (void)payload;
    n_epochs += is_detail && strncmp(text, "epoch ", 6) == 0;
}

/* Epochs that are done of 64, on labels that nothing can be learned of. */
static uint32_t epochs_when_hopeless_is(double error, const char *folder, bool is_resumed)
{
    dc_arena arena = { 0 };
    dc_source train = counting_samples(40, 4), validation = counting_samples(12, 4);
    dc_datasets sets = { .train = &train, .validation = &validation };
    dc_run run = { .model = two_layers(4), .data = &sets, .arena = &arena, .hopeless_error = error,
                   .settings = { .batch_size = 12, .work_folder = folder, .is_resumed = is_resumed,
                                 .on_news = count_epochs } };
    fit_settings settings = fit_defaults();
    settings.train.n_epochs = 64;
    settings.train.learning_rate = 0; /* the error stays */
    n_epochs = 0;
    assert_ok(fit_model(&run, &settings, true));
    dc_model_free(run.model);
    dc_arena_clear(&arena);
    return n_epochs;
}

static void training_without_hope_ends_early(void **state)
{
    (void)state;
    assert_int_equal(epochs_when_hopeless_is(0, NULL, false), 64);
    assert_int_equal(epochs_when_hopeless_is(0.99, NULL, false), 64);
    assert_int_equal(epochs_when_hopeless_is(0.1, NULL, false), 4);
}

/* The checkpoint that the last epoch left is of a training that is over. */
static void a_resumed_training_stays_without_hope(void **state)
{
    (void)state;
    char folder[64];
    new_folder(folder, sizeof folder);
    assert_int_equal(epochs_when_hopeless_is(0.1, folder, false), 4);
    assert_int_equal(epochs_when_hopeless_is(0.1, folder, true), 0);
    checkpoint_remove_all(folder);
}

/* Falls from 0.9 by `per_epoch`: is there hope for `goal` of 16 epochs? */
static bool has_hope(double per_epoch, double goal)
{
    dc_run run = { .hopeless_error = goal };
    epoch_state s = { .has_best = true };
    for (uint32_t epoch = 1; epoch <= 16 && !s.is_hopeless; epoch++) {
        s.best.top1_error = DC_MAX(0.9 - per_epoch * epoch, 0);
        fit_judge_hope(&s, &run, epoch, 16);
    }
    return !s.is_hopeless;
}

static void hope_goes_by_how_fast_the_error_falls(void **state)
{
    (void)state;
    assert_true(has_hope(0.06, 0.1));   /* gets there */
    assert_true(has_hope(0.04, 0.25));  /* nearly */
    assert_false(has_hope(0.01, 0.25)); /* not at twice the pace */
    assert_true(has_hope(0.01, 0.7));
    assert_false(has_hope(0, 0.8));
}

/* Three turns with an average and squares of gradients, weights being cut between them. With
 * `is_kept` one trainer does all of them. Gives the model, and the sum of a layer's squares. */
static dc_model *after_turns(double *sum, bool is_kept)
{
    dc_arena arena = { 0 };
    dc_source train = counting_samples(40, 4), validation = counting_samples(12, 4);
    dc_datasets sets = { .train = &train, .validation = &validation };
    dc_run run = { .model = two_layers(4), .data = &sets, .arena = &arena,
                   .settings = { .batch_size = 12 } };
    gradient_squares squares = { 0 };
    const dc_train_hook hook = squares_hook(&squares);
    fit_settings settings = fit_defaults();
    fit_tools tools = { 0 };
    settings.train.n_epochs = 2;
    settings.train.optimizer = DC_OPTIMIZER_ADAM;
    settings.train.learning_rate = 0.001;
    settings.ema = 0.9;
    settings.more = &hook;
    for (uint32_t turn = 1; turn <= 3; turn++) {
        const fit_progress at = { turn, 3 };
        dc_param *cut = &run.model->params[0];
        cut->values[turn] = 0;
        cut->is_pruned = true;
        settings.train.seed += turn;
        assert_ok(fit_phase(&tools, &run, &settings, &at, true));
        assert_ok(squares_take(&squares));
        if (!is_kept)
            fit_tools_clear(&tools);
    }
    *sum = 0;
    for (uint64_t i = 0; i < run.model->params[0].n_values; i++)
        *sum += (double)squares.values[0][i];
    fit_tools_clear(&tools);
    squares_clear(&squares);
    dc_arena_clear(&arena);
    return run.model;
}

static void turns_of_one_trainer_equal_turns_of_a_new_one_each(void **state)
{
    (void)state;
    double sums[2];
    dc_model *kept = after_turns(&sums[0], true), *fresh = after_turns(&sums[1], false);
    for (uint32_t i = 0; i < kept->n_params; i++)
        assert_memory_equal(kept->params[i].values, fresh->params[i].values,
                            kept->params[i].n_values * sizeof(float));
    assert_true(sums[0] > 0);
    assert_near(sums[0], sums[1], 0);
    dc_model_free(kept);
    dc_model_free(fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_without_hope_ends_early),
        cmocka_unit_test(a_resumed_training_stays_without_hope),
        cmocka_unit_test(hope_goes_by_how_fast_the_error_falls),
        cmocka_unit_test(turns_of_one_trainer_equal_turns_of_a_new_one_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
