/* SPDX-License-Identifier: MIT
 *
 * --help, from the same tables that parse: usage, what the command does, and its options with unit,
 * choices and the default as the settings struct really holds it.
 */
#include <math.h>
#include <string.h>

#include "cli.h"

#define HELP_COLUMN 32
#define LAST_COLUMN 100

static const char *metavar(const dc_field *field)
{
    switch (field->kind) {
    case DC_FIELD_BOOL: return "";
    case DC_FIELD_U32:
    case DC_FIELD_U64: return dc_field_is_size(field) ? " SIZE" : " N";
    case DC_FIELD_NUMBER: return " X";
    case DC_FIELD_RULES: return " RULES";
    case DC_FIELD_TEXT: return " TEXT";
    case DC_FIELD_INPUT:
    case DC_FIELD_OUTPUT: return " FILE";
    case DC_FIELD_FOLDER: return " DIR";
    case DC_FIELD_SPEC: return " SPEC";
    case DC_FIELD_CHOICE: return " WORD";
    }
    return "";
}

/* What is said of one option, before it is broken into lines. */
typedef struct saying {
    char text[1024];
    size_t n;
} saying;

DC_PRINTF(2, 3) static void say(saying *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(s->text + s->n, sizeof s->text - s->n, format, args);
    va_end(args);
    s->n = DC_MIN(s->n + (size_t)DC_MAX(n, 0), sizeof s->text - 1);
}

/* A value outside of the option's own range, or NaN, is one that was not given. */
static void say_number(saying *s, const dc_field *field, double value)
{
    const bool has_range = field->min != 0 || field->max != 0;
    if (!isnan(value) && (!has_range || (value >= field->min && value <= field->max)))
        say(s, ", default %.15g", value);
}

/* The default, read from a settings struct that holds nothing but defaults. */
static void say_default(saying *s, const dc_field *field, const void *record)
{
    char word[DC_CHOICE_BYTES];
    const dc_value v = dc_field_get(field, record);
    const char *text = field->kind == DC_FIELD_BOOL     ? (v.flag ? "on" : NULL)
                       : field->kind == DC_FIELD_CHOICE ? dc_field_choice(word, field, record)
                       : dc_field_is_text(field)        ? v.text
                                                        : NULL;
    if (text != NULL)
        say(s, ", default %s", text);
    if (field->kind == DC_FIELD_U32)
        say_number(s, field, v.u32);
    if (field->kind == DC_FIELD_U64)
        say_number(s, field, (double)v.u64);
    if (field->kind == DC_FIELD_NUMBER)
        say_number(s, field, v.number);
    for (uint32_t i = 0; field->kind == DC_FIELD_RULES && i < v.rules.n_rules; i++)
        say(s, "%s%s=%g", i == 0 ? ", default " : ",", v.rules.items[i].pattern,
            v.rules.items[i].value);
}

/* From the help column to the last one, broken at blanks. */
static void print_broken(const char *text)
{
    size_t column = HELP_COLUMN;
    while (*text != '\0') {
        const size_t n = strcspn(text, " ");
        if (column > HELP_COLUMN && column + 1 + n > LAST_COLUMN) {
            cli_say("\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        } else if (column > HELP_COLUMN) {
            putchar(' ');
            column++;
        }
        cli_say("%.*s", (int)n, text);
        column += n;
        text += n + (text[n] == ' ');
    }
    putchar('\n');
}

static void print_option(const dc_field *field, const void *record)
{
    char name[96];
    saying s = { .n = 0 };
    size_t n = (size_t)snprintf(
        name, sizeof name, field->short_name != 0 ? "  -%c, --%s%s%s" : "  %c   --%s%s%s",
        field->short_name != 0 ? field->short_name : ' ',
        cli_is_set(field, record) ? "[no-]" : "", field->name, metavar(field));
    for (char *c = name + 8; *c != '\0'; c++)
        *c = *c == '_' ? '-' : *c;
    if (n >= HELP_COLUMN)
        cli_say("%s\n%*s", name, HELP_COLUMN, "");
    else
        cli_say("%-*s", HELP_COLUMN, name);
    say(&s, "%s", field->help);
    if (field->choices != NULL && field->kind == DC_FIELD_CHOICE)
        say(&s, " (%s)", field->choices);
    if (field->unit != NULL)
        say(&s, " [%s]", field->unit);
    say_default(&s, field, record);
    print_broken(s.text);
}

void cli_print_help(const cli_command *command, const dc_accelerator *accelerator)
{
    dc_arena arena = { 0 };
    const void *settings = cli_new_settings(command, accelerator, &arena);
    cli_part parts[CLI_ALL_PARTS];
    if (settings == NULL)
        return;
    cli_all_parts(parts, command, accelerator);
    cli_say("usage: dcomp %s %s\n\n%s\n", command->name, command->usage, command->summary);
    if (command->details != NULL)
        cli_say("\n%s\n", command->details);
    for (const cli_part *part = parts; part->fields != NULL; part++) {
        if (part->title != NULL)
            cli_say("\n%s:\n", part->title);
        for (const dc_field *field = part->fields; field->name != NULL; field++)
            print_option(field, (const char *)settings + part->offset);
    }
    cli_say("\n  -h, --help                    this text\n");
    cli_say("\nexample:\n  %s\n", command->example);
    dc_arena_clear(&arena);
}

void cli_print_usage(FILE *stream)
{
    fprintf(
        stream,
        "usage: dcomp COMMAND [options] FILE...\n\n"
        "Makes a trained network many times smaller, runs the small file, and shows where its "
        "bytes went.\n\ncommands:\n");
    for (uint32_t i = 0; cli_commands[i] != NULL; i++)
        fprintf(stream, "  %-12s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    fprintf(stream,
            "\n'dcomp COMMAND --help' shows the options of one command; 'dcomp --version' the "
            "version.\n"
            "RULES give a value by layer: 0.1, or fc1=0.08,conv*=0.66; the first match wins.\n"
            "exit codes: 0 done, 1 a stated requirement was not met, 2 usage, 3 malformed input,\n"
            "4 reading or writing failed, 5 out of memory or over a limit, 6 not supported,\n"
            "128 + n ended by signal n (130: interrupted)\n");
}
