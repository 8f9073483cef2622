/* SPDX-License-Identifier: MIT
 *
 * record.c: one table, three ways: JSON in, text in, JSON out.
 */
#include "test.h"

typedef struct settings {
    bool is_fast;
    uint32_t n_epochs;
    uint64_t seed;
    double rate;
    const char *name;
    uint32_t init;
    dc_rules density;
} settings;

static const dc_field fields[] = {
    { .name = "fast", .kind = DC_FIELD_BOOL, .offset = offsetof(settings, is_fast), .help = "" },
    { .name = "n_epochs", .kind = DC_FIELD_U32, .offset = offsetof(settings, n_epochs), .min = 1,
      .max = 1000, .help = "" },
    { .name = "seed", .kind = DC_FIELD_U64, .offset = offsetof(settings, seed), .help = "" },
    { .name = "rate", .kind = DC_FIELD_NUMBER, .offset = offsetof(settings, rate), .unit = "a step",
      .max = 1, .help = "" },
    { .name = "name", .kind = DC_FIELD_TEXT, .offset = offsetof(settings, name), .help = "" },
    { .name = "init", .kind = DC_FIELD_CHOICE, .offset = offsetof(settings, init),
      .choices = "linear|density", .help = "" },
    { .name = "density", .kind = DC_FIELD_RULES, .offset = offsetof(settings, density), .max = 1,
      .help = "" },
    { 0 },
};

static dc_status read_text(settings *s, const char *text, dc_arena *arena)
{
    dc_json *json;
    DC_TRY(dc_json_parse(&json, text, strlen(text), "r.json"));
    const dc_status status = dc_record_read(s, fields, json, NULL, "r.json", arena);
    dc_json_free(json);
    return status;
}

static dc_status set(settings *s, const char *name, const char *text, dc_arena *arena)
{
    return dc_record_set(s, dc_field_find(fields, name), text, arena);
}

static void json_fills_the_struct_and_absent_members_stay(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    settings s = { .rate = 0.5, .n_epochs = 3 };
    double value;
    assert_ok(read_text(&s,
                        "{\"fast\": true, \"seed\": 9007199254740992, \"name\": \"x\","
                        " \"init\": \"density\", \"density\": {\"fc*\": 0.25, \"*\": 1}}",
                        &arena));
    assert_true(s.is_fast);
    assert_true(s.seed == UINT64_C(9007199254740992));
    assert_string_equal(s.name, "x");
    assert_int_equal(s.init, 1);
    assert_true(dc_rules_find(&value, &s.density, "fc7"));
    assert_near(value, 0.25, 0);
    assert_near(s.rate, 0.5, 0);
    assert_int_equal(s.n_epochs, 3);
    assert_ok(read_text(&s, "{\"seed\": \"18446744073709551615\", \"density\": null}", &arena));
    assert_true(s.seed == UINT64_MAX);
    assert_int_equal(s.density.n_rules, 0);
    dc_arena_clear(&arena);
}

static void wrong_members_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"fast\": 1}",
        "{\"fast\": \"true\"}",
        "{\"n_epochs\": 0}",
        "{\"n_epochs\": 1001}",
        "{\"n_epochs\": 1.5}",
        "{\"n_epochs\": -1}",
        "{\"n_epochs\": \"5\"}",
        "{\"n_epochs\": 5e9}",
        "{\"seed\": 1e18}",
        "{\"seed\": \"18446744073709551616\"}",
        "{\"seed\": null}",
        "{\"rate\": 1.01}",
        "{\"rate\": \"x\"}",
        "{\"name\": 5}",
        "{\"init\": \"lin\"}",
        "{\"init\": 0}",
        "{\"density\": 2}",
        "{\"density\": {\"a\": \"b\"}}",
        "{\"density\": [1]}",
        "{\"unknown\": 1}",
        "[]",
        "5",
    };
    dc_arena arena = { 0 };
    for (size_t i = 0; i < DC_COUNT_OF(bad); i++) {
        settings s = { 0 };
        assert_fails(DC_EINPUT, read_text(&s, bad[i], &arena));
    }
    dc_arena_clear(&arena);
}

static void a_mistyped_key_gets_a_suggestion(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    settings s = { 0 };
    assert_fails(DC_EINPUT, read_text(&s, "{\"denisty\": 1}", &arena));
    assert_string_equal(dc_message(), "r.json: unknown key 'denisty', did you mean 'density'?");
    assert_fails(DC_EINPUT, read_text(&s, "{\"entirely\": 1}", &arena));
    assert_string_equal(dc_message(), "r.json: unknown key 'entirely'");
    dc_arena_clear(&arena);
}

static void text_sets_every_kind(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    settings s = { 0 };
    char name[] = "net";
    assert_ok(set(&s, "fast", "on", &arena));
    assert_true(s.is_fast);
    assert_ok(set(&s, "fast", "no", &arena));
    assert_false(s.is_fast);
    assert_ok(set(&s, "n-epochs", "1000", &arena));
    assert_int_equal(s.n_epochs, 1000);
    assert_ok(set(&s, "seed", "18446744073709551615", &arena));
    assert_true(s.seed == UINT64_MAX);
    assert_ok(set(&s, "rate", "1e-3", &arena));
    assert_near(s.rate, 1e-3, 0);
    assert_ok(set(&s, "name", name, &arena));
    name[0] = 'X';
    assert_string_equal(s.name, "net");
    assert_ok(set(&s, "init", "linear", &arena));
    assert_int_equal(s.init, 0);
    assert_ok(set(&s, "density", "fc1=0.5,0.1", &arena));
    assert_int_equal(s.density.n_rules, 2);
    dc_arena_clear(&arena);
}

static void bad_text_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        { "fast", "maybe" },  { "fast", "" },
        { "n-epochs", "0" },  { "n-epochs", "5x" },
        { "n-epochs", "-1" }, { "n-epochs", " 5" },
        { "n-epochs", "" },   { "rate", "nan" },
        { "rate", "2" },      { "rate", "0.1.2" },
        { "init", "line" },   { "init", "linear|density" },
        { "init", "" },       { "density", "fc1=7" },
        { "density", "x" },   { "seed", "18446744073709551616" },
    };
    dc_arena arena = { 0 };
    settings s = { .n_epochs = 7, .rate = 0.25, .init = 1 };
    for (size_t i = 0; i < DC_COUNT_OF(bad); i++)
        assert_fails(DC_EINPUT, set(&s, bad[i][0], bad[i][1], &arena));
    assert_int_equal(s.n_epochs, 7);
    assert_int_equal(s.init, 1);
    assert_near(s.rate, 0.25, 0);
    assert_fails(DC_EINPUT, set(&s, "rate", "2", &arena));
    assert_string_equal(dc_message(), "'rate' must be 0 to 1 a step, not 2");
    dc_arena_clear(&arena);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    settings s = { .n_epochs = 1, .rate = 0.1, .init = 1, .seed = 42 }, back = { .name = "old" };
    assert_ok(set(&s, "density", "fc1=0.5,0.1", &arena));
    char *text;
    dc_json *json = dc_json_new();
    dc_record_write(json, &s, fields);
    assert_ok(dc_json_print(&text, json, false));
    assert_string_equal(text,
                        "{\"fast\":false,\"n_epochs\":1,\"seed\":42,\"rate\":0.1,\"name\":null,"
                        "\"init\":\"density\",\"density\":{\"fc1\":0.5,\"*\":0.1}}\n");
    assert_ok(read_text(&back, text, &arena));
    assert_null(back.name);
    assert_int_equal(back.init, 1);
    assert_int_equal(back.density.n_rules, 2);
    dc_release(text);
    dc_json_free(json);
    dc_arena_clear(&arena);
}

static void fields_are_found_with_dashes_or_underscores(void **state)
{
    (void)state;
    assert_ptr_equal(dc_field_find(fields, "n-epochs"), &fields[1]);
    assert_ptr_equal(dc_field_find(fields, "n_epochs"), &fields[1]);
    assert_null(dc_field_find(fields, "n_epoch"));
    assert_null(dc_field_find(fields, ""));
}

typedef struct optional {
    double drop, rate;
    uint64_t limit;
    const char *file;
} optional;

static const dc_field optional_fields[] = {
    { .name = "drop", .kind = DC_FIELD_NUMBER, .offset = offsetof(optional, drop), .unit = "points",
      .min = -100, .max = 100, .help = "" },
    { .name = "rate", .kind = DC_FIELD_NUMBER, .offset = offsetof(optional, rate), .max = 1,
      .help = "" },
    { .name = "limit", .kind = DC_FIELD_U64, .offset = offsetof(optional, limit), .unit = "samples",
      .min = 1, .max = INFINITY, .help = "" },
    { .name = "file", .kind = DC_FIELD_INPUT, .offset = offsetof(optional, file),
      .choices = "self|other", .help = "" },
    { 0 },
};

static dc_status read_optional(optional *out, const char *text, dc_arena *arena)
{
    dc_json *json;
    DC_TRY(dc_json_parse(&json, text, strlen(text), "r.json"));
    const dc_status status = dc_record_read(out, optional_fields, json, NULL, "r.json", arena);
    dc_json_free(json);
    return status;
}

static void a_number_that_is_not_given_is_null_and_0_is_0(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    optional o = { .drop = NAN, .rate = 0.5 };
    char *text = NULL;
    dc_json *json = dc_json_new();
    dc_record_write(json, &o, optional_fields);
    assert_ok(dc_json_print(&text, json, false));
    assert_string_equal(text, "{\"drop\":null,\"rate\":0.5,\"limit\":0,\"file\":null}\n");
    dc_release(text);
    dc_json_free(json);
    assert_ok(read_optional(&o, "{\"drop\": null, \"file\": null}", &arena));
    assert_true(isnan(o.drop));
    assert_fails(DC_EINPUT, read_optional(&o, "{\"rate\": null}", &arena));
    assert_ok(read_optional(&o, "{\"drop\": 0}", &arena));
    assert_near(o.drop, 0, 0);
    assert_ok(dc_record_set(&o, &optional_fields[0], "-0.5", &arena));
    assert_near(o.drop, -0.5, 0);
    assert_fails(DC_EINPUT, dc_record_set(&o, &optional_fields[0], "nan", &arena));
    dc_arena_clear(&arena);
}

static void a_range_may_have_no_end(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    optional o = { 0 };
    assert_ok(dc_record_set(&o, &optional_fields[2], "18446744073709551615", &arena));
    assert_true(o.limit == UINT64_MAX);
    assert_fails(DC_EINPUT, dc_record_set(&o, &optional_fields[2], "0", &arena));
    assert_string_equal(dc_message(), "'limit' must be 1 or more samples, not 0");
    dc_arena_clear(&arena);
}

static void names_of_files_are_texts_with_a_kind(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    optional o = { 0 };
    const dc_field *file = &optional_fields[3];
    assert_ok(dc_record_set(&o, file, "a.dcm", &arena));
    assert_string_equal(o.file, "a.dcm");
    assert_ok(read_optional(&o, "{\"file\": \"b.dcm\"}", &arena));
    assert_string_equal(o.file, "b.dcm");
    assert_fails(DC_EINPUT, read_optional(&o, "{\"file\": 1}", &arena));
    assert_true(dc_field_is_text(file) && !dc_field_is_text(&optional_fields[0]));
    assert_true(dc_field_has_choice(file, "self") && dc_field_has_choice(file, "other"));
    assert_false(dc_field_has_choice(file, "sel") || dc_field_has_choice(file, "self|other"));
    dc_arena_clear(&arena);
}

static void keys_of_others_are_ignored_where_they_are_named(void **state)
{
    (void)state;
    static const char *const ignored[] = { "stage", "comment", NULL };
    static const char text[] = "{\"stage\": 3, \"fast\": true, \"comment\": [1]}";
    dc_arena arena = { 0 };
    dc_json *json;
    settings s = { 0 };
    assert_ok(dc_json_parse(&json, text, sizeof text - 1, "r.json"));
    assert_ok(dc_record_read(&s, fields, json, ignored, "r.json", &arena));
    assert_true(s.is_fast);
    assert_fails(DC_EINPUT, dc_record_read(&s, fields, json, ignored + 1, "r.json", &arena));
    dc_json_free(json);
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_others_are_ignored_where_they_are_named),
        cmocka_unit_test(json_fills_the_struct_and_absent_members_stay),
        cmocka_unit_test(wrong_members_are_refused),
        cmocka_unit_test(a_mistyped_key_gets_a_suggestion),
        cmocka_unit_test(text_sets_every_kind),
        cmocka_unit_test(bad_text_is_refused_and_changes_nothing),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(fields_are_found_with_dashes_or_underscores),
        cmocka_unit_test(a_number_that_is_not_given_is_null_and_0_is_0),
        cmocka_unit_test(a_range_may_have_no_end),
        cmocka_unit_test(names_of_files_are_texts_with_a_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
