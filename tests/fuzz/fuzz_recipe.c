/* SPDX-License-Identifier: MIT
 *
 * JSON and recipes. A text that is JSON prints and parses to the same print; a recipe's steps,
 * printed and parsed again, print alike.
 */
#include "fuzz.h"

#include "dcomp/pipeline.h"

static void check_json(const dc_json *json)
{
    char *once = NULL, *twice = NULL;
    dc_json *again = NULL;
    if (dc_json_print(&once, json, false) < 0)
        return;
    FUZZ_CHECK(dc_json_parse(&again, once, strlen(once), "printed") == DC_OK);
    FUZZ_CHECK(dc_json_print(&twice, again, false) == DC_OK);
    FUZZ_CHECK(strcmp(once, twice) == 0);
    dc_json_free(again);
    dc_release(once);
    dc_release(twice);
}

/* {"stages": [{"stage": NAME, settings}]} */
static void check_step(const dc_step *step, dc_arena *arena)
{
    const char *settings = dc_step_text(step, arena);
    FUZZ_CHECK(settings[0] == '{');
    const char *text = dc_arena_print(arena, "{\"stages\":[{\"stage\":\"%s\"%s%s]}",
                                      step->stage->name, settings[1] == '}' ? "" : ",",
                                      settings + 1);
    dc_json *json = NULL;
    dc_recipe recipe;
    FUZZ_CHECK(dc_json_parse(&json, text, strlen(text), "step") == DC_OK);
    const dc_status status = dc_recipe_parse(&recipe, json, "step", arena);
    dc_json_free(json);
    /* Whole numbers over 2^53 are printed bare, for other programs, and read from quotes only. */
    if (status == DC_EINPUT && strstr(dc_message(), "2^53") != NULL)
        return;
    FUZZ_CHECK(status == DC_OK);
    FUZZ_CHECK(recipe.n_steps == 1 && recipe.steps[0].stage == step->stage);
    FUZZ_CHECK(strcmp(dc_step_text(&recipe.steps[0], arena), settings) == 0);
}

static void try_recipe(const dc_json *json)
{
    dc_arena arena = { 0 };
    dc_recipe recipe;
    if (dc_recipe_parse(&recipe, json, "fuzz", &arena) == DC_OK)
        for (uint32_t i = 0; i < recipe.n_steps; i++)
            check_step(&recipe.steps[i], &arena);
    dc_arena_clear(&arena);
}

/* With less memory than it wants. */
static void try_without_memory(const uint8_t *data, size_t n)
{
    dc_arena arena = { 0 };
    dc_recipe recipe;
    dc_json *json = NULL;
    if (!fuzz_fault_begin(data, n))
        return;
    if (dc_json_parse(&json, (const char *)data, n, "fuzz") == DC_OK &&
        dc_recipe_parse(&recipe, json, "fuzz", &arena) == DC_OK)
        FUZZ_CHECK(recipe.n_steps > 0);
    fuzz_fault_end();
    dc_json_free(json);
    dc_arena_clear(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    dc_json *json = NULL;
    dc_pool_set_jobs(1);
    if (dc_json_parse(&json, (const char *)data, n, "fuzz") == DC_OK) {
        check_json(json);
        try_recipe(json);
    }
    dc_json_free(json);
    try_without_memory(data, n);
    return 0;
}
