/* SPDX-License-Identifier: MIT
 *
 * Parsing recipes and architectures when allocation number N fails.
 */
#include "faults.h"

#include "dcomp/pipeline.h"

static const char recipe_text[] =
    "{\"name\":\"r\",\"seed\":3,\"stages\":["
    "{\"stage\":\"gradual\",\"density\":{\"fc1\":0.02,\"*\":0.1},\"epochs\":2},"
    "{\"stage\":\"quantize\",\"bits\":{\"conv*\":5,\"*\":4}},"
    "{\"stage\":\"retrain\",\"epochs\":5,\"lr\":0.001,\"comment\":\"last\"}]}";
static const char architecture_text[] =
    "{\"name\":\"net\",\"input\":{\"shape\":[4]},\"layers\":["
    "{\"name\":\"fc\",\"op\":\"linear\",\"n_outputs\":3},{\"name\":\"r\",\"op\":\"relu\"}]}";

static dc_status parse_json(void *payload)
{
    dc_json *json = NULL;
    const dc_status status = dc_json_parse(&json, payload, strlen(payload), "text");
    dc_json_free(json);
    return status;
}

static dc_status parse_recipe(void *payload)
{
    dc_arena arena = { 0 };
    dc_recipe recipe;
    const dc_status status = dc_recipe_parse(&recipe, payload, "recipe", &arena);
    dc_arena_clear(&arena);
    return status;
}

static dc_status make_model(void *payload)
{
    dc_model *model = NULL;
    const dc_status status = dc_model_from_arch(&model, payload, "architecture");
    assert_true((status == DC_OK) == (model != NULL));
    dc_model_free(model);
    return status;
}

static dc_json *parsed(const char *text)
{
    dc_json *json = NULL;
    assert_ok(dc_json_parse(&json, text, strlen(text), "text"));
    return json;
}

static void json_without_memory_fails_cleanly(void **state)
{
    (void)state;
    char text[sizeof recipe_text];
    memcpy(text, recipe_text, sizeof text);
    walk_faults(DC_FAULT_ALLOC, DC_ENOMEM, parse_json, NULL, text);
}

static void recipes_without_memory_fail_cleanly(void **state)
{
    (void)state;
    dc_json *json = parsed(recipe_text);
    assert_true(walk_faults(DC_FAULT_ALLOC, DC_ENOMEM, parse_recipe, NULL, json) > 5);
    dc_json_free(json);
}

static void architectures_without_memory_fail_cleanly(void **state)
{
    (void)state;
    dc_json *json = parsed(architecture_text);
    assert_true(walk_faults(DC_FAULT_ALLOC, DC_ENOMEM, make_model, NULL, json) > 5);
    dc_json_free(json);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_without_memory_fails_cleanly),
        cmocka_unit_test(recipes_without_memory_fail_cleanly),
        cmocka_unit_test(architectures_without_memory_fail_cleanly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
