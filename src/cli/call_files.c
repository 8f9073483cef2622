/* SPDX-License-Identifier: MIT
 *
 * The files of a call, told from its option tables: what is written must not be what is read, nor
 * the same file twice, whatever links lead there. Arguments are read; an option's kind says what
 * its file is. A folder stands for the files in it that the command may replace, and a command that
 * can be resumed has a folder of states of its own, OUT.work.
 *
 * Only files that are there can be lost, so inputs are looked up when there is one among the
 * outputs, and a data set of a million pictures costs nothing otherwise.
 */
#include <ctype.h>
#include <string.h>

#include "cli.h"

#define FOLDER_LEVELS 2 /* of an output folder: its files, and those of its folders */

/* A file that would be written. */
typedef struct output_file {
    const char *option; /* "--plot"; NULL: in a folder */
    const char *path;
    dc_file_id id;
} output_file;

typedef struct call_files {
    cli_call *call;
    output_file *outputs; /* grows */
    uint32_t n_outputs, capacity;
    uint32_t n_stdin; /* inputs that are "-" */
} call_files;

/* ---- the fields of a call -------------------------------------------------------------------- */

typedef dc_status field_fn(call_files *f, const dc_field *field, const char *value);

/* A field's value, or each part of it where it is a list. */
static dc_status for_each_name(call_files *f, const dc_field *field, const char *value,
                               field_fn *act)
{
    const char *comma;
    for (; field->is_list && (comma = strchr(value, ',')) != NULL; value = comma + 1) {
        const char *name = dc_arena_print(&f->call->arena, "%.*s", (int)(comma - value), value);
        DC_TRY(f->call->arena.status);
        DC_TRY(act(f, field, name));
    }
    return act(f, field, value);
}

/* Each field that names files and has a value. */
static dc_status for_each_field(call_files *f, field_fn *act)
{
    cli_part parts[CLI_ALL_PARTS];
    cli_all_parts(parts, f->call->command, f->call->accelerator);
    for (const cli_part *part = parts; part->fields != NULL; part++) {
        const char *record = (const char *)f->call->settings + part->offset;
        for (const dc_field *field = part->fields; field->name != NULL; field++) {
            const char *value = NULL;
            if (dc_field_is_text(field))
                memcpy(&value, record + field->offset, sizeof value);
            if (value != NULL && field->kind != DC_FIELD_TEXT)
                DC_TRY(for_each_name(f, field, value, act));
        }
    }
    return DC_OK;
}

/* The field of this name and where its value is; NULL when the command has none. */
static const void *find_value(const cli_call *call, const char *name)
{
    cli_part parts[CLI_ALL_PARTS];
    cli_all_parts(parts, call->command, call->accelerator);
    for (const cli_part *part = parts; part->fields != NULL; part++) {
        const dc_field *field = dc_field_find(part->fields, name);
        if (field != NULL)
            return (const char *)call->settings + part->offset + field->offset;
    }
    return NULL;
}

bool cli_may_replace(const cli_call *call)
{
    const bool *flag = find_value(call, "force");
    return flag != NULL && *flag;
}

/* ---- outputs --------------------------------------------------------------------------------- */

static dc_status add_output(call_files *f, const char *option, const char *path)
{
    output_file made = { .option = option, .path = path };
    if (!dc_file_id_of(&made.id, path))
        return DC_OK;
    for (uint32_t i = 0; i < f->n_outputs && option != NULL; i++)
        if (f->outputs[i].option != NULL && dc_file_id_equal(&f->outputs[i].id, &made.id))
            return dc_fail(DC_EINPUT, "'%s' and '%s' are both '%s'", f->outputs[i].option, option,
                           path);
    if (f->n_outputs == f->capacity) {
        f->capacity = f->capacity > 0 ? 2 * f->capacity : 16;
        output_file *grown = dc_grow(f->outputs, f->capacity, sizeof *grown);
        if (grown == NULL)
            return DC_ENOMEM;
        f->outputs = grown;
    }
    f->outputs[f->n_outputs++] = made;
    return DC_OK;
}

/* Whether `path` ends as one of the field's endings, "png|jpg"; any does when it has none. */
static bool ends_right(const dc_field *field, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    char ending[16];
    size_t n = 0;
    if (field == NULL || field->choices == NULL || dot == NULL || dot == name)
        return true;
    for (dot++; dot[n] != '\0' && n + 1 < sizeof ending; n++)
        ending[n] = (char)tolower((unsigned char)dot[n]);
    ending[n] = '\0';
    return dot[n] == '\0' && dc_field_has_choice(field, ending);
}

/* What is in the folder already; `field` says the endings of what may be replaced. */
static dc_status add_folder(call_files *f, const dc_field *field, const char *path, int n_levels)
{
    dc_arena *arena = &f->call->arena;
    const char **names;
    for (int is_folders = 0; is_folders < (n_levels > 1 ? 2 : 1); is_folders++) {
        uint32_t n = 0;
        if (dc_folder_list(&names, &n, path, is_folders == 1, arena) < 0)
            return arena->status; /* it is not there, and to be made */
        for (uint32_t i = 0; i < n; i++) {
            const char *inner = dc_arena_print(arena, "%s/%s", path, names[i]);
            DC_TRY(arena->status);
            if (is_folders == 1)
                DC_TRY(add_folder(f, field, inner, n_levels - 1));
            else if (ends_right(field, inner))
                DC_TRY(add_output(f, NULL, inner));
        }
    }
    return DC_OK;
}

static dc_status add_field(call_files *f, const dc_field *field, const char *value)
{
    const char *option = cli_dashed(&f->call->arena, "--", field->name);
    DC_TRY(f->call->arena.status);
    if (field->kind == DC_FIELD_OUTPUT)
        return add_output(f, option, value);
    if (field->kind == DC_FIELD_FOLDER)
        return add_folder(f, field, value, FOLDER_LEVELS);
    return DC_OK;
}

/* The states of a run that can be resumed. */
static dc_status add_work_folder(call_files *f)
{
    const char *const *output = find_value(f->call, "output");
    if (find_value(f->call, "resume") == NULL || output == NULL || *output == NULL)
        return DC_OK;
    const char *folder = dc_work_folder(*output, &f->call->arena);
    DC_TRY(f->call->arena.status);
    return folder != NULL ? add_folder(f, NULL, folder, 1) : DC_OK;
}

/* ---- inputs ---------------------------------------------------------------------------------- */

static dc_status check_input(void *payload, const char *path)
{
    const call_files *f = payload;
    dc_file_id id;
    if (!dc_file_id_of(&id, path) || id.name != NULL)
        return DC_OK;
    for (uint32_t i = 0; i < f->n_outputs; i++) {
        const output_file *output = &f->outputs[i];
        if (dc_file_id_equal(&output->id, &id))
            return strcmp(output->path, path) == 0
                       ? dc_fail(DC_EINPUT, "output '%s' is the input itself", path)
                       : dc_fail(DC_EINPUT, "output '%s' is the input itself, '%s'", output->path,
                                 path);
    }
    return DC_OK;
}

static dc_status check_field(call_files *f, const dc_field *field, const char *value)
{
    if (field->kind == DC_FIELD_INPUT && !dc_field_has_choice(field, value))
        return check_input(f, value);
    if (field->kind == DC_FIELD_SPEC)
        return dc_data_files(value, check_input, f);
    return DC_OK;
}

static dc_status check_inputs(call_files *f)
{
    bool is_any_there = false;
    for (uint32_t i = 0; i < f->n_outputs; i++)
        is_any_there = is_any_there || f->outputs[i].id.name == NULL;
    if (!is_any_there)
        return DC_OK;
    for (uint32_t i = 0; i < f->call->n_args; i++)
        DC_TRY(check_input(f, f->call->args[i]));
    return for_each_field(f, check_field);
}

/* ---- standard input and output --------------------------------------------------------------- */

static bool is_dash(const char *text)
{
    return strcmp(text, "-") == 0;
}

static dc_status add_stdin(call_files *f)
{
    if (++f->n_stdin > 1)
        return dc_fail(DC_EINPUT, "standard input ('-') can be read once, and is given twice");
    return DC_OK;
}

/* A SPEC has its files behind a ':' and commas. */
static bool names_stdin(const char *spec)
{
    const char *at = strchr(spec, ':');
    for (; at != NULL; at = strchr(at + 1, ','))
        if (at[1] == '-' && (at[2] == '\0' || at[2] == ','))
            return true;
    return false;
}

static dc_status check_dash(call_files *f, const dc_field *field, const char *value)
{
    const char *option = cli_dashed(&f->call->arena, "--", field->name);
    DC_TRY(f->call->arena.status);
    if (field->kind == DC_FIELD_SPEC && names_stdin(value))
        return dc_fail(DC_EINPUT, "samples are files and folders, not standard input ('%s')",
                       value);
    if (!is_dash(value) || field->kind == DC_FIELD_SPEC)
        return DC_OK;
    if (field->kind == DC_FIELD_INPUT)
        return add_stdin(f);
    return dc_fail(DC_EINPUT, "'%s' must be a %s: standard output is for results", option,
                   field->kind == DC_FIELD_FOLDER ? "folder" : "file");
}

static dc_status check_dashes(call_files *f)
{
    for (uint32_t i = 0; i < f->call->n_args; i++)
        if (is_dash(f->call->args[i]))
            DC_TRY(add_stdin(f));
    return for_each_field(f, check_dash);
}

/* ---- places ---------------------------------------------------------------------------------- */

static dc_status check_place(call_files *f, const dc_field *field, const char *value)
{
    if (field->kind == DC_FIELD_FOLDER)
        return dc_folder_check(value);
    if (field->kind != DC_FIELD_OUTPUT)
        return DC_OK;
    DC_TRY(dc_output_check(value, cli_may_replace(f->call)));
    if (!ends_right(field, value))
        return dc_fail(DC_EINPUT, "'%s' writes .%s, and '%s' ends otherwise",
                       cli_dashed(&f->call->arena, "--", field->name), field->choices, value);
    return DC_OK;
}

static dc_status check_all(call_files *f)
{
    const char *const *output = find_value(f->call, "output");
    if (output != NULL && (*output == NULL || (*output)[0] == '\0'))
        return dc_fail(DC_EINPUT, "no output file (-o)");
    DC_TRY(check_dashes(f));
    DC_TRY(for_each_field(f, add_field));
    DC_TRY(add_work_folder(f));
    DC_TRY(check_inputs(f));
    return for_each_field(f, check_place);
}

dc_status cli_check_files(cli_call *call)
{
    call_files f = { .call = call };
    const dc_status status = check_all(&f);
    dc_release(f.outputs);
    return status;
}

dc_status cli_check_further_output(cli_call *call, const char *path)
{
    call_files f = { .call = call };
    dc_status status = add_output(&f, NULL, path);
    if (status == DC_OK)
        status = check_inputs(&f);
    if (status == DC_OK)
        status = dc_output_check(path, cli_may_replace(call));
    dc_release(f.outputs);
    return status;
}
