/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "run_internal.h"
#include "small_run.h"

#define DECAY 0.5

/* The average of the first parameter's weights as they are after each step, in double. */
typedef struct average {
    double values[32];
    float row_major[32];
} average;

static dc_status follow(void *payload, dc_trained *trained)
{
    average *a = payload;
    const double t = (double)trained->n_steps, d = fmin(DECAY, (1 + t) / (10 + t));
    DC_TRY(trained->store(trained, 0, a->row_major, trained->params[0].w));
    for (uint32_t i = 0; i < 32; i++)
        a->values[i] = d * a->values[i] + (1 - d) * (double)a->row_major[i];
    return DC_OK;
}

/* Two epochs of two_layers(4) with an average; the model becomes what is handed back. */
static void train(dc_model *model, average *a)
{
    dc_arena arena = { 0 };
    const dc_source source = counting_samples(40, 4);
    fit_settings settings = fit_defaults();
    dc_train_hooks hooks;
    dc_trainer *trainer = NULL;
    dc_epoch_stats stats;
    const dc_train_hook follower = { .name = "follow", .payload = a, .after_update = follow };
    settings.ema = DECAY;
    settings.more = &follower;
    settings.train.batch_size = 5;
    settings.train.learning_rate = 1e-3;
    assert_ok(fit_hooks(&hooks, &settings, &arena));
    assert_int_equal(hooks.n, 3);
    for (uint32_t i = 0; i < 32; i++)
        a->values[i] = (double)model->params[0].values[i];
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings.train, &hooks, NULL));
    for (uint32_t i = 0; i < 2; i++)
        assert_ok(dc_trainer_epoch(&stats, trainer));
    assert_ok(dc_trainer_sync(trainer));
    dc_trainer_free(trainer);
    dc_arena_clear(&arena);
}

static void the_average_of_all_steps_is_handed_back(void **state)
{
    (void)state;
    dc_model *model = two_layers(4);
    average a = { { 0 }, { 0 } };
    double apart = 0;
    train(model, &a);
    for (uint32_t i = 0; i < 32; i++) {
        assert_near(model->params[0].values[i], a.values[i], 1e-5);
        apart += fabs((double)(model->params[0].values[i] - a.row_major[i]));
    }
    assert_true(apart > 1e-4); /* the weights themselves are elsewhere */
    dc_model_free(model);
}

static void zeros_and_sharing_survive_the_average(void **state)
{
    (void)state;
    const float shared[4] = { 0, -0.5f, 0.25f, 0.75f };
    dc_model *model = two_layers(4);
    dc_param *param = &model->params[0];
    average a = { { 0 }, { 0 } };
    for (uint32_t i = 0; i < 32; i++)
        param->values[i] = shared[i % 4];
    param->is_pruned = param->is_shared = true;
    train(model, &a);
    for (uint32_t i = 0; i < 32; i++) {
        assert_true((param->values[i] == 0) == (i % 4 == 0));
        assert_true(param->values[i] == param->values[i % 4]);
        assert_near(param->values[i], a.values[i], 1e-5);
    }
    dc_model_free(model);
}

static void without_a_decay_there_is_no_average(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_train_hooks hooks;
    const fit_settings settings = fit_defaults();
    assert_ok(fit_hooks(&hooks, &settings, &arena));
    assert_int_equal(hooks.n, 1);
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_average_of_all_steps_is_handed_back),
        cmocka_unit_test(zeros_and_sharing_survive_the_average),
        cmocka_unit_test(without_a_decay_there_is_no_average),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
