/* SPDX-License-Identifier: MIT
 *
 * fit.c: several trainings one after another.
 */
#include "test.h"

#include "run_internal.h"
#include "small_run.h"

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

static void a_text_is_judged_by_its_loss_and_all_else_by_top1(void **state)
{
    (void)state;
    char text[RUN_SCORE_BYTES];
    dc_source validation = counting_samples(12, 4);
    dc_datasets sets = { .validation = &validation };
    const dc_run run = { .data = &sets };
    const dc_score sure = { .top1_error = 0.5, .loss = 1.5 }, careful = { .top1_error = 0.6,
                                                                          .loss = 1 };
    assert_true(run_is_better(&run, &sure, &careful));
    assert_string_equal(run_score_text(text, &run, &sure), "top-1 50.00 %");
    validation.symbol = "character";
    assert_true(run_is_better(&run, &careful, &sure));
    assert_string_equal(run_score_text(text, &run, &careful), "1.4427 bits a character");
    sets.is_taught = true; /* the teacher's answers are labels, not a text */
    assert_true(run_is_better(&run, &sure, &careful));
    assert_string_equal(run_score_text(text, &run, &sure), "agreement 50.00 %");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_judged_by_its_loss_and_all_else_by_top1),
        cmocka_unit_test(turns_of_one_trainer_equal_turns_of_a_new_one_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
