/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "run_internal.h"
#include "small_run.h"

static dc_status parse(dc_recipe *recipe, const char *text, dc_arena *arena)
{
    dc_json *json = json_of(text);
    const dc_status status = dc_recipe_parse(recipe, json, "r.json", arena);
    dc_json_free(json);
    return status;
}

/* Parsing fails, and the message holds `part`. */
/* Data as far as a recipe is checked against them. */
static dc_source samples = { .is_labelled = true, .text = "samples" };
static const dc_datasets sets = { .train = &samples };

static void refuse(const char *text, const char *part)
{
    dc_arena arena = { 0 };
    dc_recipe recipe;
    assert_fails(DC_EINPUT, parse(&recipe, text, &arena));
    if (strstr(dc_message(), part) == NULL)
        fail_msg("'%s' does not say '%s'", dc_message(), part);
    dc_arena_clear(&arena);
}

static void stages_are_read_in_order_with_their_settings(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_recipe recipe;
    assert_ok(parse(&recipe,
                    "{\"name\":\"n\",\"seed\":7,\"comment\":\"c\",\"stages\":["
                    "{\"stage\":\"prune\",\"density\":{\"fc1\":0.5,\"*\":0.25},\"comment\":\"x\"},"
                    "{\"stage\":\"quantize\",\"bits\":3}]}",
                    &arena));
    assert_string_equal(recipe.name, "n");
    assert_int_equal(recipe.seed, 7);
    assert_int_equal(recipe.n_steps, 2);
    assert_string_equal(recipe.steps[0].stage->name, "prune");
    const dc_prune_settings *prune = recipe.steps[0].settings;
    double density = 0;
    assert_true(dc_rules_find(&density, &prune->density, "fc2"));
    assert_near(density, 0.25, 0);
    const dc_quantize_settings *quantize = recipe.steps[1].settings;
    assert_true(dc_rules_find(&density, &quantize->bits, "any"));
    assert_near(density, 3, 0);
    dc_arena_clear(&arena);
}

static void unknown_words_are_refused_with_their_place(void **state)
{
    (void)state;
    refuse("[1]", "is not an object");
    refuse("{}", "no list of 'stages'");
    refuse("{\"stages\":{}}", "no list of 'stages'");
    refuse("{\"stages\":[{}]}", "step 1");
    refuse("{\"stages\":[\"prune\"]}", "step 1");
    refuse("{\"stages\":[{\"stage\":\"prune\"},{\"stage\":\"melt\"}]}", "'melt' in step 2");
    refuse("{\"seeds\":1,\"stages\":[{\"stage\":\"prune\"}]}", "unknown key 'seeds'");
    refuse("{\"seed\":0.5,\"stages\":[{\"stage\":\"prune\"}]}", "seed");
    refuse("{\"seed\":\"1\",\"stages\":[{\"stage\":\"prune\"}]}", "seed");
    refuse("{\"stages\":[{\"stage\":\"prune\",\"densty\":1}]}", "step 1 (prune)");
    refuse("{\"stages\":[{\"stage\":\"prune\",\"density\":2}]}", "0 to 1");
    refuse("{\"stages\":[{\"stage\":\"train\",\"epochs\":true}]}", "'epochs'");
}

static void a_seed_with_a_fraction_is_no_whole_number(void **state)
{
    (void)state;
    refuse("{\"seed\":2.5,\"stages\":[{\"stage\":\"prune\"}]}", "whole number");
}

static uint64_t seed_of(const dc_step *step, dc_arena *arena)
{
    const dc_field *field = dc_field_find(dc_stage_fields(step->stage, arena), "seed");
    uint64_t seed;
    memcpy(&seed, (const char *)step->settings + field->offset, sizeof seed);
    return seed;
}

static void the_recipes_seed_is_that_of_steps_that_have_none(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_recipe recipe;
    assert_ok(parse(&recipe,
                    "{\"seed\":5,\"stages\":[{\"stage\":\"retrain\"},{\"stage\":\"prune\"},"
                    "{\"stage\":\"quantize\",\"seed\":9}]}",
                    &arena));
    assert_int_equal(seed_of(&recipe.steps[0], &arena), 5);
    assert_int_equal(seed_of(&recipe.steps[2], &arena), 9);
    dc_arena_clear(&arena);
}

static void every_pattern_must_speak_of_a_layer(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_recipe recipe;
    dc_model *model = two_layers(3);
    assert_ok(parse(&recipe,
                    "{\"stages\":[{\"stage\":\"prune\",\"density\":0.5},"
                    "{\"stage\":\"quantize\",\"bits\":{\"fc9\":2}}]}",
                    &arena));
    assert_fails(DC_EINPUT, dc_recipe_check(&recipe, model, &sets, &arena));
    assert_non_null(strstr(dc_message(), "step 2 (quantize): bits: no layer matches 'fc9'"));
    dc_model_free(model);
    dc_arena_clear(&arena);
}

/* Not after the first step has trained for hours. */
static void what_a_later_step_will_refuse_is_refused_first(void **state)
{
    static const char *const rows[][2] = {
        { "\"stage\":\"prune\"", "nothing says what to prune" },
        { "\"stage\":\"prune\",\"density\":0", "density 0 of layer 'fc1' is outside" },
        { "\"stage\":\"prune\",\"density\":0.5,\"scan_drop\":1", "contradict each other" },
        { "\"stage\":\"prune\",\"density\":0.5,\"global_density\":0.5", "all layers have one" },
        { "\"stage\":\"prune\",\"density\":{\"fc1\":0.5},\"sensitivity\":1",
          "both density and sensitivity for layer 'fc1'" },
        { "\"stage\":\"prune\",\"scan_drop\":1,\"sensitivity\":1", "both density and" },
        { "\"stage\":\"gradual\"", "nothing says what to prune" },
        { "\"stage\":\"gradual\",\"sensitivity\":1", "no goal to go to" },
        { "\"stage\":\"gradual\",\"density\":0", "density 0 of layer 'fc1' is outside" },
        { "\"stage\":\"quantize\",\"bits\":2.5", "2.5 bits for 'fc1' are not a whole number" },
    };
    (void)state;
    dc_arena arena = { 0 };
    dc_model *model = two_layers(3);
    const dc_datasets all = { .train = &samples, .validation = &samples, .test = &samples };
    for (size_t i = 0; i < DC_COUNT_OF(rows); i++) {
        dc_recipe recipe;
        const char *text = dc_arena_print(
            &arena, "{\"stages\":[{\"stage\":\"retrain\"},{%s}]}", rows[i][0]);
        assert_ok(parse(&recipe, text, &arena));
        assert_fails(DC_EINPUT, dc_recipe_check(&recipe, model, &all, &arena));
        assert_non_null(strstr(dc_message(), rows[i][1]));
        assert_non_null(strstr(dc_message(), "step 2 ("));
    }
    dc_model_free(model);
    dc_arena_clear(&arena);
}

static void stages_that_train_need_data(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_recipe recipe;
    dc_model *model = two_layers(3);
    assert_ok(parse(&recipe, "{\"stages\":[{\"stage\":\"retrain\"}]}", &arena));
    assert_ok(dc_recipe_check(&recipe, model, &sets, &arena));
    assert_fails(DC_EINPUT, dc_recipe_check(&recipe, model, NULL, &arena));
    samples.is_labelled = false;
    assert_fails(DC_EINPUT, dc_recipe_check(&recipe, model, &sets, &arena));
    assert_non_null(strstr(dc_message(), "--teacher self"));
    samples.is_labelled = true;
    dc_model_free(model);
    dc_arena_clear(&arena);
}

static void the_full_text_of_a_step_parses_to_itself(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_recipe recipe, again;
    char text[8192];
    assert_ok(parse(&recipe, "{\"stages\":[{\"stage\":\"gradual\",\"density\":0.2,\"lr\":0.3}]}",
                    &arena));
    const char *settings = dc_step_text(&recipe.steps[0], &arena);
    snprintf(text, sizeof text, "{\"stages\":[{\"stage\":\"gradual\",%s]}", settings + 1);
    assert_ok(parse(&again, text, &arena));
    assert_string_equal(dc_step_text(&again.steps[0], &arena), settings);
    dc_arena_clear(&arena);
}

static void history_holds_what_differs_and_the_seed_of_training(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_recipe recipe;
    assert_ok(parse(&recipe,
                    "{\"stages\":[{\"stage\":\"retrain\",\"epochs\":3,\"batch\":64},"
                    "{\"stage\":\"quantize\"},{\"stage\":\"quantize\",\"bits\":3}]}",
                    &arena));
    assert_string_equal(step_changes(&recipe.steps[0], &arena), "{\"epochs\":3,\"seed\":1}");
    assert_string_equal(step_changes(&recipe.steps[1], &arena), "{}");
    assert_string_equal(step_changes(&recipe.steps[2], &arena), "{\"bits\":3}");
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_are_read_in_order_with_their_settings),
        cmocka_unit_test(unknown_words_are_refused_with_their_place),
        cmocka_unit_test(a_seed_with_a_fraction_is_no_whole_number),
        cmocka_unit_test(the_recipes_seed_is_that_of_steps_that_have_none),
        cmocka_unit_test(every_pattern_must_speak_of_a_layer),
        cmocka_unit_test(what_a_later_step_will_refuse_is_refused_first),
        cmocka_unit_test(stages_that_train_need_data),
        cmocka_unit_test(the_full_text_of_a_step_parses_to_itself),
        cmocka_unit_test(history_holds_what_differs_and_the_seed_of_training),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
