/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "test.h"

#include "run_internal.h"
#include "small_run.h"

/* A run of a small network that is its own teacher. */
typedef struct lesson {
    dc_arena arena;
    dc_source train, validation;
    dc_datasets sets;
    dc_model *teacher;
    dc_run run;
    dc_score dense;
} lesson;

static void lesson_init(lesson *l)
{
    *l = (lesson){ .train = counting_samples(40, 3), .validation = counting_samples(20, 3) };
    l->sets = (dc_datasets){ .train = &l->train, .validation = &l->validation };
    l->teacher = two_layers(3);
    l->run = (dc_run){ .model = two_layers(3), .data = &l->sets, .arena = &l->arena,
                       .settings = { .batch_size = 10, .teacher = l->teacher, .is_taught = true },
                       .write = { .level = DC_LEVEL_CODED, .is_stripped = true } };
    dc_write_allow(&l->run.write, 0);
    assert_ok(dc_run_validate(&l->dense, &l->run));
}

static void lesson_clear(lesson *l)
{
    dc_model_free(l->run.model);
    dc_model_free(l->teacher);
    dc_arena_clear(&l->arena);
}

static uint64_t bytes_of(const lesson *l)
{
    uint64_t bytes;
    assert_ok(compress_size(&bytes, &l->run, l->run.model, true));
    return bytes;
}

static double moved_by(const lesson *l, const dc_source *source)
{
    const dc_eval_settings against = { .batch_size = 10, .against = l->teacher };
    dc_eval_result result;
    assert_ok(dc_eval_model(&result, l->run.model, source, &against));
    return result.against.divergence.mean;
}

static void a_budget_of_bytes_is_met(void **state)
{
    (void)state;
    for (uint64_t share = 2; share <= 4; share++) {
        lesson l;
        dc_compress_settings settings = dc_compress_defaults();
        lesson_init(&l);
        settings.max_bytes = bytes_of(&l) / share;
        assert_ok(compress_self(&l.run, &settings, &l.dense));
        assert_true(bytes_of(&l) <= settings.max_bytes);
        assert_true((double)bytes_of(&l) >= 0.85 * (double)settings.max_bytes);
        lesson_clear(&l);
    }
}

static void what_fits_stays_as_it_is(void **state)
{
    lesson l;
    dc_compress_settings settings = dc_compress_defaults();
    (void)state;
    lesson_init(&l);
    settings.max_bytes = bytes_of(&l);
    assert_ok(compress_self(&l.run, &settings, &l.dense));
    assert_near(moved_by(&l, &l.validation), 0, 0);
    assert_int_equal(bytes_of(&l), settings.max_bytes);
    lesson_clear(&l);
}

/* More divergence, fewer bytes; and no more than was allowed. */
static void a_divergence_is_kept_to(void **state)
{
    uint64_t bytes[3];
    (void)state;
    for (int i = 0; i < 3; i++) {
        lesson l;
        dc_compress_settings settings = dc_compress_defaults();
        settings.max_divergence = i == 0 ? 0 : i == 1 ? 1e-5 : 1e-2;
        lesson_init(&l);
        assert_ok(compress_self(&l.run, &settings, &l.dense));
        assert_true(moved_by(&l, &l.validation) <= settings.max_divergence);
        bytes[i] = bytes_of(&l);
        lesson_clear(&l);
    }
    assert_true(bytes[2] < bytes[1] && bytes[1] < bytes[0]);
}

/* A weight that no grid of a useful step can hold beside the others. */
static void a_layer_without_a_step_shares_values(void **state)
{
    lesson l;
    dc_compress_settings settings = dc_compress_defaults();
    (void)state;
    lesson_init(&l);
    l.run.model->params[0].values[3] = l.teacher->params[0].values[3] = 1e9f;
    settings.max_divergence = 0.5;
    assert_ok(compress_self(&l.run, &settings, &l.dense));
    float step;
    assert_true(l.run.model->params[0].is_shared);
    assert_false(dc_grid_find(&step, l.run.model->params[0].values, 32));
    lesson_clear(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_budget_of_bytes_is_met),
        cmocka_unit_test(what_fits_stays_as_it_is),
        cmocka_unit_test(a_divergence_is_kept_to),
        cmocka_unit_test(a_layer_without_a_step_shares_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
