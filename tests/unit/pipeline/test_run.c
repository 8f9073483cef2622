/* SPDX-License-Identifier: MIT
 *
 * A run: whose the model is, and what it is opened with.
 */
#include "test.h"

#include "small_run.h"

static void the_model_is_the_runs_until_it_is_closed(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_model *model = two_layers(3);
    const dc_model *const given = model;
    dc_run *run = NULL;
    assert_ok(dc_run_open(&run, &model, &(dc_run_settings){ .seed = 1 }, &arena));
    assert_null(model);
    assert_ptr_equal(dc_run_model(run), given);
    dc_run_close(run);
    dc_run_close(NULL);
    dc_arena_clear(&arena);
}

/* The folder is another run's. */
static void a_run_that_is_refused_leaves_the_model_where_it_is(void **state)
{
    (void)state;
    char folder[64];
    dc_arena arena = { 0 };
    dc_model *model = two_layers(3), *other = two_layers(3);
    dc_run *run = NULL, *second = NULL;
    const dc_run_settings settings = { .work_folder = new_folder(folder, sizeof folder) };
    assert_ok(dc_run_open(&run, &model, &settings, &arena));
    assert_fails(DC_EIO, dc_run_open(&second, &other, &settings, &arena));
    assert_null(second);
    assert_non_null(other);
    assert_true(dc_file_exists(folder));
    dc_run_close(run);
    assert_false(dc_file_exists(folder)); /* it held no states */
    assert_ok(dc_run_open(&second, &other, &settings, &arena));
    dc_run_close(second);
    dc_arena_clear(&arena);
}

static void a_stage_says_how_the_file_is_written_and_the_settings_do_before(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_model *model = two_layers(3);
    dc_run *run = NULL;
    dc_recipe recipe;
    dc_json *json = json_of("{\"stages\":[{\"stage\":\"encode\",\"strip\":true}]}");
    const dc_run_settings settings = { .write = { .level = DC_LEVEL_DENSE } };
    assert_ok(dc_recipe_parse(&recipe, json, "text", &arena));
    dc_json_free(json);
    assert_ok(dc_run_open(&run, &model, &settings, &arena));
    assert_int_equal(dc_run_write_settings(run)->level, DC_LEVEL_DENSE);
    assert_ok(dc_run_recipe(run, &recipe));
    assert_int_equal(dc_run_write_settings(run)->level, DC_LEVEL_CODED);
    assert_true(dc_run_write_settings(run)->is_stripped);
    dc_run_close(run);
    dc_arena_clear(&arena);
}

static void a_model_without_names_of_classes_gets_those_of_the_data(void **state)
{
    (void)state;
    static const char *const names[] = { "ant", "bee", "cat" };
    dc_arena arena = { 0 };
    dc_model *model = two_layers(3);
    dc_source train = counting_samples(12, 3);
    const dc_datasets data = { .train = &train, .validation = &train };
    dc_run *run = NULL;
    train.class_names = names;
    assert_ok(dc_run_open(&run, &model, &(dc_run_settings){ .seed = 1 }, &arena));
    assert_ok(dc_run_set_data(run, &data));
    assert_int_equal(dc_run_model(run)->n_class_names, 3);
    assert_string_equal(dc_run_model(run)->class_names[2], "cat");
    dc_run_close(run);
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_model_is_the_runs_until_it_is_closed),
        cmocka_unit_test(a_run_that_is_refused_leaves_the_model_where_it_is),
        cmocka_unit_test(a_stage_says_how_the_file_is_written_and_the_settings_do_before),
        cmocka_unit_test(a_model_without_names_of_classes_gets_those_of_the_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
