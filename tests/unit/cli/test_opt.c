/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "cli.h"

typedef struct toy_options {
    cli_common common;
    const char *name;
    uint32_t count;
    double share;
    uint32_t colour;
    bool is_loud, is_kept;
    dc_rules bits;
} toy_options;

static const dc_field toy_fields[] = {
    { .name = "name", .kind = DC_FIELD_TEXT, .offset = offsetof(toy_options, name),
      .help = "a name", .short_name = 'n' },
    { .name = "big_count", .kind = DC_FIELD_U32, .offset = offsetof(toy_options, count), .min = 1,
      .max = 9, .help = "how many", .short_name = 'c' },
    { .name = "share", .kind = DC_FIELD_NUMBER, .offset = offsetof(toy_options, share), .min = -1,
      .max = 1, .help = "a share" },
    { .name = "colour", .kind = DC_FIELD_CHOICE, .offset = offsetof(toy_options, colour),
      .choices = "red|green", .help = "" },
    { .name = "loud", .kind = DC_FIELD_BOOL, .offset = offsetof(toy_options, is_loud),
      .help = "shout", .short_name = 'l' },
    { .name = "keep_it", .kind = DC_FIELD_BOOL, .offset = offsetof(toy_options, is_kept),
      .help = "keep" },
    { .name = "bits", .kind = DC_FIELD_RULES, .offset = offsetof(toy_options, bits), .min = 1,
      .max = 8, .help = "by layer" },
    { 0 },
};

static void set_defaults(void *settings)
{
    *(toy_options *)settings = (toy_options){ .count = 2, .is_kept = true };
}

static const cli_command toy = {
    .name = "toy",
    .summary = "of this test",
    .usage = "FILE",
    .min_args = 1,
    .max_args = 2,
    .settings_bytes = sizeof(toy_options),
    .set_defaults = set_defaults,
    .parts = { { "toy", toy_fields, 0 } },
};

/* Parses words that are parted by spaces. */
typedef struct parsed {
    char text[200];
    char *words[20];
    cli_call call;
    const toy_options *options;
    bool wants_help;
} parsed;

static dc_status parse(parsed *p, const char *line)
{
    int n = 0;
    *p = (parsed){ .call = { .command = &toy } };
    snprintf(p->text, sizeof p->text, "toy %s", line);
    for (char *word = strtok(p->text, " "); word != NULL && n < 19; word = strtok(NULL, " "))
        p->words[n++] = word;
    const dc_status status = cli_parse(&p->call, n, p->words, &p->wants_help);
    p->options = p->call.settings;
    return status;
}

static void refuse(const char *line, const char *part)
{
    parsed p;
    assert_fails(DC_EINPUT, parse(&p, line));
    if (strstr(dc_message(), part) == NULL)
        fail_msg("'%s' does not say '%s'", dc_message(), part);
    dc_arena_clear(&p.call.arena);
}

static void values_reach_their_fields(void **state)
{
    (void)state;
    parsed p;
    assert_ok(parse(&p, "--name=a --big-count 5 f --share -0.5 --colour green -l --bits fc1=2,3"));
    assert_string_equal(p.options->name, "a");
    assert_int_equal(p.options->count, 5);
    assert_near(p.options->share, -0.5, 0);
    assert_int_equal(p.options->colour, 1);
    assert_true(p.options->is_loud);
    assert_int_equal(p.options->bits.n_rules, 2);
    assert_int_equal(p.call.n_args, 1);
    assert_string_equal(p.call.args[0], "f");
    dc_arena_clear(&p.call.arena);
}

static void what_is_not_given_keeps_its_default(void **state)
{
    (void)state;
    parsed p;
    assert_ok(parse(&p, "f"));
    assert_int_equal(p.options->count, 2);
    assert_true(p.options->is_kept);
    assert_false(p.options->is_loud);
    assert_null(p.options->name);
    dc_arena_clear(&p.call.arena);
}

static void short_options_may_stand_together_and_hold_their_value(void **state)
{
    (void)state;
    parsed p;
    assert_ok(parse(&p, "-lqc7 -nx f"));
    assert_true(p.options->is_loud && p.call.common->is_quiet);
    assert_int_equal(p.options->count, 7);
    assert_string_equal(p.options->name, "x");
    dc_arena_clear(&p.call.arena);
}

static void a_flag_that_is_on_has_a_no_and_others_have_not(void **state)
{
    (void)state;
    parsed p;
    assert_ok(parse(&p, "f --no-keep-it"));
    assert_false(p.options->is_kept);
    dc_arena_clear(&p.call.arena);
    refuse("f --no-loud", "'--no-loud'");
}

static void the_last_of_two_wins(void **state)
{
    (void)state;
    parsed p;
    assert_ok(parse(&p, "f -c 3 -c 4 --no-keep-it --keep-it"));
    assert_int_equal(p.options->count, 4);
    assert_true(p.options->is_kept);
    dc_arena_clear(&p.call.arena);
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    parsed p;
    assert_ok(parse(&p, "-l -- -c f"));
    assert_int_equal(p.call.n_args, 2);
    assert_string_equal(p.call.args[0], "-c");
    dc_arena_clear(&p.call.arena);
}

static void a_name_may_be_cut_short_while_it_is_clear(void **state)
{
    (void)state;
    parsed p;
    assert_ok(parse(&p, "f --big 3"));
    assert_int_equal(p.options->count, 3);
    dc_arena_clear(&p.call.arena);
    refuse("f --b 3", "ambiguous option '--b'");
}

static void help_is_wanted_whatever_else_is_wrong_later(void **state)
{
    (void)state;
    parsed p;
    assert_ok(parse(&p, "--help --nonsense"));
    assert_true(p.wants_help);
    dc_arena_clear(&p.call.arena);
    assert_ok(parse(&p, "-lh"));
    assert_true(p.wants_help);
    dc_arena_clear(&p.call.arena);
}

static void what_is_wrong_is_named_as_it_was_written(void **state)
{
    (void)state;
    refuse("", "file name missing");
    refuse("a b c", "unexpected argument 'c'");
    refuse("f --nonsense", "'--nonsense'");
    refuse("f -x", "unknown option '-x'");
    refuse("f -lx", "unknown option '-x'");
    refuse("f --name", "option '--name' needs a value");
    refuse("f -n", "option '-n' needs a value");
    refuse("f --loud=1", "option '--loud' takes no value");
    refuse("f -c 10", "'--big-count' must be 1 to 9, not 10");
    refuse("f -c 1.5", "'--big-count' takes a whole number");
    refuse("f --share 2", "'--share' must be -1 to 1");
    refuse("f --share inf", "'--share'");
    refuse("f --colour blue", "'--colour' is one of red|green, not 'blue'");
    refuse("f --bits fc1=x", "--bits");
    refuse("f --bits fc1=9", "'--bits' must be 1 to 8");
}

/* What an option names must be known to whoever keeps inputs from being overwritten. */
static void no_file_is_a_mere_text(void **state)
{
    static const char *const texts[] = { "layers", "densities", "mean",    "scale", "layer",
                                         "sweep",  "cpu",       "backend", "shape", "output_name",
                                         "zeros" };
    (void)state;
    for (uint32_t c = 0; cli_commands[c] != NULL; c++) {
        cli_part parts[CLI_ALL_PARTS];
        cli_all_parts(parts, cli_commands[c], NULL);
        for (const cli_part *part = parts; part->fields != NULL; part++)
            for (const dc_field *field = part->fields; field->name != NULL; field++) {
                bool is_known = field->kind != DC_FIELD_TEXT;
                for (size_t i = 0; i < DC_COUNT_OF(texts); i++)
                    is_known = is_known || strcmp(texts[i], field->name) == 0;
                if (!is_known)
                    fail_msg("'%s' of '%s' is a file, a folder, or belongs in the list of texts",
                             field->name, cli_commands[c]->name);
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_reach_their_fields),
        cmocka_unit_test(what_is_not_given_keeps_its_default),
        cmocka_unit_test(short_options_may_stand_together_and_hold_their_value),
        cmocka_unit_test(a_flag_that_is_on_has_a_no_and_others_have_not),
        cmocka_unit_test(the_last_of_two_wins),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(a_name_may_be_cut_short_while_it_is_clear),
        cmocka_unit_test(help_is_wanted_whatever_else_is_wrong_later),
        cmocka_unit_test(what_is_wrong_is_named_as_it_was_written),
        cmocka_unit_test(no_file_is_a_mere_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
