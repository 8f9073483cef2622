/* SPDX-License-Identifier: MIT
 *
 * A recipe in JSON: name, seed, stages. Each stage's settings start from its defaults and are read
 * through its field tables, so that a recipe and a command line mean the same by the same word.
 */
#include <math.h>
#include <string.h>

#include "run_internal.h"

#define MAX_SEED 9007199254740992.0 /* 2^53: exact in JSON's doubles */

static dc_status check_keys(const dc_json *json, const char *subject)
{
    static const char *const known[] = { "name", "seed", "stages", "comment" };
    for (const dc_json *item = dc_json_at(json, 0); item != NULL; item = dc_json_next(item)) {
        const char *key = dc_json_key(item);
        dc_hint hint = dc_hint_for(key);
        bool is_known = false;
        for (size_t j = 0; j < DC_COUNT_OF(known); j++) {
            is_known = is_known || strcmp(key, known[j]) == 0;
            dc_hint_offer(&hint, known[j]);
        }
        if (!is_known)
            return dc_fail(DC_EINPUT, "unknown key '%s' in recipe '%s'%s", key, subject,
                           dc_hint_text(&hint));
    }
    return DC_OK;
}

static dc_status fail_stage(const char *name, uint32_t index, const char *subject)
{
    dc_hint hint = dc_hint_for(name);
    const dc_stage *stage;
    for (uint32_t i = 0; (stage = dc_stage_at(i)) != NULL; i++)
        dc_hint_offer(&hint, stage->name);
    return dc_fail(DC_EINPUT, "unknown stage '%s' in step %u of recipe '%s'%s", name, index + 1,
                   subject, dc_hint_text(&hint));
}

static dc_status read_step(dc_step *step, const dc_json *json, uint32_t index, const char *subject,
                           dc_arena *arena)
{
    static const char *const not_settings[] = { "stage", "comment", NULL };
    const char *name = dc_json_text(dc_json_get(json, "stage"));
    if (name[0] == '\0')
        return dc_fail(DC_EINPUT, "step %u of recipe '%s' has no 'stage'", index + 1, subject);
    step->stage = dc_stage_named(name);
    if (step->stage == NULL)
        return fail_stage(name, index, subject);
    step->settings = dc_arena_take(arena, 1, step->stage->settings_bytes);
    step->fields = dc_stage_fields(step->stage, arena);
    DC_TRY(arena->status);
    step->stage->set_defaults(step->settings);
    const char *where = dc_arena_print(arena, "%s, step %u (%s)", subject, index + 1, name);
    return dc_record_read(step->settings, step->fields, json, not_settings, where, arena);
}

static dc_status read_seed(uint64_t *out, const dc_json *json, const char *subject)
{
    const dc_json *seed = dc_json_get(json, "seed");
    const double value = dc_json_number(seed);
    if (seed != NULL && (dc_json_kind_of(seed) != DC_JSON_NUMBER || !(value >= 0) ||
                         value > MAX_SEED || floor(value) < value))
        return dc_fail(DC_EINPUT, "seed of recipe '%s' is not a whole number", subject);
    *out = seed != NULL ? (uint64_t)value : 1;
    return DC_OK;
}

void recipe_set_seed(const dc_recipe *recipe, const dc_json *json, uint64_t seed)
{
    static const char *const names[] = { "seed", "augment_seed" };
    const dc_json *stage = dc_json_at(dc_json_get(json, "stages"), 0);
    for (uint32_t i = 0; i < recipe->n_steps; i++, stage = dc_json_next(stage)) {
        for (size_t j = 0; j < DC_COUNT_OF(names); j++) {
            const dc_field *field = dc_field_find(recipe->steps[i].fields, names[j]);
            if (field == NULL || dc_json_get(stage, names[j]) != NULL)
                continue;
            memcpy((char *)recipe->steps[i].settings + field->offset, &seed, sizeof seed);
        }
    }
}

dc_status dc_recipe_add(dc_recipe *out, const dc_stage *stage, const void *settings,
                        dc_arena *arena)
{
    dc_step *steps = dc_arena_take(arena, (uint64_t)out->n_steps + 1, sizeof *steps);
    void *own = dc_arena_take(arena, 1, stage->settings_bytes);
    const dc_field *fields = dc_stage_fields(stage, arena);
    DC_TRY(arena->status);
    if (out->n_steps > 0)
        memcpy(steps, out->steps, out->n_steps * sizeof *steps);
    memcpy(own, settings, stage->settings_bytes);
    steps[out->n_steps++] = (dc_step){ stage, fields, own };
    out->steps = steps;
    return DC_OK;
}

dc_status dc_recipe_parse(dc_recipe *out, const dc_json *json, const char *subject, dc_arena *arena)
{
    if (dc_json_kind_of(json) != DC_JSON_OBJECT)
        return dc_fail(DC_EINPUT, "recipe '%s' is not an object", subject);
    DC_TRY(check_keys(json, subject));
    const dc_json *stages = dc_json_get(json, "stages");
    if (dc_json_kind_of(stages) != DC_JSON_ARRAY || dc_json_size(stages) == 0)
        return dc_fail(DC_EINPUT, "recipe '%s' has no list of 'stages'", subject);
    dc_recipe recipe = { .name = dc_arena_text(arena, dc_json_text(dc_json_get(json, "name"))),
                         .n_steps = dc_json_size(stages) };
    DC_TRY(read_seed(&recipe.seed, json, subject));
    recipe.steps = dc_arena_take(arena, recipe.n_steps, sizeof *recipe.steps);
    DC_TRY(arena->status);
    const dc_json *stage = dc_json_at(stages, 0);
    for (uint32_t i = 0; i < recipe.n_steps; i++, stage = dc_json_next(stage))
        DC_TRY(read_step(&recipe.steps[i], stage, i, subject, arena));
    recipe_set_seed(&recipe, json, recipe.seed);
    *out = recipe;
    return DC_OK;
}

/* Every rules field of the step must match layers that are there. */
static dc_status check_rules(const dc_step *step, const char *where, const dc_model *model,
                             dc_arena *arena)
{
    const char **layers;
    const uint32_t n = dc_model_layers(&layers, model, arena);
    DC_TRY(arena->status);
    for (const dc_field *field = step->fields; field->name != NULL; field++) {
        if (field->kind != DC_FIELD_RULES)
            continue;
        const void *rules = (const char *)step->settings + field->offset;
        const char *subject = dc_arena_print(arena, "%s: %s", where, field->name);
        DC_TRY(dc_fail_within(dc_rules_check(rules, layers, n), subject));
    }
    return arena->status;
}

const char *recipe_where(const dc_recipe *recipe, uint32_t index, dc_arena *arena)
{
    const char *stage = recipe->steps[index].stage->name;
    if (recipe->n_steps == 1)
        return stage;
    return dc_arena_print(arena, "step %u (%s)", index + 1, stage);
}

dc_status dc_recipe_check(const dc_recipe *recipe, const dc_model *model, const dc_datasets *data,
                          dc_arena *arena)
{
    for (uint32_t i = 0; i < recipe->n_steps; i++) {
        const dc_step *step = &recipe->steps[i];
        const char *where = recipe_where(recipe, i, arena);
        if (step->stage->needs_data && data == NULL)
            return dc_fail(DC_EINPUT, "%s: the stage needs data (--data)", where);
        if (step->stage->needs_data && !data->train->is_labelled && !data->is_taught)
            return dc_fail(DC_EINPUT,
                           "%s: training needs labels, '%s' has none; a teacher can give them "
                           "(--teacher self)",
                           where, data->train->text);
        DC_TRY(check_rules(step, where, model, arena));
        if (step->stage->check != NULL)
            DC_TRY(dc_fail_within(step->stage->check(step->settings, model, data), where));
    }
    return DC_OK;
}

/* Without memory the arena has failed: a text that says nothing would pass for other settings. */
static const char *settings_text(const void *settings, const dc_field *fields, dc_arena *arena)
{
    dc_json *json = dc_json_new();
    char *text = NULL;
    if (fields != NULL)
        dc_record_write(json, settings, fields);
    const dc_status status = dc_json_print(&text, json, false);
    dc_json_free(json);
    if (status < 0) {
        arena->status = arena->status < 0 ? arena->status : status;
        return "";
    }
    text[strcspn(text, "\n")] = '\0';
    const char *result = dc_arena_text(arena, text);
    dc_release(text);
    return result;
}

static bool is_same(const void *a, const void *b, const dc_field *field, dc_arena *arena)
{
    const dc_field row[2] = { *field, { .name = NULL } };
    return strcmp(settings_text(a, row, arena), settings_text(b, row, arena)) == 0;
}

/* The rows that say something: what is not as the defaults have it, and what training was seeded
 * with. */
static const dc_field *changed_fields(const dc_step *step, dc_arena *arena)
{
    const dc_field *fields = step->fields;
    char *defaults = dc_arena_take(arena, 1, step->stage->settings_bytes);
    uint32_t n = 0, n_changed = 0;
    if (defaults == NULL)
        return NULL;
    while (fields[n].name != NULL)
        n++;
    dc_field *changed = dc_arena_take(arena, n + 1, sizeof *changed);
    if (changed == NULL)
        return NULL;
    step->stage->set_defaults(defaults);
    for (const dc_field *field = fields; field->name != NULL; field++) {
        const bool is_seed = step->stage->needs_data && strcmp(field->name, "seed") == 0;
        if (is_seed || !is_same(step->settings, defaults, field, arena))
            changed[n_changed++] = *field;
    }
    return changed;
}

const char *dc_step_text(const dc_step *step, dc_arena *arena)
{
    return settings_text(step->settings, step->fields, arena);
}

const char *step_changes(const dc_step *step, dc_arena *arena)
{
    return settings_text(step->settings, changed_fields(step, arena), arena);
}
