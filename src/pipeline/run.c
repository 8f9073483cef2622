/* SPDX-License-Identifier: MIT
 *
 * Runs a recipe: each step under a key that says all that led to its result, so that a resumed run
 * takes up the last state that is still true and nothing older or other.
 */
#include "run_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_BATCH 500

static uint64_t hash_text(uint64_t seed, const char *text)
{
    return text == NULL ? seed : dc_hash64(seed, text, strlen(text));
}

/* Of the weights, the data and the seed that a run starts from. */
static uint64_t first_key(const dc_run *run)
{
    uint64_t key = hash_text(run->seed, run->data_text);
    for (uint32_t i = 0; i < run->model->n_params; i++) {
        const dc_param *param = &run->model->params[i];
        const uint8_t flags[2] = { param->is_pruned, param->is_shared };
        key = hash_text(key, param->name);
        key = dc_hash64(key, flags, sizeof flags);
        key = dc_hash64(key, param->values, param->n_values * sizeof *param->values);
    }
    return key;
}

static uint64_t step_key(uint64_t before, const dc_step *step, dc_arena *arena)
{
    return hash_text(hash_text(before, step->stage->name), dc_step_text(step, arena));
}

/* The last step whose result lies in the work folder is taken up; returns the step to go on with.
 */
static dc_status take_up(uint32_t *next, dc_run *run, const dc_recipe *recipe)
{
    uint64_t *keys = dc_arena_take(run->arena, recipe->n_steps + 1, sizeof *keys);
    DC_TRY(run->arena->status);
    keys[0] = run->work_folder != NULL ? first_key(run) : 0;
    for (uint32_t i = 0; i < recipe->n_steps; i++)
        keys[i + 1] = step_key(keys[i], &recipe->steps[i], run->arena);
    *next = 0;
    bool found = false;
    for (uint32_t i = recipe->n_steps; i > 0 && !found; i--) {
        run->step = i - 1;
        run->key = keys[i];
        DC_TRY(checkpoint_get_stage(&found, run, recipe->steps[i - 1].stage->name));
        if (found)
            *next = i;
    }
    run->key = keys[*next];
    return DC_OK;
}

static dc_status run_step(dc_run *run, const dc_step *step, uint32_t n_steps)
{
    char text[96];
    const char *settings = dc_step_text(step, run->arena);
    DC_TRY(step->stage->run(run, step->settings));
    DC_TRY(dc_model_add_history(run->model, step->stage->name, settings));
    DC_TRY(checkpoint_put_stage(run, step->stage->name));
    snprintf(text, sizeof text, "step %u/%u: %s done", run->step + 1, n_steps, step->stage->name);
    if (run->on_step != NULL)
        run->on_step(run->payload, run, text);
    return DC_OK;
}

dc_status dc_run_recipe(dc_run *run, const dc_recipe *recipe)
{
    uint32_t first;
    if (run->batch_size == 0)
        run->batch_size = DEFAULT_BATCH;
    DC_TRY(dc_recipe_check(recipe, run->model, run->data != NULL, run->arena));
    if (run->work_folder != NULL)
        DC_TRY(dc_folder_make(run->work_folder));
    DC_TRY(take_up(&first, run, recipe));
    for (uint32_t i = first; i < recipe->n_steps; i++) {
        run->step = i;
        run->key = step_key(run->key, &recipe->steps[i], run->arena);
        DC_TRY(run_step(run, &recipe->steps[i], recipe->n_steps));
    }
    return run->arena->status;
}

void dc_run_clean(const dc_run *run)
{
    if (run->work_folder == NULL)
        return;
    const char **names;
    uint32_t n = 0;
    dc_arena scratch = { 0 };
    if (dc_folder_list(&names, &n, run->work_folder, false, &scratch) == DC_OK)
        for (uint32_t i = 0; i < n; i++)
            unlink(dc_arena_print(&scratch, "%s/%s", run->work_folder, names[i]));
    rmdir(run->work_folder);
    dc_arena_clear(&scratch);
}

dc_status dc_run_validate(dc_score *out, dc_run *run)
{
    if (run->data == NULL || run->data->validation == NULL)
        return dc_fail(DC_EINPUT, "there is no validation part to judge by (--data)");
    return dc_evaluate(out, run->model, run->data->validation, run->batch_size, DC_PRECISION_F32);
}
