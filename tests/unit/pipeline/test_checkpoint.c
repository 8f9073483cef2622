/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "run_internal.h"
#include "small_run.h"

/* A run of key 7 in a folder of its own, with an epoch and a stage kept in it. */
typedef struct kept {
    char folder[64], epoch[80], stage[120];
    dc_arena arena;
    dc_source source;
    dc_trainer *trainer;
    dc_run run;
    float first; /* a weight as it was kept */
} kept;

static void keep(kept *k)
{
    *k = (kept){ .source = counting_samples(16, 3) };
    new_folder(k->folder, sizeof k->folder);
    k->run = (dc_run){ .model = two_layers(3), .arena = &k->arena, .key = 7,
                       .settings = { .work_folder = k->folder, .is_resumed = true } };
    snprintf(k->epoch, sizeof k->epoch, "%s/epoch.ckpt", k->folder);
    snprintf(k->stage, sizeof k->stage, "%s/01-prune-0000000000000007.dcm", k->folder);
    const dc_train_settings settings = dc_train_defaults();
    epoch_state state = { .phase = 2, .epoch = 5, .epochs_since_best = 1, .has_best = true };
    state.best.top1_error = 0.25;
    k->first = k->run.model->params[0].values[0];
    assert_ok(dc_trainer_new(&k->trainer, k->run.model, &k->source, &settings,
                             &(dc_train_hooks){ 1, &dc_centroid_hook }, NULL));
    assert_ok(checkpoint_put_stage(&k->run, "prune"));
    assert_ok(checkpoint_put_epoch(&k->run, &state, k->trainer));
    k->run.model->params[0].values[0] = 99;
}

static void drop(kept *k)
{
    dc_trainer_free(k->trainer);
    dc_model_free(k->run.model);
    checkpoint_remove_all(k->folder);
    assert_false(dc_file_exists(k->folder));
    dc_arena_clear(&k->arena);
}

static void damage(const char *path, long at, bool is_cut)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    if (is_cut) {
        assert_int_equal(ftruncate(fileno(file), at), 0);
    } else {
        fseek(file, at, SEEK_SET);
        const int byte = fgetc(file);
        fseek(file, at, SEEK_SET);
        fputc(byte ^ 0x55, file);
    }
    fclose(file);
}

static bool has_epoch(const kept *k)
{
    bool found = true;
    assert_ok(checkpoint_has_epoch(&found, &k->run));
    return found;
}

static bool has_stage(kept *k)
{
    bool found = true;
    assert_ok(checkpoint_get_stage(&found, &k->run, "prune"));
    return found;
}

static void an_epoch_comes_back_as_it_was_kept(void **state)
{
    (void)state;
    kept k;
    epoch_state got;
    keep(&k);
    assert_ok(checkpoint_get_epoch(&got, &k.run));
    assert_non_null(got.model);
    assert_int_equal(got.phase, 2);
    assert_int_equal(got.epoch, 5);
    assert_int_equal(got.epochs_since_best, 1);
    assert_true(got.has_best);
    assert_near(got.best.top1_error, 0.25, 0);
    assert_near(got.model->params[0].values[0], k.first, 0);
    assert_null(got.best_model);
    assert_true(dc_reader_left(&got.trainer) > 0);
    checkpoint_close_epoch(&got);
    drop(&k);
}

static void an_epoch_of_another_run_is_as_if_it_were_not_there(void **state)
{
    (void)state;
    kept k;
    keep(&k);
    assert_true(has_epoch(&k));
    k.run.key = 8;
    assert_false(has_epoch(&k));
    assert_false(has_stage(&k));
    k.run.key = 7;
    k.run.settings.is_resumed = false;
    assert_false(has_epoch(&k));
    assert_false(has_stage(&k));
    drop(&k);
}

static void a_damaged_epoch_is_as_if_it_were_not_there(void **state)
{
    (void)state;
    const long places[] = { 0, 5, 12, 40, 200, -1 };
    for (size_t i = 0; places[i] >= 0; i++) {
        kept k;
        keep(&k);
        damage(k.epoch, places[i], false);
        assert_false(has_epoch(&k));
        damage(k.epoch, places[i], true);
        assert_false(has_epoch(&k));
        drop(&k);
    }
}

static void a_stage_comes_back_and_a_damaged_one_does_not(void **state)
{
    (void)state;
    kept k;
    keep(&k);
    assert_true(has_stage(&k));
    assert_near(k.run.model->params[0].values[0], k.first, 0);
    damage(k.stage, 40, false);
    assert_false(has_stage(&k));
    drop(&k);
}

/* It may be whole: a run that went on without it would throw hours of work away. */
static void a_state_that_cannot_be_read_now_is_an_error(void **state)
{
    (void)state;
    kept k;
    keep(&k);
    bool found;
    dc_fault_arm(DC_FAULT_READ, 1);
    assert_fails(DC_EIO, checkpoint_has_epoch(&found, &k.run));
    dc_fault_arm(DC_FAULT_READ, 1);
    assert_fails(DC_EIO, checkpoint_get_stage(&found, &k.run, "prune"));
    dc_fault_arm(DC_FAULT_READ, 0);
    assert_true(has_epoch(&k));
    assert_true(has_stage(&k));
    drop(&k);
}

static void a_folder_that_cannot_be_read_is_not_an_empty_one(void **state)
{
    (void)state;
    kept k;
    keep(&k);
    bool found;
    assert_ok(checkpoint_has_any(&found, k.folder));
    assert_true(found);
    assert_fails(DC_EIO, checkpoint_has_any(&found, k.stage)); /* a file */
    assert_fails(DC_EIO, checkpoint_remove_states(k.stage));
    drop(&k);
    assert_ok(checkpoint_has_any(&found, k.folder));
    assert_false(found);
}

static void a_stage_that_is_done_takes_the_place_of_its_epochs(void **state)
{
    (void)state;
    kept k;
    keep(&k);
    assert_ok(checkpoint_put_stage(&k.run, "prune"));
    assert_false(dc_file_exists(k.epoch));
    drop(&k);
}

static void clearing_up_leaves_what_is_not_ours(void **state)
{
    (void)state;
    kept k;
    static const char *const names[] = { "notes.txt", "01-mine.dcm", "2024-model.dcm.bak",
                                         "epoch.ckpt.old", "01-prune-0123456789abcdef.dcm.old" };
    char mine[DC_COUNT_OF(names)][120], stray[100];
    keep(&k);
    snprintf(stray, sizeof stray, "%s/.epoch.ckpt.abcdef", k.folder);
    for (size_t i = 0; i < DC_COUNT_OF(names); i++) {
        snprintf(mine[i], sizeof mine[i], "%s/%s", k.folder, names[i]);
        assert_ok(dc_file_write(mine[i], "x", 1, false));
    }
    assert_ok(dc_file_write(stray, "x", 1, false));
    checkpoint_remove_all(k.folder);
    assert_false(dc_file_exists(stray));
    assert_false(dc_file_exists(k.epoch));
    assert_false(dc_file_exists(k.stage));
    for (size_t i = 0; i < DC_COUNT_OF(names); i++) {
        assert_true(dc_file_exists(mine[i]));
        unlink(mine[i]);
    }
    drop(&k);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_epoch_comes_back_as_it_was_kept),
        cmocka_unit_test(an_epoch_of_another_run_is_as_if_it_were_not_there),
        cmocka_unit_test(a_damaged_epoch_is_as_if_it_were_not_there),
        cmocka_unit_test(a_stage_comes_back_and_a_damaged_one_does_not),
        cmocka_unit_test(a_state_that_cannot_be_read_now_is_an_error),
        cmocka_unit_test(a_folder_that_cannot_be_read_is_not_an_empty_one),
        cmocka_unit_test(a_stage_that_is_done_takes_the_place_of_its_epochs),
        cmocka_unit_test(clearing_up_leaves_what_is_not_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
