/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dcomp/report.h"

static const char *const columns[] = { "<layer", "weights", "density" };

static void a_table_aligns_names_left_and_figures_right(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_table *t = dc_table_new(&arena, columns, 3);
    dc_table_text(t, "conv1");
    dc_table_u64(t, 500);
    dc_table_print(t, "%.1f%%", 66.0);
    dc_table_text(t, "fc");
    dc_table_u64(t, 1234567);
    dc_table_number(t, 8.125, 2);
    dc_table_rule(t);
    dc_table_text(t, "total");
    dc_table_u64(t, 1235067);
    dc_table_number(t, NAN, 2);
    assert_string_equal(dc_table_render(t), "layer    weights  density\n"
                                            "-----  ---------  -------\n"
                                            "conv1        500    66.0%\n"
                                            "fc     1,234,567     8.12\n"
                                            "-----  ---------  -------\n"
                                            "total  1,235,067        -\n");
    dc_arena_clear(&arena);
}

static void groups_of_columns_have_a_heading_of_their_own(void **state)
{
    (void)state;
    static const char *const five[] = { "<layer", "raw", "file", "raw", "file" };
    dc_arena arena = { 0 };
    dc_table *t = dc_table_new(&arena, five, 5);
    dc_table_group(t, 1, 2, "codes");
    dc_table_group(t, 3, 2, "gaps between");
    dc_table_group(t, 4, 2, "past the end");
    dc_table_text(t, "conv1");
    for (uint64_t i = 1; i <= 4; i++)
        dc_table_u64(t, i);
    assert_string_equal(dc_table_render(t), "       - codes -  - gaps between -\n"
                                            "layer  raw  file  raw         file\n"
                                            "-----  ---  ----  ---  -----------\n"
                                            "conv1    1     2    3            4\n");
    dc_arena_clear(&arena);
}

static void a_table_without_rows_shows_its_head(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    assert_string_equal(dc_table_render(dc_table_new(&arena, columns, 3)),
                        "layer  weights  density\n-----  -------  -------\n");
    dc_arena_clear(&arena);
}

static void missing_cells_are_blank_and_lines_have_no_trailing_blanks(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_table *t = dc_table_new(&arena, columns, 3);
    dc_table_text(t, "a");
    dc_table_text(t, NULL);
    dc_table_text(t, "");
    dc_table_text(t, "b");
    assert_string_equal(dc_table_render(t),
                        "layer  weights  density\n-----  -------  -------\na\nb\n");
    dc_arena_clear(&arena);
}

static void widths_count_characters_and_not_bytes(void **state)
{
    (void)state;
    static const char *const two[] = { "<n", "v" };
    dc_arena arena = { 0 };
    dc_table *t = dc_table_new(&arena, two, 2);
    dc_table_text(t, "\xC3\xA9\xC3\xA9");
    dc_table_text(t, "1");
    assert_string_equal(dc_table_render(t), "n   v\n--  -\n\xC3\xA9\xC3\xA9  1\n");
    dc_arena_clear(&arena);
}

static void a_cell_may_be_long(void **state)
{
    (void)state;
    static const char *const one[] = { "<x" };
    dc_arena arena = { 0 };
    dc_table *t = dc_table_new(&arena, one, 1);
    dc_table_print(t, "%5000s", "end");
    const char *text = dc_table_render(t);
    assert_int_equal(strlen(text), 2 + 5001 + 5001);
    dc_arena_clear(&arena);
}

static void u64_is_grouped_at_every_size(void **state)
{
    (void)state;
    static const char *const one[] = { "v" };
    dc_arena arena = { 0 };
    dc_table *t = dc_table_new(&arena, one, 1);
    dc_table_u64(t, 0);
    dc_table_u64(t, 999);
    dc_table_u64(t, 1000);
    dc_table_u64(t, UINT64_MAX);
    assert_non_null(strstr(dc_table_render(t), "    0\n"));
    assert_non_null(strstr(dc_table_render(t), " 999\n"));
    assert_non_null(strstr(dc_table_render(t), " 1,000\n"));
    assert_non_null(strstr(dc_table_render(t), "\n18,446,744,073,709,551,615\n"));
    dc_arena_clear(&arena);
}

static void a_failed_arena_gives_an_empty_text(void **state)
{
    (void)state;
    dc_arena arena;
    dc_arena_init(&arena, 16);
    dc_table *t = dc_table_new(&arena, columns, 3);
    dc_table_text(t, "conv1");
    dc_table_print(t, "%d", 3);
    dc_table_rule(t);
    assert_string_equal(dc_table_render(t), "");
    assert_int_equal(arena.status, DC_ELIMIT);
    dc_arena_clear(&arena);
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
        cmocka_unit_test(a_table_aligns_names_left_and_figures_right),
        cmocka_unit_test(groups_of_columns_have_a_heading_of_their_own),
        cmocka_unit_test(a_table_without_rows_shows_its_head),
        cmocka_unit_test(missing_cells_are_blank_and_lines_have_no_trailing_blanks),
        cmocka_unit_test(widths_count_characters_and_not_bytes),
        cmocka_unit_test(a_cell_may_be_long),
        cmocka_unit_test(u64_is_grouped_at_every_size),
        cmocka_unit_test(a_failed_arena_gives_an_empty_text),
        cmocka_unit_test(bytes_have_decimal_units_and_three_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
