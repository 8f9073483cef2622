/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "small_run.h"

#define N_SAMPLES 48

/* X.npy with sample i = (i, i, i, i): a kind of data without a split of its own. */
static void write_samples(char *spec, size_t size, const char *folder)
{
    float values[4 * N_SAMPLES];
    char path[200];
    const dc_shape shape = dc_shape_of(2, N_SAMPLES, 4, 0, 0);
    for (uint32_t i = 0; i < 4 * N_SAMPLES; i++)
        values[i] = (float)(i / 4);
    snprintf(path, sizeof path, "%s/x.npy", folder);
    assert_ok(dc_npy_write(path, values, &shape, true));
    snprintf(spec, size, "npy:%s", path);
}

static void mark(uint32_t *seen, const dc_source *source)
{
    for (uint64_t i = 0; i < source->n_samples; i++) {
        float x[4];
        assert_ok(source->read(source, &i, 1, 0, x, NULL));
        assert_true(x[0] >= 0 && x[0] < N_SAMPLES);
        seen[(uint32_t)x[0]]++;
    }
}

static dc_data_settings settings_of(const char *spec)
{
    dc_data_settings settings = dc_data_defaults();
    settings.data = spec;
    return settings;
}

/* The parts of the samples in memory; NULL when they are refused. */
static dc_status open_parts(dc_datasets *sets, uint64_t n_holdout, uint64_t limit)
{
    char folder[64], spec[240], path[80];
    dc_model *model = two_layers(3);
    write_samples(spec, sizeof spec, new_folder(folder, sizeof folder));
    dc_data_settings settings = settings_of(spec);
    settings.n_holdout = n_holdout;
    settings.limit = limit;
    const dc_status status = dc_datasets_open(sets, &settings, model, NULL);
    dc_model_free(model);
    snprintf(path, sizeof path, "%s/x.npy", folder);
    unlink(path);
    rmdir(folder);
    return status;
}

static void without_a_split_the_three_parts_share_all_samples_and_none_twice(void **state)
{
    (void)state;
    dc_datasets sets;
    uint32_t seen[N_SAMPLES] = { 0 };
    assert_ok(open_parts(&sets, 0, 0));
    assert_int_equal(sets.validation->n_samples, N_SAMPLES / 12);
    assert_int_equal(sets.test->n_samples, N_SAMPLES / 12);
    mark(seen, sets.train);
    mark(seen, sets.validation);
    mark(seen, sets.test);
    for (uint32_t i = 0; i < N_SAMPLES; i++)
        assert_int_equal(seen[i], 1);
    dc_datasets_close(&sets);
}

static void the_validation_part_is_as_large_as_asked(void **state)
{
    (void)state;
    dc_datasets sets;
    assert_ok(open_parts(&sets, 20, 0));
    assert_int_equal(sets.validation->n_samples, 20);
    assert_int_equal(sets.train->n_samples, N_SAMPLES - 20 - N_SAMPLES / 12);
    dc_datasets_close(&sets);
}

static void the_test_part_is_as_large_as_asked_and_only_without_a_split(void **state)
{
    (void)state;
    char folder[64], spec[240], path[80];
    dc_datasets sets;
    dc_model *model = two_layers(3);
    write_samples(spec, sizeof spec, new_folder(folder, sizeof folder));
    dc_data_settings settings = settings_of(spec), split = settings_of("digits:120");
    settings.n_test = split.n_test = 30;
    assert_ok(dc_datasets_open(&sets, &settings, model, NULL));
    assert_int_equal(sets.test->n_samples, 30);
    assert_int_equal(sets.train->n_samples, N_SAMPLES - 30 - N_SAMPLES / 12);
    dc_datasets_close(&sets);
    settings.n_test = UINT64_MAX;
    assert_fails(DC_EINPUT, dc_datasets_open(&sets, &settings, model, NULL));
    dc_model_free(model);
    model = model_of("{\"name\":\"n\",\"input\":{\"shape\":[1,28,28]},\"layers\":["
                     "{\"name\":\"fc\",\"op\":\"linear\",\"n_outputs\":10}]}");
    assert_fails(DC_EINPUT, dc_datasets_open(&sets, &split, model, NULL));
    dc_model_free(model);
    snprintf(path, sizeof path, "%s/x.npy", folder);
    unlink(path);
    rmdir(folder);
}

static void samples_without_labels_get_a_teachers(void **state)
{
    (void)state;
    char folder[64], spec[240], path[80];
    dc_datasets sets;
    dc_model *model = two_layers(3);
    write_samples(spec, sizeof spec, new_folder(folder, sizeof folder));
    const dc_data_settings settings = settings_of(spec);
    assert_ok(dc_datasets_open(&sets, &settings, model, NULL));
    assert_false(sets.train->is_labelled || sets.is_taught);
    dc_datasets_close(&sets);
    assert_ok(dc_datasets_open(&sets, &settings, model, model));
    assert_true(sets.is_taught && sets.train->is_labelled && sets.validation->is_labelled &&
                sets.test->is_labelled);
    dc_score score;
    assert_ok(dc_evaluate(&score, model, sets.test, 8, DC_PRECISION_F32));
    assert_near(score.top1_error, 0, 0);
    dc_datasets_close(&sets);
    dc_model_free(model);
    snprintf(path, sizeof path, "%s/x.npy", folder);
    unlink(path);
    rmdir(folder);
}

static void a_holdout_that_leaves_nothing_is_refused(void **state)
{
    (void)state;
    dc_datasets sets;
    assert_fails(DC_EINPUT, open_parts(&sets, N_SAMPLES, 0));
    assert_fails(DC_EINPUT, open_parts(&sets, N_SAMPLES - N_SAMPLES / 12, 0));
    assert_fails(DC_EINPUT, open_parts(&sets, UINT64_MAX, 0));
    assert_fails(DC_EINPUT, open_parts(&sets, UINT64_MAX - 2, 0));
    assert_fails(DC_EINPUT, open_parts(&sets, 0, 11));
    assert_fails(DC_EINPUT, open_parts(&sets, 3, 5));
    assert_null(sets.train);
}

static void data_with_a_split_are_tested_on_their_own_test_part(void **state)
{
    (void)state;
    dc_datasets sets;
    dc_model *model = model_of("{\"name\":\"n\",\"input\":{\"shape\":[1,28,28]},\"layers\":["
                               "{\"name\":\"fc\",\"op\":\"linear\",\"n_outputs\":10}]}");
    const dc_data_settings settings = settings_of("digits:120");
    assert_ok(dc_datasets_open(&sets, &settings, model, NULL));
    assert_int_equal(sets.train->n_samples, 110);
    assert_int_equal(sets.validation->n_samples, 10);
    assert_int_equal(sets.test->n_samples, 20);
    dc_datasets_close(&sets);
    dc_model_free(model);
}

static void no_data_is_an_error(void **state)
{
    (void)state;
    dc_datasets sets;
    dc_model *model = two_layers(2);
    const dc_data_settings settings = dc_data_defaults();
    assert_fails(DC_EINPUT, dc_datasets_open(&sets, &settings, model, NULL));
    dc_model_free(model);
}

static void the_text_of_the_data_tells_every_setting_apart(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_data_settings a = settings_of("digits:600");
    const char *text = dc_data_text(&a, &arena);
    dc_data_settings others[6] = { a, a, a, a, a, a };
    others[0].limit = 1;
    others[1].n_holdout = 1;
    others[2].data_seed = 2;
    others[3].data = "digits:601";
    others[4].n_test = 1;
    others[5].teacher = "self";
    for (size_t i = 0; i < DC_COUNT_OF(others); i++)
        assert_string_not_equal(dc_data_text(&others[i], &arena), text);
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_split_the_three_parts_share_all_samples_and_none_twice),
        cmocka_unit_test(the_validation_part_is_as_large_as_asked),
        cmocka_unit_test(the_test_part_is_as_large_as_asked_and_only_without_a_split),
        cmocka_unit_test(samples_without_labels_get_a_teachers),
        cmocka_unit_test(a_holdout_that_leaves_nothing_is_refused),
        cmocka_unit_test(data_with_a_split_are_tested_on_their_own_test_part),
        cmocka_unit_test(no_data_is_an_error),
        cmocka_unit_test(the_text_of_the_data_tells_every_setting_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
