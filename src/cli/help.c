/* SPDX-License-Identifier: MIT
 *
 * --help, from the same tables that parse: usage, what the command does, and its options with unit,
 * choices and the default as the settings struct really holds it.
 */
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define HELP_COLUMN 32

static const char *metavar(const dc_field *field)
{
    switch (field->kind) {
    case DC_FIELD_BOOL: return "";
    case DC_FIELD_U32:
    case DC_FIELD_U64: return " N";
    case DC_FIELD_NUMBER: return " X";
    case DC_FIELD_RULES: return " RULES";
    case DC_FIELD_TEXT: return " TEXT";
    case DC_FIELD_CHOICE: return " WORD";
    }
    return "";
}

static void print_choice(const char *choices, uint32_t index)
{
    const char *word = choices;
    while (index-- > 0 && (word = strchr(word, '|')) != NULL)
        word++;
    if (word != NULL)
        printf(", default %.*s", (int)strcspn(word, "|"), word);
}

/* The default, read from a settings struct that holds nothing but defaults. */
static void print_default(const dc_field *field, const char *record)
{
    const char *at = record + field->offset;
    if (cli_is_set(field, record))
        printf(", default on");
    if (field->kind == DC_FIELD_RULES) {
        const dc_rules *rules = (const dc_rules *)(const void *)at;
        for (uint32_t i = 0; i < rules->n_rules; i++)
            printf("%s%s=%g", i == 0 ? ", default " : ",", rules->items[i].pattern,
                   rules->items[i].value);
    }
    if (field->kind == DC_FIELD_U32 && *(const uint32_t *)(const void *)at != 0)
        printf(", default %u", *(const uint32_t *)(const void *)at);
    if (field->kind == DC_FIELD_U64 && *(const uint64_t *)(const void *)at != 0)
        printf(", default %llu", (unsigned long long)*(const uint64_t *)(const void *)at);
    if (field->kind == DC_FIELD_NUMBER && *(const double *)(const void *)at > 0)
        printf(", default %g", *(const double *)(const void *)at);
    if (field->kind == DC_FIELD_CHOICE)
        print_choice(field->choices, *(const uint32_t *)(const void *)at);
    if (field->kind == DC_FIELD_TEXT && *(const char *const *)(const void *)at != NULL)
        printf(", default %s", *(const char *const *)(const void *)at);
}

static void print_option(const dc_field *field, const char *record)
{
    char name[96];
    size_t n = (size_t)snprintf(
        name, sizeof name, field->short_name != 0 ? "  -%c, --%s%s%s" : "  %c   --%s%s%s",
        field->short_name != 0 ? field->short_name : ' ',
        cli_is_set(field, record) ? "[no-]" : "", field->name, metavar(field));
    for (char *c = name + 8; *c != '\0'; c++)
        *c = *c == '_' ? '-' : *c;
    if (n >= HELP_COLUMN)
        printf("%s\n%*s", name, HELP_COLUMN, "");
    else
        printf("%-*s", HELP_COLUMN, name);
    printf("%s", field->help);
    if (field->choices != NULL)
        printf(" (%s)", field->choices);
    if (field->unit != NULL)
        printf(" [%s]", field->unit);
    print_default(field, record);
    printf("\n");
}

void cli_print_help(const cli_command *command)
{
    void *settings = calloc(1, command->settings_bytes);
    if (settings == NULL)
        return;
    cli_part parts[CLI_ALL_PARTS];
    cli_all_parts(parts, command);
    command->set_defaults(command, settings);
    printf("usage: dcomp %s %s\n\n%s\n", command->name, command->usage, command->summary);
    if (command->details != NULL)
        printf("\n%s\n", command->details);
    for (const cli_part *part = parts; part->fields != NULL; part++) {
        if (part->title != NULL)
            printf("\n%s:\n", part->title);
        for (const dc_field *field = part->fields; field->name != NULL; field++)
            print_option(field, (const char *)settings + part->offset);
    }
    printf("\n  -h, --help                    this text\n");
    free(settings);
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
            "\n'dcomp COMMAND --help' tells the options of one command; 'dcomp --version' the "
            "version.\n"
            "RULES give a value by layer: 0.1, or fc1=0.08,conv*=0.66; the first match wins.\n"
            "exit codes: 0 done, 1 a stated requirement was not met, 2 usage, 3 malformed input,\n"
            "4 reading or writing failed, 5 out of memory or over a limit, 6 not supported\n");
}
