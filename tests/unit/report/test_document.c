/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/report.h"

typedef struct row {
    const char *name, *other;
    uint64_t weights;
    uint32_t width;
    double density;
    bool is_small;
} row;

#define AT(member) offsetof(row, member)

static const dc_field fields[] = {
    { .name = "name", .kind = DC_FIELD_TEXT, .offset = AT(name), .title = "layer" },
    { .name = "other", .kind = DC_FIELD_TEXT, .offset = AT(other), .title = ">of",
      .may_be_absent = true },
    { .name = "weights", .kind = DC_FIELD_U64, .offset = AT(weights), .title = "weights" },
    { .name = "width", .kind = DC_FIELD_U32, .offset = AT(width), .title = "bits",
      .may_be_absent = true },
    { .name = "density", .kind = DC_FIELD_NUMBER, .offset = AT(density), .title = "density %",
      .scale = 100, .n_decimals = 1 },
    { .name = "is_small", .kind = DC_FIELD_BOOL, .offset = AT(is_small) },
    { 0 },
};

/* The document in one form, as text; freed with the arena. */
static const char *rendered(const dc_document *d, const char *name)
{
    dc_writer w;
    uint32_t format = 0;
    while (strcmp(dc_renderer_at(format)->name, name) != 0)
        format++;
    dc_writer_init(&w, UINT64_MAX);
    assert_ok(dc_document_render(&w, d, format));
    dc_put_u8(&w, 0);
    const char *text = dc_arena_text(d->arena, (const char *)w.data);
    dc_writer_clear(&w);
    return text;
}

static const char *rendered_table(const dc_section *section, const char *name, dc_arena *arena)
{
    dc_document d;
    dc_document_init(&d, "test", "dcomp.test/1", arena);
    dc_document_add(&d, section);
    const char *text = rendered(&d, name);
    dc_document_clear(&d);
    return text;
}

static void names_stand_left_and_figures_right(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const row rows[] = { { "conv1", NULL, 500, 5, 0.66, true },
                         { "fc", NULL, 1234567, 0, NAN, false },
                         { "all", NULL, 1235067, 0, 0.081, false } };
    const dc_section s = { .key = "rows", .fields = fields, .rows = rows,
                           .row_bytes = sizeof *rows, .n_rows = 2, .n_totals = 1 };
    assert_string_equal(rendered_table(&s, "text", &arena),
                        "layer    weights  bits  density %\n"
                        "-----  ---------  ----  ---------\n"
                        "conv1        500     5       66.0\n"
                        "fc     1,234,567                -\n"
                        "-----  ---------  ----  ---------\n"
                        "all    1,235,067              8.1\n");
    assert_string_equal(rendered_table(&s, "csv", &arena),
                        "name,weights,width,density,is_small\n"
                        "\"conv1\",500,5,0.66,true\n"
                        "\"fc\",1234567,0,,false\n");
    assert_string_equal(rendered_table(&s, "json", &arena),
                        "{\n\t\"schema\":\t\"dcomp.test/1\",\n\t\"rows\":\t[{\n"
                        "\t\t\t\"name\":\t\"conv1\",\n\t\t\t\"weights\":\t500,\n"
                        "\t\t\t\"width\":\t5,\n\t\t\t\"density\":\t0.66,\n"
                        "\t\t\t\"is_small\":\ttrue\n\t\t}, {\n"
                        "\t\t\t\"name\":\t\"fc\",\n\t\t\t\"weights\":\t1234567,\n"
                        "\t\t\t\"width\":\t0,\n\t\t\t\"density\":\tnull,\n"
                        "\t\t\t\"is_small\":\tfalse\n\t\t}]\n}\n");
    dc_arena_clear(&arena);
}

static void groups_of_columns_have_a_heading_of_their_own(void **state)
{
    (void)state;
    static const char over_codes[] = "codes", over_gaps[] = "gaps between";
    static const dc_field five[] = {
        { .name = "a", .kind = DC_FIELD_TEXT, .offset = AT(name), .title = "layer" },
        { .name = "b", .kind = DC_FIELD_U32, .offset = AT(width), .title = "raw",
          .group = over_codes },
        { .name = "c", .kind = DC_FIELD_U32, .offset = AT(width), .title = "file",
          .group = over_codes },
        { .name = "d", .kind = DC_FIELD_U32, .offset = AT(width), .title = "raw",
          .group = over_gaps },
        { .name = "e", .kind = DC_FIELD_U32, .offset = AT(width), .title = "file",
          .group = over_gaps },
        { 0 },
    };
    dc_arena arena = { 0 };
    const row one = { .name = "conv1", .width = 3 };
    assert_string_equal(rendered_table(&(dc_section){ .key = "k", .fields = five, .rows = &one,
                                                      .row_bytes = sizeof one, .n_rows = 1 },
                                       "text", &arena),
                        "       - codes -  - gaps between -\n"
                        "layer  raw  file  raw         file\n"
                        "-----  ---  ----  ---  -----------\n"
                        "conv1    3     3    3            3\n");
    dc_arena_clear(&arena);
}

static void a_table_without_rows_shows_its_head(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const dc_section s = { .key = "k", .fields = fields, .row_bytes = sizeof(row) };
    assert_string_equal(rendered_table(&s, "text", &arena),
                        "layer  weights  bits  density %\n-----  -------  ----  ---------\n");
    assert_string_equal(rendered_table(&s, "csv", &arena), "name,weights,width,density,is_small\n");
    dc_arena_clear(&arena);
}

static void widths_count_characters_and_not_bytes(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const row rows[] = { { .name = "\xC3\xA9\xC3\xA9", .other = "1" }, { .name = "a\x1b" } };
    static const dc_field two[] = {
        { .name = "n", .kind = DC_FIELD_TEXT, .offset = AT(name), .title = "n" },
        { .name = "v", .kind = DC_FIELD_TEXT, .offset = AT(other), .title = ">v" },
        { 0 },
    };
    assert_string_equal(rendered_table(&(dc_section){ .key = "k", .fields = two, .rows = rows,
                                                      .row_bytes = sizeof *rows, .n_rows = 2 },
                                       "text", &arena),
                        "n      v\n-----  -\n\xC3\xA9\xC3\xA9     1\na\\x1b\n");
    dc_arena_clear(&arena);
}

static void csv_quotes_texts_and_doubles_their_quotes(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const row rows[] = { { .name = "a,b", .other = "say \"x\"" }, { .name = "two\nlines" } };
    assert_string_equal(rendered_table(&(dc_section){ .key = "k", .fields = fields, .rows = rows,
                                                      .row_bytes = sizeof *rows, .n_rows = 2 },
                                       "csv", &arena),
                        "name,other,weights,width,density,is_small\n"
                        "\"a,b\",\"say \"\"x\"\"\",0,0,0,false\n"
                        "\"two\nlines\",,0,0,0,false\n");
    dc_arena_clear(&arena);
}

static void several_tables_are_told_apart_in_csv(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const row one = { .name = "a", .weights = 7 };
    dc_document d;
    dc_document_init(&d, "test", "dcomp.test/1", &arena);
    dc_document_add(&d, &(dc_section){ .title = "first", .fields = fields + 2, .rows = &one,
                                       .is_record = true });
    dc_document_text(&d, "for people\n");
    dc_document_add(&d, &(dc_section){ .title = "second", .key = "k", .fields = fields + 2,
                                       .rows = &one, .row_bytes = sizeof one, .n_rows = 1 });
    assert_string_equal(rendered(&d, "csv"), "# first\nweights,width,density,is_small\n"
                                             "7,0,0,false\n\n# second\n"
                                             "weights,width,density,is_small\n7,0,0,false\n");
    assert_string_equal(rendered(&d, "text"), "for people\n"
                                              "weights  bits  density %\n"
                                              "-------  ----  ---------\n"
                                              "      7              0.0\n");
    dc_document_clear(&d);
    dc_arena_clear(&arena);
}

static void numbers_that_people_do_not_see_have_their_decimals_in_csv(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    static const dc_field fixed[] = {
        { .name = "d", .kind = DC_FIELD_NUMBER, .offset = AT(density), .n_decimals = 3 }, { 0 }
    };
    const row rows[] = { { .density = 1.0 / 3 }, { .density = NAN } };
    assert_string_equal(rendered_table(&(dc_section){ .key = "k", .fields = fixed, .rows = rows,
                                                      .row_bytes = sizeof *rows, .n_rows = 2 },
                                       "csv", &arena),
                        "d\n0.333\n\n");
    dc_arena_clear(&arena);
}

static void markdown_has_a_heading_a_table_and_bold_totals(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const row rows[] = { { .name = "a|b", .weights = 1000, .width = 3 },
                         { .name = "all", .weights = 1000 } };
    dc_document d;
    dc_document_init(&d, "dcomp test", "dcomp.test/1", &arena);
    dc_document_text(&d, "\n  one *line");
    dc_document_text(&d, " of_two\n\nanother\n");
    dc_document_add(&d, &(dc_section){ .title = "layers", .key = "k", .fields = fields,
                                       .rows = rows, .row_bytes = sizeof *rows, .n_rows = 1,
                                       .n_totals = 1 });
    assert_string_equal(rendered(&d, "markdown"),
                        "# dcomp test\n\none \\*line of\\_two\n\nanother\n\n## layers\n\n"
                        "| layer | weights | bits | density % |\n|---|---:|---:|---:|\n"
                        "| a\\|b | 1,000 | 3 | 0.0 |\n| **all** | **1,000** |  | **0.0** |\n\n");
    dc_document_clear(&d);
    dc_arena_clear(&arena);
}

static void a_table_without_a_title_has_no_heading(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const row rows[] = { { .name = "a", .weights = 1, .width = 3 } };
    dc_document d;
    dc_document_init(&d, "test", "dcomp.test/1", &arena);
    dc_document_add(&d, &(dc_section){ .key = "k", .fields = fields, .rows = rows,
                                       .row_bytes = sizeof *rows, .n_rows = 1 });
    assert_string_equal(rendered(&d, "markdown"),
                        "# test\n\n| layer | weights | bits | density % |\n"
                        "|---|---:|---:|---:|\n| a | 1 | 3 | 0.0 |\n\n");
    dc_document_clear(&d);
    dc_arena_clear(&arena);
}

static void texts_of_files_are_not_obeyed_by_markdown(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_document d;
    dc_document_init(&d, "test", "dcomp.test/1", &arena);
    dc_document_text(&d, "&amp; - 1. x\n- a\n  + b\n1. c\n12) d\n1.5 e\n--- f\n1986\n-\n");
    assert_string_equal(rendered(&d, "markdown"),
                        "# test\n\n\\&amp; - 1. x\n\n\\- a\n\n\\+ b\n\n1\\. c\n\n12\\) d\n\n"
                        "1.5 e\n\n\\--- f\n\n1986\n\n\\-\n\n");
    dc_document_clear(&d);
    dc_arena_clear(&arena);
}

static void texts_of_files_cannot_command_a_terminal(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_document d;
    dc_document_init(&d, "test", "dcomp.test/1", &arena);
    dc_document_text(&d, "%s\n", "a\x1b[31mb");
    assert_string_equal(rendered(&d, "text"), "a\\x1b[31mb\n");
    dc_document_clear(&d);
    dc_arena_clear(&arena);
}

static void a_failed_arena_is_reported_when_it_is_rendered(void **state)
{
    (void)state;
    dc_arena arena;
    dc_document d;
    dc_writer w;
    dc_arena_init(&arena, 16);
    dc_document_init(&d, "test", "dcomp.test/1", &arena);
    dc_document_text(&d, "a text that has no room in %d bytes\n", 16);
    dc_writer_init(&w, UINT64_MAX);
    assert_fails(DC_ELIMIT, dc_document_render(&w, &d, 0));
    dc_writer_clear(&w);
    dc_document_clear(&d);
    dc_arena_clear(&arena);
}

static void the_words_of_the_option_are_the_table(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const char *words = "";
    for (uint32_t i = 0; dc_renderer_at(i) != NULL; i++)
        words = dc_arena_print(&arena, "%s%s%s", words, i > 0 ? "|" : "", dc_renderer_at(i)->name);
    assert_string_equal(words, dc_renderer_names);
    dc_arena_clear(&arena);
}

static void counts_are_grouped_at_every_size(void **state)
{
    (void)state;
    char text[DC_TEXT_COUNT_BYTES];
    assert_string_equal(dc_text_count(text, 0), "0");
    assert_string_equal(dc_text_count(text, 999), "999");
    assert_string_equal(dc_text_count(text, 1000), "1,000");
    assert_string_equal(dc_text_count(text, UINT64_MAX), "18,446,744,073,709,551,615");
}

static void bytes_have_decimal_units_and_three_figures(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    assert_string_equal(dc_text_bytes(0, &arena), "0 B");
    assert_string_equal(dc_text_bytes(843, &arena), "843 B");
    assert_string_equal(dc_text_bytes(999, &arena), "999 B");
    assert_string_equal(dc_text_bytes(1000, &arena), "1 kB");
    assert_string_equal(dc_text_bytes(1234, &arena), "1.23 kB");
    assert_string_equal(dc_text_bytes(1200000, &arena), "1.2 MB");
    assert_string_equal(dc_text_bytes(45678901, &arena), "45.7 MB");
    assert_string_equal(dc_text_bytes(999999, &arena), "1 MB");
    assert_string_equal(dc_text_bytes(UINT64_MAX, &arena), "18.4 EB");
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_stand_left_and_figures_right),
        cmocka_unit_test(groups_of_columns_have_a_heading_of_their_own),
        cmocka_unit_test(a_table_without_rows_shows_its_head),
        cmocka_unit_test(widths_count_characters_and_not_bytes),
        cmocka_unit_test(csv_quotes_texts_and_doubles_their_quotes),
        cmocka_unit_test(several_tables_are_told_apart_in_csv),
        cmocka_unit_test(numbers_that_people_do_not_see_have_their_decimals_in_csv),
        cmocka_unit_test(markdown_has_a_heading_a_table_and_bold_totals),
        cmocka_unit_test(a_table_without_a_title_has_no_heading),
        cmocka_unit_test(texts_of_files_are_not_obeyed_by_markdown),
        cmocka_unit_test(texts_of_files_cannot_command_a_terminal),
        cmocka_unit_test(a_failed_arena_is_reported_when_it_is_rendered),
        cmocka_unit_test(the_words_of_the_option_are_the_table),
        cmocka_unit_test(counts_are_grouped_at_every_size),
        cmocka_unit_test(bytes_have_decimal_units_and_three_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
