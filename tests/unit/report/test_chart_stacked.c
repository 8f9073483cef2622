/* SPDX-License-Identifier: MIT */
#include "chart_probe.h"

static const dc_axis x_axis = { .label = "size [bytes]" };
static const char *const parts[] = { "codes", "gaps" };

static void parts_cover_areas_in_proportion(void **state)
{
    probe *p = *state;
    static const char *const rows[] = { "conv1", "fc1" };
    const double values[] = { 100, 50, 300, 0 };
    assert_ok(dc_chart_stacked(p->path, "Title", &x_axis, rows, 2, parts, 2, values, false));
    probe_read(p);
    assert_int_equal(p->image.width, 960);
    assert_true(p->image.height > 200 && p->image.height < 300);
    const double blue = probe_count(p, 60, 90, 960, p->image.height, probe_blue);
    const double vermillion = probe_count(p, 60, 90, 960, p->image.height, probe_vermillion);
    assert_near(blue / vermillion, 8, 0.3);
    assert_true(vermillion > 2000);
}

static void odd_values_count_as_nothing(void **state)
{
    probe *p = *state;
    static const char *const rows[] = { "a", NULL, "c" };
    const double values[] = { NAN, -3, INFINITY, 0, -INFINITY, NAN };
    assert_ok(dc_chart_stacked(p->path, "Title", &x_axis, rows, 3, parts, 2, values, false));
    probe_read(p);
    assert_no_data_below(p, 90);
}

static void nothing_at_all_gives_an_empty_frame(void **state)
{
    probe *p = *state;
    assert_ok(dc_chart_stacked(p->path, NULL, &x_axis, NULL, 0, NULL, 0, NULL, false));
    probe_read(p);
    assert_no_data_below(p, 0);
}

static void rows_past_the_limit_are_added_up(void **state)
{
    probe *p = *state;
    static const char *rows[5000];
    static double values[10000];
    for (int i = 0; i < 5000; i++) {
        rows[i] = "a long name of a layer, features.12.block.3.conv.weight";
        values[2 * i] = values[2 * i + 1] = 1;
    }
    assert_ok(dc_chart_stacked(p->path, "Title", &x_axis, rows, 5000, parts, 2, values, false));
    probe_read(p);
    assert_true(p->image.height > 4000 && p->image.height < 5000);
    /* the last bar holds 4801 rows, and fills the width */
    assert_true(probe_count(p, 260, p->image.height - 110, 960, p->image.height, probe_blue) >
                3000);
}

static void the_picture_grows_with_its_rows(void **state)
{
    probe *p = *state;
    static const char *const rows[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
    const double values[16] = { 1, 2, 3 };
    assert_ok(dc_chart_stacked(p->path, "T", &x_axis, rows, 4, parts, 2, values, false));
    probe_read(p);
    const uint32_t four = p->image.height;
    assert_ok(dc_chart_stacked(p->path, "T", &x_axis, rows, 8, parts, 2, values, true));
    dc_arena_clear(&p->arena);
    probe_read(p);
    assert_int_equal(p->image.height - four, 4 * 42);
}

static void an_existing_file_is_kept_unless_told(void **state)
{
    probe *p = *state;
    assert_ok(dc_file_write(p->path, "mine", 4, false));
    assert_fails(DC_EINPUT,
                 dc_chart_stacked(p->path, "T", &x_axis, NULL, 0, NULL, 0, NULL, false));
}

#define CHART_TEST(f) cmocka_unit_test_setup_teardown(f, probe_open, probe_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHART_TEST(parts_cover_areas_in_proportion),
        CHART_TEST(odd_values_count_as_nothing),
        CHART_TEST(nothing_at_all_gives_an_empty_frame),
        CHART_TEST(rows_past_the_limit_are_added_up),
        CHART_TEST(the_picture_grows_with_its_rows),
        CHART_TEST(an_existing_file_is_kept_unless_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
