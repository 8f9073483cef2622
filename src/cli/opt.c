/* SPDX-License-Identifier: MIT
 *
 * Options: every field of a command's tables is a long option, some have a short one too.
 * getopt_long does the walking; dc_record_set does the values, so a bad value is told in the same
 * words as in a recipe.
 */
#include <getopt.h>
#include <string.h>

#include "cli.h"

#ifdef __linux__
#define RESTART 0 /* forgets a cluster of short options that was left half-way */
#else
#define RESTART 1
#endif
#define FIRST_LONG 256 /* getopt values of options; below are characters */

typedef struct option_row {
    const dc_field *field;
    size_t offset;
    bool negates; /* "no-" before a flag that is set by default */
    bool is_given;
} option_row;

/* Arrays with room for every field twice. */
typedef struct option_set {
    option_row *rows;
    struct option *longs;
    char *shorts;
    uint32_t n_options;
} option_set;

const char *cli_dashed(dc_arena *arena, const char *prefix, const char *name)
{
    char text[64];
    snprintf(text, sizeof text, "%s%s", prefix, name);
    for (char *c = text; *c != '\0'; c++)
        *c = *c == '_' ? '-' : *c;
    return dc_arena_text(arena, text);
}

static void add_option(option_set *set, const dc_field *field, size_t offset, bool negates,
                       dc_arena *arena)
{
    const uint32_t at = set->n_options;
    const bool has_value = field->kind != DC_FIELD_BOOL;
    set->rows[at] = (option_row){ .field = field, .offset = offset, .negates = negates };
    set->longs[at].name = cli_dashed(arena, negates ? "no-" : "", field->name);
    set->longs[at].has_arg = has_value ? required_argument : no_argument;
    set->longs[at].val = FIRST_LONG + (int)at;
    if (field->short_name != 0 && !negates) {
        const size_t n = strlen(set->shorts);
        set->shorts[n] = field->short_name;
        set->shorts[n + 1] = has_value ? ':' : '\0';
    }
    set->n_options++;
}

/* Behind the command's settings, where anything may stand. */
static size_t behind(const cli_command *command)
{
    const size_t unit = sizeof(max_align_t);
    return (command->settings_bytes + unit - 1) / unit * unit;
}

/* The accelerator that a command's parameters are of; NULL for a command that has none. */
static const dc_accelerator *machine_of(const cli_command *command, const dc_accelerator *asked)
{
    return !command->has_machine ? NULL : asked != NULL ? asked : dc_accelerator_at(0);
}

void *cli_new_settings(const cli_command *command, const dc_accelerator *accelerator,
                       dc_arena *arena)
{
    const dc_stage *stage = command->stage != NULL ? dc_stage_named(command->stage) : NULL;
    const dc_accelerator *machine = machine_of(command, accelerator);
    const size_t n_bytes = behind(command) + (stage != NULL ? stage->settings_bytes : 0) +
                           (machine != NULL ? machine->config_bytes : 0);
    char *settings = dc_arena_take(arena, n_bytes, 1);
    if (settings == NULL)
        return NULL;
    if (command->set_defaults != NULL)
        command->set_defaults(settings);
    if (stage != NULL)
        stage->set_defaults(settings + behind(command));
    if (machine != NULL)
        machine->set_defaults(settings + behind(command));
    return settings;
}

void *cli_more_settings(const cli_call *call)
{
    return (char *)call->settings + behind(call->command);
}

void cli_all_parts(cli_part *out, const cli_command *command, const dc_accelerator *accelerator)
{
    const dc_accelerator *machine = machine_of(command, accelerator);
    const dc_stage *stage = command->stage != NULL ? dc_stage_named(command->stage) : NULL;
    uint32_t n = 0;
    for (const struct dc_stage_part *part = stage != NULL ? stage->parts : NULL;
         part != NULL && part->fields != NULL; part++) {
        const char *title = n == 0 ? "stage options" : NULL;
        out[n++] = (cli_part){ title, part->fields, behind(command) + part->offset };
    }
    for (const cli_part *part = command->parts; part->fields != NULL; part++) {
        out[n++] = *part;
        if (machine != NULL && part == command->parts) /* it has --machine */
            out[n++] = (cli_part){ NULL, machine->config_fields, behind(command) };
    }
    out[n++] = (cli_part){ "common", cli_common_fields, 0 };
    out[n] = (cli_part){ NULL, NULL, 0 };
}

bool cli_is_set(const dc_field *field, const void *record)
{
    return field->kind == DC_FIELD_BOOL && *(const bool *)((const char *)record + field->offset);
}

/* `call->settings` still hold the defaults. */
static void collect(option_set *set, const cli_call *call, dc_arena *arena)
{
    cli_part parts[CLI_ALL_PARTS];
    cli_all_parts(parts, call->command, call->accelerator);
    uint64_t n = 1;
    for (const cli_part *part = parts; part->fields != NULL; part++)
        for (const dc_field *field = part->fields; field->name != NULL; field++)
            n += 2;
    *set = (option_set){ dc_arena_take(arena, n, sizeof *set->rows),
                         dc_arena_take(arena, n + 1, sizeof *set->longs),
                         dc_arena_take(arena, 2 * n + 4, 1), 0 };
    if (arena->status < 0)
        return;
    memcpy(set->shorts, ":h", 3);
    for (const cli_part *part = parts; part->fields != NULL; part++)
        for (const dc_field *field = part->fields; field->name != NULL; field++) {
            add_option(set, field, part->offset, false, arena);
            if (cli_is_set(field, (const char *)call->settings + part->offset))
                add_option(set, field, part->offset, true, arena);
        }
    set->longs[set->n_options].name = "help";
    set->longs[set->n_options].val = 'h';
}

static uint32_t short_index(const option_set *set, int letter)
{
    for (uint32_t i = 0; i < set->n_options; i++)
        if (set->rows[i].field->short_name == letter)
            return i;
    return DC_NONE;
}

/* "--d=3", which is no option, or the beginning of several. */
static dc_status bad_name(const cli_call *call, const option_set *set, const char *word)
{
    char list[200] = "";
    uint32_t n_begun = 0;
    const size_t n_word = strcspn(word, "=");
    dc_hint hint = dc_hint_for(word + 2);
    hint.n_word = n_word - 2;
    hint.prefix = "--";
    for (const struct option *o = set->longs; o->name != NULL; o++) {
        dc_hint_offer(&hint, o->name);
        if (strncmp(o->name, word + 2, hint.n_word) != 0)
            continue;
        const size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s--%s", n_begun++ > 0 ? ", " : "", o->name);
    }
    if (n_begun > 1)
        return dc_fail(DC_EINPUT, "ambiguous option '%.*s': %s", (int)n_word, word, list);
    return dc_fail(DC_EINPUT, "unknown option '%.*s'%s (see 'dcomp %s --help')", (int)n_word, word,
                   dc_hint_text(&hint), call->command->name);
}

static dc_status bad_option(const cli_call *call, const option_set *set, int code, char **argv)
{
    const char *name = call->command->name;
    const char *word = argv[optind - 1];
    if (code == ':')
        return dc_fail(DC_EINPUT, "option '%s' needs a value (see 'dcomp %s --help')", word, name);
    if (strncmp(word, "--", 2) != 0 && optopt > 0 && optopt < FIRST_LONG)
        return dc_fail(DC_EINPUT, "unknown option '-%c' (see 'dcomp %s --help')", optopt, name);
    if (optopt == 'h' || optopt >= FIRST_LONG)
        return dc_fail(DC_EINPUT, "option '%.*s' takes no value", (int)strcspn(word, "="), word);
    return bad_name(call, set, word);
}

static dc_status set_option(cli_call *call, option_set *set, int code)
{
    const uint32_t at = code >= FIRST_LONG ? (uint32_t)(code - FIRST_LONG) : short_index(set, code);
    option_row *row = &set->rows[at];
    dc_field field = *row->field;
    const char *flag = row->negates ? "false" : "true";
    char *record = (char *)call->settings + row->offset;
    row->is_given = true;
    field.name = cli_dashed(&call->arena, "--", field.name); /* as it was written, for messages */
    DC_TRY(call->arena.status);
    return dc_record_set(record, &field, field.kind == DC_FIELD_BOOL ? flag : optarg, &call->arena);
}

bool cli_is_given(const cli_call *call, const char *name)
{
    const option_set *set = call->options;
    for (uint32_t i = 0; i < set->n_options; i++)
        if (set->rows[i].is_given && strcmp(set->rows[i].field->name, name) == 0)
            return true;
    return false;
}

bool cli_has_option(const cli_call *call, const char *name)
{
    const option_set *set = call->options;
    for (uint32_t i = 0; i < set->n_options; i++)
        if (strcmp(set->rows[i].field->name, name) == 0)
            return true;
    return false;
}

static dc_status count_args(const cli_call *call)
{
    const cli_command *command = call->command;
    if (call->n_args < command->min_args)
        return dc_fail(DC_EINPUT, "file name missing (usage: dcomp %s %s)", command->name,
                       command->usage);
    if (call->n_args > command->max_args)
        return dc_fail(DC_EINPUT, "unexpected argument '%s' (usage: dcomp %s %s)",
                       call->args[command->max_args], command->name, command->usage);
    return DC_OK;
}

/* Which parameters there are is known before they are read; a name that is none is refused when its
 * turn comes. */
static const dc_accelerator *asked_machine(int argc, char **argv)
{
    const char *name = NULL;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strncmp(argv[i], "--machine=", 10) == 0)
            name = argv[i] + 10;
        else if (strcmp(argv[i], "--machine") == 0 && i + 1 < argc)
            name = argv[i + 1];
    return name != NULL ? dc_accelerator_named(name) : NULL;
}

dc_status cli_parse(cli_call *call, int argc, char **argv, bool *wants_help)
{
    call->accelerator = machine_of(call->command, asked_machine(argc, argv));
    option_set *set = dc_arena_take(&call->arena, 1, sizeof *set);
    call->settings = cli_new_settings(call->command, call->accelerator, &call->arena);
    DC_TRY(call->arena.status);
    call->common = call->settings;
    collect(set, call, &call->arena);
    call->options = set;
    DC_TRY(call->arena.status);
    *wants_help = false;
    optind = RESTART;
    opterr = 0;
    int code;
    while ((code = getopt_long(argc, argv, set->shorts, set->longs, NULL)) != -1) {
        if (code == 'h' && short_index(set, 'h') == DC_NONE) {
            *wants_help = true;
            return DC_OK;
        }
        if (code == '?' || code == ':')
            return bad_option(call, set, code, argv);
        DC_TRY(set_option(call, set, code));
    }
    call->args = argv + optind;
    call->n_args = (uint32_t)(argc - optind);
    return count_args(call);
}
