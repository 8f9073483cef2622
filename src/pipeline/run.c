/* SPDX-License-Identifier: MIT
 *
 * Runs a recipe: each step under a key that says all that led to its result, so that a resumed run
 * goes on from the last state that still holds and from nothing older or other.
 */
#include "run_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const dc_field dc_resume_fields[] = {
    { .name = "resume", .kind = DC_FIELD_BOOL, .offset = offsetof(dc_resume_settings, is_resumed),
      .help = "go on where an interrupted run with the same settings stopped" },
    { .name = "checkpoint_seconds", .kind = DC_FIELD_NUMBER,
      .offset = offsetof(dc_resume_settings, checkpoint_seconds), .unit = "s", .max = INFINITY,
      .help = "keep what is needed to go on after an epoch, when it was last kept so long ago; 0: "
              "after each epoch" },
    { .name = "keep_checkpoints", .kind = DC_FIELD_BOOL,
      .offset = offsetof(dc_resume_settings, keeps_checkpoints),
      .help = "leave the work folder OUT.work when done" },
    { 0 },
};

dc_resume_settings dc_resume_defaults(void)
{
    return (dc_resume_settings){ .checkpoint_seconds = 20 };
}

static uint64_t hash_text(uint64_t seed, const char *text)
{
    return text == NULL ? seed : dc_hash64(seed, text, strlen(text));
}

/* Of what the weights do not show: ops, their attributes and inputs, how pixels are prepared. */
static uint64_t hash_graph(uint64_t key, const dc_model *model)
{
    key = dc_hash64(key, &model->input, sizeof model->input); /* 4-byte members: no padding */
    for (uint32_t i = 0; i < model->n_nodes; i++) {
        const dc_node *node = &model->nodes[i];
        key = dc_hash64(key, &node->op, sizeof node->op);
        key = dc_hash64(key, node->attrs, node->kind->n_attrs * sizeof *node->attrs);
        key = dc_hash64(key, node->inputs, node->n_inputs * sizeof *node->inputs);
    }
    return key;
}

uint64_t run_hash_model(uint64_t key, const dc_model *model)
{
    key = hash_graph(key, model);
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        const uint8_t flags[2] = { param->is_pruned, param->is_shared };
        key = hash_text(key, param->name);
        key = dc_hash64(key, flags, sizeof flags);
        key = dc_hash64(key, param->values, param->n_values * sizeof *param->values);
    }
    return key;
}

/* Of the graph, the weights, the data and the seed that a run starts from. */
static uint64_t first_key(const dc_run *run)
{
    uint64_t key = hash_text(run->settings.seed, run->data_text);
    key = dc_hash64(key, &run->data_key, sizeof run->data_key);
    key = run_hash_model(key, run->model);
    return run->settings.teacher != NULL ? run_hash_model(key, run->settings.teacher) : key;
}

static uint64_t step_key(uint64_t before, const dc_step *step, dc_arena *arena)
{
    return hash_text(hash_text(before, step->stage->name), dc_step_text(step, arena));
}

/* The model becomes that of the last step whose result lies in the work folder; *next is the step
 * to go on with. */
static dc_status find_resume_point(uint32_t *next, dc_run *run, const dc_recipe *recipe)
{
    uint64_t *keys = dc_arena_take(run->arena, recipe->n_steps + 1, sizeof *keys);
    DC_TRY(run->arena->status);
    const bool has_keys = run->settings.work_folder != NULL || run->settings.exchange != NULL;
    keys[0] = has_keys ? first_key(run) : 0;
    for (uint32_t i = 0; i < recipe->n_steps; i++)
        keys[i + 1] = step_key(keys[i], &recipe->steps[i], run->arena);
    DC_TRY(run->arena->status);
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

/* What the steps that were not run again said about the file is in no checkpoint. */
static dc_status repeat_file_settings(dc_run *run, const dc_recipe *recipe, uint32_t n_taken)
{
    for (uint32_t i = 0; i < n_taken; i++)
        if (recipe->steps[i].stage->is_about_file)
            DC_TRY(recipe->steps[i].stage->run(run, recipe->steps[i].settings));
    return DC_OK;
}

static const char *symbol_of(const dc_run *run)
{
    const dc_datasets *data = run->data;
    return data->validation == NULL || data->is_taught ? NULL : data->validation->symbol;
}

const char *run_score_text(char out[RUN_SCORE_BYTES], const dc_run *run, const dc_score *score)
{
    const char *symbol = symbol_of(run);
    if (symbol != NULL)
        dc_print(out, RUN_SCORE_BYTES, "%.4f bits a %s", score->loss / log(2), symbol);
    else
        dc_print(out, RUN_SCORE_BYTES, "%s %.2f %%", run->data->is_taught ? "agreement" : "top-1",
                 100 * (1 - score->top1_error));
    return out;
}

bool run_is_better(const dc_run *run, const dc_score *a, const dc_score *b)
{
    if (symbol_of(run) != NULL)
        return a->loss < b->loss;
    return a->top1_error < b->top1_error || (a->top1_error == b->top1_error && a->loss < b->loss);
}

void run_report(const dc_run *run, bool is_detail, const char *text)
{
    if (run->settings.on_news != NULL)
        run->settings.on_news(run->settings.payload, is_detail, text);
}

/* Once a run: whether anything of the states that were there can be used. */
static dc_status check_found(dc_run *run, const dc_recipe *recipe, uint32_t first)
{
    bool found = first > 0;
    const uint64_t key = run->key;
    if (run->has_looked || run->settings.work_folder == NULL)
        return DC_OK;
    run->has_looked = true;
    run->step = first;
    if (!found && run->settings.is_resumed) {
        run->key = step_key(key, &recipe->steps[0], run->arena);
        DC_TRY(checkpoint_has_epoch(&found, run));
        run->key = key;
    }
    return work_folder_check_found(run, found);
}

/* A share of the loss that nobody makes is a mistake, not 0. */
static dc_status check_teacher(const dc_run *run, const dc_recipe *recipe)
{
    for (uint32_t i = 0; i < recipe->n_steps && run->settings.teacher == NULL; i++) {
        const dc_step *step = &recipe->steps[i];
        const dc_field *field = dc_field_find(step->fields, "teacher_weight");
        double weight = 0;
        if (field != NULL)
            memcpy(&weight, (const char *)step->settings + field->offset, sizeof weight);
        if (weight > 0)
            return dc_fail(DC_EINPUT, "%s: 'teacher_weight' needs a teacher (--teacher)",
                           recipe_where(recipe, i, run->arena));
    }
    return DC_OK;
}

static dc_status run_step(dc_run *run, const dc_recipe *recipe, uint32_t index)
{
    char text[96];
    const dc_step *step = &recipe->steps[index];
    const char *where = recipe->n_steps > 1 ? recipe_where(recipe, index, run->arena) : NULL;
    const dc_status status = step->stage->run(run, step->settings);
    if (status < 0)
        return where != NULL ? dc_fail_within(status, where) : status;
    const char *changes = step_changes(step, run->arena);
    DC_TRY(run->arena->status);
    DC_TRY(dc_model_add_history(run->model, step->stage->name, changes));
    DC_TRY(checkpoint_put_stage(run, step->stage->name));
    snprintf(text, sizeof text, "step %u/%u: %s done", index + 1, recipe->n_steps,
             step->stage->name);
    /* The result reports the only step of all, and the round a step of its own. */
    run_report(run, run->is_inner || recipe->n_steps == 1, text);
    return DC_OK;
}

static void report_resumed(const dc_run *run, const dc_recipe *recipe, uint32_t first)
{
    char text[96];
    if (first == 0)
        return;
    snprintf(text, sizeof text, "step %u/%u: %s taken from the checkpoint", first, recipe->n_steps,
             recipe->steps[first - 1].stage->name);
    run_report(run, false, text);
}

static unsigned enter_step(const dc_run *run, const dc_recipe *recipe, uint32_t index)
{
    const dc_step *step = &recipe->steps[index];
    const double work = amount_work(run, amount_of_step(run, step));
    if (recipe->n_steps == 1)
        return dc_work_enter(work, "%s", step->stage->name);
    return dc_work_enter(work, "step %u/%u %s", index + 1, recipe->n_steps, step->stage->name);
}

static dc_status run_steps(dc_run *run, const dc_recipe *recipe)
{
    uint32_t first;
    DC_TRY(dc_recipe_check(recipe, run->model, run->data, run->arena));
    DC_TRY(check_teacher(run, recipe));
    DC_TRY(work_folder_see_samples(run));
    DC_TRY(ranks_compare(run));
    DC_TRY(find_resume_point(&first, run, recipe));
    DC_TRY(check_found(run, recipe, first));
    report_resumed(run, recipe, first);
    DC_TRY(repeat_file_settings(run, recipe, first));
    for (uint32_t i = 0; i < recipe->n_steps; i++) {
        const unsigned mark = enter_step(run, recipe, i);
        run->step = i;
        if (i >= first) {
            run->key = step_key(run->key, &recipe->steps[i], run->arena);
            DC_TRY(run_step(run, recipe, i));
        }
        dc_work_leave(mark);
    }
    return run->arena->status;
}

/* ---- a run ----------------------------------------------------------------------------------- */

dc_status dc_run_open(dc_run **out, dc_model **model, const dc_run_settings *settings,
                      dc_arena *arena)
{
    const dc_data_settings *data = settings->data;
    dc_run *run = dc_arena_take(arena, 1, sizeof *run);
    DC_TRY(arena->status);
    *run = (dc_run){ .settings = *settings, .arena = arena, .write = settings->write };
    if (settings->batch_size == 0)
        run->settings.batch_size = dc_eval_batch(*model);
    run->data_text = data != NULL && data->data != NULL ? dc_data_text(data, arena) : NULL;
    const dc_status status = work_folder_take(run, *model);
    if (status < 0) {
        dc_run_close(run);
        return status;
    }
    run->model = *model;
    *model = NULL;
    *out = run;
    return DC_OK;
}

dc_status dc_run_set_data(dc_run *run, const dc_datasets *data)
{
    run->data = data;
    return run_data_name_classes(run->model, data);
}

dc_model *dc_run_model(const dc_run *run)
{
    return run->model;
}

const dc_write_settings *dc_run_write_settings(const dc_run *run)
{
    return &run->write;
}

void dc_run_close(dc_run *run)
{
    if (run == NULL)
        return;
    work_folder_let_go(run);
    dc_model_free(run->model);
    run->model = NULL;
}

dc_status dc_run_recipe(dc_run *run, const dc_recipe *recipe)
{
    const double work = amount_work(run, amount_of_recipe(run, recipe));
    const unsigned mark = dc_work_enter(work, "%s", "");
    const dc_status status = run_steps(run, recipe);
    dc_work_leave(mark);
    return status;
}

dc_status run_score(dc_score *out, const dc_run *run, const dc_model *model)
{
    if (run->data == NULL || run->data->validation == NULL)
        return dc_fail(DC_EINPUT, "there is no validation part to judge by (--data)");
    return dc_evaluate(out, model, run->data->validation, run->settings.batch_size,
                       DC_PRECISION_F32);
}

dc_status dc_run_validate(dc_score *out, dc_run *run)
{
    return run_score(out, run, run->model);
}
