/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "run_internal.h"
#include "small_run.h"

/* One step at the rate 0.01 of all 40 samples. */
static dc_model *after_a_step(double l1, void (*prepare)(dc_model *model))
{
    dc_arena arena = { 0 };
    const dc_source source = counting_samples(40, 4);
    fit_settings settings = fit_defaults();
    dc_train_hooks hooks;
    dc_trainer *trainer = NULL;
    dc_epoch_stats stats;
    dc_model *model = two_layers(4);
    if (prepare != NULL)
        prepare(model);
    settings.l1 = l1;
    settings.train.batch_size = 40;
    settings.train.learning_rate = 1e-2;
    assert_ok(fit_hooks(&hooks, &settings, &arena));
    assert_int_equal(hooks.n, l1 > 0 ? 2 : 1);
    assert_ok(dc_trainer_new(&trainer, model, &source, &settings.train, &hooks, NULL));
    assert_ok(dc_trainer_epoch(&stats, trainer));
    assert_ok(dc_trainer_sync(trainer));
    dc_trainer_free(trainer);
    dc_arena_clear(&arena);
    return model;
}

static void a_step_shrinks_weights_by_rate_times_l1_and_no_biases(void **state)
{
    (void)state;
    dc_model *plain = after_a_step(0, NULL), *m = after_a_step(20, NULL);
    uint32_t n_zeros = 0;
    for (uint32_t i = 0; i < plain->n_params; i++) {
        const double step = plain->params[i].role == DC_ROLE_WEIGHT ? 0.2 : 0;
        for (uint64_t k = 0; k < plain->params[i].n_values; k++) {
            const double w = (double)plain->params[i].values[k];
            const double size = fmax(fabs(w) - step, 0);
            assert_near(m->params[i].values[k], w < 0 ? -size : size, 1e-6);
            n_zeros += m->params[i].values[k] == 0 && step > 0;
        }
        assert_false(m->params[i].is_pruned);
    }
    assert_true(n_zeros > 4);
    dc_model_free(plain);
    dc_model_free(m);
}

static void share_first(dc_model *model)
{
    static const float values[4] = { 0, -0.5f, 0.25f, 0.75f };
    for (uint32_t i = 0; i < 32; i++)
        model->params[0].values[i] = values[i % 4];
    model->params[0].is_shared = model->params[0].is_pruned = true;
}

static void shared_weights_are_left_to_their_centroids(void **state)
{
    (void)state;
    dc_model *plain = after_a_step(0, share_first), *m = after_a_step(20, share_first);
    assert_memory_equal(m->params[0].values, plain->params[0].values, 32 * sizeof(float));
    assert_memory_not_equal(m->params[2].values, plain->params[2].values, 32 * sizeof(float));
    dc_model_free(plain);
    dc_model_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_shrinks_weights_by_rate_times_l1_and_no_biases),
        cmocka_unit_test(shared_weights_are_left_to_their_centroids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
