/* SPDX-License-Identifier: MIT
 *
 * JSON, recipes and architectures. A text that is JSON prints and parses to the same print; a
 * recipe's steps, printed and parsed again, print alike; an architecture of few weights survives
 * the file.
 */
#include "fuzz.h"

#include "dcomp/pipeline.h"

#define MAX_VALUES (UINT64_C(1) << 16)

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

static void try_architecture(const dc_json *json)
{
    const dc_write_settings settings = { .level = DC_LEVEL_CODED };
    dc_model *model = NULL, *again = NULL;
    dc_writer w;
    if (dc_model_from_arch(&model, json, "fuzz") < 0)
        return;
    if (dc_model_n_values(model) <= MAX_VALUES) {
        dc_writer_init(&w, UINT64_C(1) << 24);
        FUZZ_CHECK(dc_model_encode(&w, model, &settings, NULL, NULL) == DC_OK);
        FUZZ_CHECK(dc_model_decode(&again, w.data, w.size, "fuzz", DC_READ_DENSE, UINT64_MAX, NULL,
                                   NULL) == DC_OK);
        FUZZ_CHECK(again->n_nodes == model->n_nodes && again->n_params == model->n_params);
        dc_model_free(again);
        dc_writer_clear(&w);
    }
    dc_model_free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    dc_json *json = NULL;
    dc_pool_set_jobs(1);
    if (dc_json_parse(&json, (const char *)data, n, "fuzz") == DC_OK) {
        check_json(json);
        try_recipe(json);
        try_architecture(json);
    }
    dc_json_free(json);
    return 0;
}
