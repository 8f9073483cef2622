/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "run_internal.h"
#include "small_run.h"

/* Of one batch: a thousandth of the squares of the gradient, which is what a step of plain SGD at
 * rate 1 takes away. The model stays as it is. */
static void squares_are_those_of_the_gradient(void **state)
{
    (void)state;
    dc_source train = counting_samples(16, 4);
    dc_datasets sets = { .train = &train };
    dc_run run = { .model = two_layers(4), .data = &sets };
    dc_model *stepped = NULL;
    gradient_squares s = { .n_params = 0 };
    dc_train_settings one = dc_train_defaults();
    dc_trainer *trainer = NULL;
    dc_epoch_stats stats;
    assert_ok(dc_model_copy(&stepped, run.model));
    assert_ok(squares_estimate(&s, &run, false));
    one.learning_rate = 1;
    one.momentum = one.weight_decay = 0;
    one.schedule = DC_SCHEDULE_CONSTANT;
    assert_ok(dc_trainer_new(&trainer, stepped, &train, &one, NULL, NULL));
    assert_ok(dc_trainer_epoch(&stats, trainer));
    assert_ok(dc_trainer_sync(trainer));
    for (uint32_t p = 0; p < stepped->n_params; p++) {
        const dc_param *param = &run.model->params[p];
        assert_true((s.values[p] != NULL) == (param->role == DC_ROLE_WEIGHT));
        for (uint64_t i = 0; s.values[p] != NULL && i < param->n_values; i++) {
            const double step = (double)param->values[i] - (double)stepped->params[p].values[i];
            assert_near(s.values[p][i], 0.001 * step * step, 1e-6 + 1e-4 * step * step);
        }
    }
    dc_trainer_free(trainer);
    squares_clear(&s);
    dc_model_free(stepped);
    dc_model_free(run.model);
}

/* What a run leaves in its folder after the first turn's last epoch, as if it were killed there. */
typedef struct killed {
    char epoch[128];
    dc_file_view kept;
    uint8_t *bytes;
    uint64_t n;
} killed;

static void keep_first_turn(void *payload, bool is_detail, const char *text)
{
    killed *k = payload;
    if (!is_detail || strncmp(text, "epoch 1/1", 9) != 0 || k->bytes != NULL)
        return;
    assert_ok(dc_file_open(&k->kept, k->epoch, 0));
    k->n = k->kept.size;
    k->bytes = malloc(k->n);
    memcpy(k->bytes, k->kept.data, k->n);
    dc_file_close(&k->kept);
}

static dc_model *after_gradual(killed *k, const char *folder, bool is_resumed)
{
    dc_arena arena = { 0 };
    dc_source train = counting_samples(40, 4), validation = counting_samples(12, 4);
    dc_datasets sets = { .train = &train, .validation = &validation };
    const dc_run_settings settings = { .batch_size = 12, .work_folder = folder,
                                       .is_resumed = is_resumed, .may_restart = true,
                                       .on_news = keep_first_turn, .payload = k };
    dc_json *json = json_of("{\"stages\":[{\"stage\":\"gradual\",\"density\":0.3,\"steps\":2,"
                            "\"epochs_per_step\":1,\"epochs\":2,\"batch\":8,"
                            "\"lr\":0.001,\"saliency\":\"fisher\"}]}");
    dc_recipe recipe;
    dc_model *model = two_layers(4), *end = NULL;
    dc_run *run;
    assert_ok(dc_recipe_parse(&recipe, json, "text", &arena));
    dc_json_free(json);
    assert_ok(dc_run_open(&run, &model, &settings, &arena));
    assert_ok(dc_run_set_data(run, &sets));
    assert_ok(dc_run_recipe(run, &recipe));
    assert_ok(dc_model_copy(&end, dc_run_model(run)));
    dc_run_clean(run);
    dc_run_close(run);
    dc_arena_clear(&arena);
    return end;
}

/* The turn is over and trains no more when the run goes on: its squares are in its state. */
static void a_run_that_was_killed_between_turns_prunes_by_the_same_squares(void **state)
{
    (void)state;
    char folder[64];
    killed k = { .bytes = NULL };
    new_folder(folder, sizeof folder);
    snprintf(k.epoch, sizeof k.epoch, "%s/epoch.ckpt", folder);
    dc_model *whole = after_gradual(&k, folder, false);
    assert_non_null(k.bytes);
    assert_ok(dc_folder_make(folder));
    assert_ok(dc_file_write(k.epoch, k.bytes, k.n, false));
    dc_model *resumed = after_gradual(&k, folder, true);
    for (uint32_t i = 0; i < whole->n_params; i++)
        assert_memory_equal(whole->params[i].values, resumed->params[i].values,
                            whole->params[i].n_values * sizeof(float));
    free(k.bytes);
    dc_model_free(whole);
    dc_model_free(resumed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(squares_are_those_of_the_gradient),
        cmocka_unit_test(a_run_that_was_killed_between_turns_prunes_by_the_same_squares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
