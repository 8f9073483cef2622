/* SPDX-License-Identifier: MIT
 *
 * Every command of the table, as the user can type it: one word has one meaning.
 */
#include "test.h"

#include "cli.h"

#define MAX_WORDS 200

typedef struct word {
    char text[64];
    char letter;   /* its short form, or 0 */
    size_t member; /* what it sets, or SIZE_MAX */
} word;

static void add(word *words, size_t *n, const char *prefix, const dc_field *field, size_t offset)
{
    assert_true(*n < MAX_WORDS);
    word *added = &words[(*n)++];
    snprintf(added->text, sizeof added->text, "%s%s", prefix, field->name);
    for (char *c = added->text; *c != '\0'; c++)
        *c = *c == '_' ? '-' : *c;
    const bool is_first = prefix[0] == '\0';
    added->letter = is_first ? field->short_name : '\0';
    added->member = is_first ? offset + field->offset : SIZE_MAX;
}

/* All options of a command, with the "no-" of flags that are set by default, and help. */
static size_t words_of(word *words, const cli_command *command)
{
    cli_part parts[CLI_ALL_PARTS];
    dc_arena arena = { 0 };
    const void *settings = cli_new_settings(command, NULL, &arena);
    assert_non_null(settings);
    cli_all_parts(parts, command, NULL);
    size_t n = 0;
    words[n++] = (word){ "help", 'h', SIZE_MAX };
    for (const cli_part *part = parts; part->fields != NULL; part++)
        for (const dc_field *field = part->fields; field->name != NULL; field++) {
            add(words, &n, "", field, part->offset);
            if (cli_is_set(field, (const char *)settings + part->offset))
                add(words, &n, "no-", field, part->offset);
        }
    dc_arena_clear(&arena);
    return n;
}

static void no_option_is_there_twice_and_each_sets_its_own(void **state)
{
    (void)state;
    word words[MAX_WORDS];
    for (const cli_command *const *c = cli_commands; *c != NULL; c++) {
        const size_t n = words_of(words, *c);
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < i; k++) {
                const word *a = &words[k], *b = &words[i];
                if (strcmp(a->text, b->text) == 0)
                    fail_msg("%s has --%s twice", (*c)->name, a->text);
                if (a->letter != 0 && a->letter == b->letter)
                    fail_msg("%s: -%c is --%s and --%s", (*c)->name, a->letter, a->text, b->text);
                if (a->member != SIZE_MAX && a->member == b->member)
                    fail_msg("%s: --%s and --%s are one setting", (*c)->name, a->text, b->text);
            }
    }
}

static void no_command_is_there_twice(void **state)
{
    (void)state;
    for (const cli_command *const *c = cli_commands; *c != NULL; c++)
        for (const cli_command *const *other = cli_commands; other < c; other++)
            assert_string_not_equal((*c)->name, (*other)->name);
}

/* What --help shows as an example has the options there are and the files that are needed. */
static void every_example_can_be_typed(void **state)
{
    (void)state;
    for (const cli_command *const *c = cli_commands; *c != NULL; c++) {
        char text[200], *words[21];
        int n = 0;
        cli_call call = { .command = *c };
        bool wants_help;
        assert_non_null((*c)->example);
        snprintf(text, sizeof text, "%s", (*c)->example);
        for (char *w = strtok(text, " "); w != NULL && n < 20; w = strtok(NULL, " "))
            words[n++] = w;
        assert_string_equal(words[0], "dcomp");
        assert_string_equal(words[1], (*c)->name);
        words[n] = NULL;
        assert_ok(cli_parse(&call, n - 1, words + 1, &wants_help));
        dc_arena_clear(&call.arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_option_is_there_twice_and_each_sets_its_own),
        cmocka_unit_test(no_command_is_there_twice),
        cmocka_unit_test(every_example_can_be_typed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
