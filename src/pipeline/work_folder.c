/* SPDX-License-Identifier: MIT
 *
 * OUT.work: whose it is, and of what run. States of an interrupted run are hours of somebody's
 * work, so a run takes the folder only when it is free of them, goes on with them, or may remove
 * them; and a run that cannot go on says which setting differs. For that run.json stands beside
 * the states, written with the first of them: all settings by name, and hashes of the models and of
 * some samples.
 */
#include "run_internal.h"

#include <stdio.h>
#include <string.h>

#define DESCRIPTION_NAME "run.json"
#define N_LOOKED_AT 16u /* samples of a part that are hashed */

const char *dc_work_folder(const char *output, dc_arena *arena)
{
    return dc_output_is_direct(output) ? NULL : dc_arena_print(arena, "%s.work", output);
}

/* ---- what a run is --------------------------------------------------------------------------- */

/* Settings that change what is computed: not what is written, or shown, or how to go on. */
static void describe_fields(dc_json *json, const void *record, const dc_field *fields)
{
    for (; fields->name != NULL; fields++) {
        const dc_field row[2] = { *fields, { .name = NULL } };
        const bool is_shown = fields->kind == DC_FIELD_OUTPUT ||
                              strcmp(fields->name, "dump_input_n") == 0 ||
                              strcmp(fields->name, "recipe") == 0; /* its steps are described */
        if (!is_shown)
            dc_record_write(json, record, row);
    }
}

static void add_hash(dc_json *json, const char *key, uint64_t hash)
{
    char text[24];
    snprintf(text, sizeof text, "%016llx", (unsigned long long)hash);
    dc_json_add_text(json, key, text);
}

static dc_status print(const char **out, dc_json *json, dc_arena *arena)
{
    char *text = NULL;
    const dc_status status = dc_json_print(&text, json, true);
    dc_json_free(json);
    DC_TRY(status);
    *out = dc_arena_text(arena, text);
    dc_release(text);
    return arena->status;
}

static dc_status describe(dc_run *run, const dc_model *model)
{
    const dc_run_settings *asked = &run->settings;
    const dc_recipe *recipe = asked->recipe;
    if (asked->data == NULL)
        return DC_OK;
    dc_json *json = dc_json_new();
    dc_json_add_text(json, "schema", "dcomp.run/1");
    for (uint32_t i = 0; recipe != NULL && i < recipe->n_steps; i++) {
        const char *where = recipe_where(recipe, i, run->arena);
        if (where != NULL)
            describe_fields(dc_json_add_object(json, where), recipe->steps[i].settings,
                            recipe->steps[i].fields);
    }
    if (asked->compress != NULL)
        describe_fields(json, asked->compress, dc_compress_fields);
    describe_fields(json, asked->data, dc_data_fields);
    describe_fields(json, asked->data, dc_holdout_fields);
    describe_fields(json, asked->data, dc_teacher_fields);
    dc_json_add_text(json, "backend", dc_backend_text());
    if (asked->exchange != NULL) {
        describe_fields(json, &asked->exchange->settings, dc_exchange_fields);
        dc_json_add_u64(json, "ranks", asked->exchange->peers->n_ranks);
    }
    add_hash(json, "input model", run_hash_model(0, model));
    if (asked->teacher != NULL)
        add_hash(json, "teacher model", run_hash_model(0, asked->teacher));
    return print(&run->description, json, run->arena);
}

/* ---- samples --------------------------------------------------------------------------------- */

static dc_status hash_part(uint64_t *key, const dc_source *source)
{
    const uint64_t n_values = dc_shape_count(&source->shape);
    const uint64_t n = DC_MIN(source->n_samples, N_LOOKED_AT);
    dc_arena arena = { 0 };
    const uint64_t n_label_bytes = dc_source_steps(source) * sizeof(int32_t);
    float *x = dc_arena_take(&arena, n_values, sizeof *x);
    int32_t *labels = dc_arena_take(&arena, n_label_bytes, 1);
    dc_status status = arena.status;
    *key = dc_hash64(*key, &source->n_samples, sizeof source->n_samples);
    for (uint64_t i = 0; i < n && status == DC_OK; i++) {
        const uint64_t index = i * source->n_samples / n;
        memset(labels, -1, n_label_bytes);
        status = source->read(source, &index, 1, 0, x, labels);
        *key = dc_hash64(*key, labels, n_label_bytes);
        if (labels[0] != DC_UNREADABLE && status == DC_OK)
            *key = dc_hash64(*key, x, n_values * sizeof *x);
    }
    dc_arena_clear(&arena);
    return status;
}

/* ---- two runs compared ----------------------------------------------------------------------- */

typedef struct difference {
    uint32_t n;
    const char *what, *was, *now; /* of the first */
} difference;

static const char *value_text(const dc_json *value, dc_arena *arena)
{
    char *text = NULL;
    if (value == NULL || dc_json_print(&text, value, false) < 0)
        return "not there";
    text[strcspn(text, "\n")] = '\0';
    const char *copy = dc_arena_text(arena, text);
    dc_release(text);
    return copy != NULL ? copy : "";
}

static void compare(difference *d, const dc_json *was, const dc_json *now, const char *where,
                    dc_arena *arena);

static void compare_member(difference *d, const dc_json *was, const dc_json *now, const char *key,
                           const char *where, dc_arena *arena)
{
    const char *what = where[0] != '\0' ? dc_arena_print(arena, "%s: %s", where, key)
                                        : dc_arena_text(arena, key);
    if (dc_json_kind_of(was) == DC_JSON_OBJECT && dc_json_kind_of(now) == DC_JSON_OBJECT) {
        compare(d, was, now, what, arena);
        return;
    }
    const char *a = value_text(was, arena), *b = value_text(now, arena);
    if (strcmp(a, b) != 0 && d->n++ == 0)
        *d = (difference){ 1, what, a, b };
}

static void compare(difference *d, const dc_json *was, const dc_json *now, const char *where,
                    dc_arena *arena)
{
    const dc_json *member;
    for (member = dc_json_at(now, 0); member != NULL; member = dc_json_next(member))
        compare_member(d, dc_json_get(was, dc_json_key(member)), member, dc_json_key(member), where,
                       arena);
    for (member = dc_json_at(was, 0); member != NULL; member = dc_json_next(member))
        if (dc_json_get(now, dc_json_key(member)) == NULL &&
            strcmp(dc_json_key(member), "samples") != 0) /* not looked at yet */
            compare_member(d, member, NULL, dc_json_key(member), where, arena);
}

static const char *difference_text(const difference *d, const char *tells, dc_arena *arena)
{
    const bool is_hash = strcmp(d->what, "samples") == 0 || strstr(d->what, " model") != NULL;
    const char *verb = strcmp(d->what, "samples") == 0 ? "are" : "is";
    const char *first = is_hash ? dc_arena_print(arena, "the %s %s not the same", d->what, verb)
                                : dc_arena_print(arena, tells, d->what, d->was, d->now);
    const char *more = d->n > 1 ? dc_arena_print(arena, " (and %u more)", (unsigned)d->n - 1) : "";
    return dc_arena_print(arena, "%s%s", first, more);
}

static dc_status fail_other(const dc_run *run, const difference *d)
{
    const char *text = difference_text(d, "'%s' was %s, now %s", run->arena);
    DC_TRY(run->arena->status);
    return dc_fail(DC_EINPUT,
                   "'%s' is of an interrupted run with other settings: %s; with the old ones "
                   "--resume goes on, -f without --resume begins anew",
                   run->settings.work_folder, text);
}

dc_status work_folder_differ(const char **out, const char *was, const char *now, dc_arena *arena)
{
    dc_json *a = NULL, *b = NULL;
    difference d = { 0 };
    *out = NULL;
    dc_status status = dc_json_parse(&a, was, strlen(was), "settings of rank 0");
    if (status == DC_OK)
        status = dc_json_parse(&b, now, strlen(now), "settings of a rank");
    if (status == DC_OK)
        compare(&d, a, b, "", arena);
    dc_json_free(a);
    dc_json_free(b);
    if (d.n > 0)
        *out = difference_text(&d, "'%s' is not %s, but %s", arena);
    return status < 0 ? status : arena->status;
}

static const char *description_path(const dc_run *run)
{
    return dc_arena_print(run->arena, "%s/" DESCRIPTION_NAME, run->settings.work_folder);
}

/* Whether the states are of this run; *is_known tells when there is nothing to say so. */
static dc_status check_same(bool *is_known, const dc_run *run)
{
    const char *path = description_path(run);
    dc_json *was = NULL, *now = NULL;
    difference d = { 0 };
    DC_TRY(run->arena->status);
    *is_known = false;
    if (run->description == NULL)
        return DC_OK;
    DC_TRY(dc_file_find(is_known, path));
    dc_status status = *is_known ? dc_json_read(&was, path) : DC_OK;
    if (is_of_machine(status))
        return status;
    *is_known = *is_known && status == DC_OK;
    if (!*is_known)
        return DC_OK;
    status = dc_json_parse(&now, run->description, strlen(run->description), "settings");
    if (status == DC_OK)
        compare(&d, was, now, "", run->arena);
    dc_json_free(was);
    dc_json_free(now);
    DC_TRY(status);
    return d.n > 0 ? fail_other(run, &d) : run->arena->status;
}

/* ---- the folder of a run --------------------------------------------------------------------- */

dc_status work_folder_take(dc_run *run, const dc_model *model)
{
    bool is_known = false;
    if (run->settings.work_folder != NULL || run->settings.exchange != NULL)
        DC_TRY(describe(run, model));
    if (run->settings.work_folder == NULL)
        return DC_OK;
    const bool was_there = dc_file_exists(run->settings.work_folder);
    DC_TRY(dc_folder_lock(&run->lock, run->settings.work_folder));
    run->is_locked = true;
    DC_TRY(checkpoint_has_any(&run->has_states, run->settings.work_folder));
    if (run->has_states && !run->settings.is_resumed && !run->settings.may_restart)
        return dc_fail(DC_EINPUT,
                       "'%s' holds what an interrupted run has done: --resume goes on with it, -f "
                       "begins anew",
                       run->settings.work_folder);
    if (run->has_states && run->settings.is_resumed)
        DC_TRY(check_same(&is_known, run));
    run->is_known = is_known;
    if (run->settings.is_resumed && !run->has_states)
        dc_warn("nothing to resume: '%s' %s; starting anew", run->settings.work_folder,
                was_there ? "holds no states" : "is not there");
    if (!run->settings.is_resumed)
        DC_TRY(checkpoint_remove_states(run->settings.work_folder)); /* it stays: it is locked */
    if (run->settings.on_folder != NULL)
        run->settings.on_folder(run->settings.work_folder);
    return DC_OK;
}

dc_status work_folder_see_samples(dc_run *run)
{
    uint64_t key = 1;
    dc_json *json;
    const bool is_wanted = run->settings.work_folder != NULL || run->settings.exchange != NULL;
    if (!is_wanted || run->data == NULL || run->data_key != 0)
        return DC_OK;
    DC_TRY(hash_part(&key, run->data->train));
    if (run->data->validation != NULL)
        DC_TRY(hash_part(&key, run->data->validation));
    run->data_key = key | 1;
    if (run->description == NULL)
        return DC_OK;
    DC_TRY(dc_json_parse(&json, run->description, strlen(run->description), "settings"));
    add_hash(json, "samples", run->data_key);
    DC_TRY(print(&run->description, json, run->arena));
    bool is_known;
    return run->has_states && run->settings.is_resumed ? check_same(&is_known, run) : DC_OK;
}

dc_status work_folder_check_found(dc_run *run, bool found)
{
    if (!run->has_states || !run->settings.is_resumed || found)
        return DC_OK;
    if (!run->is_known)
        return dc_fail(DC_EINPUT,
                       "'%s' is of another run, which nothing describes: -f without --resume "
                       "removes it and begins anew",
                       run->settings.work_folder);
    dc_warn("nothing to resume: what '%s' holds cannot be read; starting anew",
            run->settings.work_folder);
    return DC_OK;
}

dc_status work_folder_note(const dc_run *run)
{
    const char *path = description_path(run);
    DC_TRY(run->arena->status);
    DC_TRY(dc_folder_make(run->settings.work_folder));
    if (run->description == NULL || dc_file_exists(path))
        return DC_OK;
    return dc_file_write(path, run->description, strlen(run->description), true);
}

void dc_run_clean(const dc_run *run)
{
    if (run->is_locked)
        checkpoint_remove_all(run->settings.work_folder);
}

void work_folder_let_go(dc_run *run)
{
    bool found = true;
    if (!run->is_locked)
        return;
    if (checkpoint_has_any(&found, run->settings.work_folder) == DC_OK && !found)
        checkpoint_remove_all(run->settings.work_folder);
    dc_folder_unlock(run->lock);
    run->is_locked = false;
}
