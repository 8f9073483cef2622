/* SPDX-License-Identifier: MIT */
#include "chart_probe.h"

/* Two parts of each row. */
static dc_status draw(probe *p, const char *const *names, uint32_t n, const double *codes,
                      const double *gaps)
{
    const dc_series parts[] = { { .label = "codes", .n_points = n, .y = codes },
                                { .label = "gaps", .n_points = n, .y = gaps } };
    const dc_chart chart = { .kind = DC_CHART_STACKED, .title = "Title",
                             .x = { .label = "size [bytes]" }, .series = parts, .n_series = 2,
                             .names = names, .n_names = n };
    return dc_chart_write(p->path, &chart, true);
}

static void parts_cover_areas_in_proportion(void **state)
{
    probe *p = *state;
    static const char *const rows[] = { "conv1", "fc1" };
    const double codes[] = { 100, 300 }, gaps[] = { 50, 0 };
    assert_ok(draw(p, rows, 2, codes, gaps));
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
    const double codes[] = { NAN, INFINITY, -INFINITY }, gaps[] = { -3, 0, NAN };
    assert_ok(draw(p, rows, 3, codes, gaps));
    probe_read(p);
    assert_no_data_below(p, 90);
}

static void nothing_at_all_gives_an_empty_frame(void **state)
{
    probe *p = *state;
    const dc_chart chart = { .kind = DC_CHART_STACKED };
    assert_ok(dc_chart_write(p->path, &chart, false));
    probe_read(p);
    assert_no_data_below(p, 0);
}

static void rows_past_the_limit_are_added_up(void **state)
{
    probe *p = *state;
    static const char *rows[5000];
    static double values[5000];
    for (int i = 0; i < 5000; i++) {
        rows[i] = "a long name of a layer, features.12.block.3.conv.weight";
        values[i] = 1;
    }
    assert_ok(draw(p, rows, 5000, values, values));
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
    const double codes[8] = { 1, 3 }, gaps[8] = { 2 };
    assert_ok(draw(p, rows, 4, codes, gaps));
    probe_read(p);
    const uint32_t four = p->image.height;
    assert_ok(draw(p, rows, 8, codes, gaps));
    dc_arena_clear(&p->arena);
    probe_read(p);
    assert_int_equal(p->image.height - four, 4 * 42);
}

static void a_bar_without_a_point_has_no_part(void **state)
{
    probe *p = *state;
    static const char *const names[] = { "a", "b" };
    const double codes[] = { 1 };
    const dc_series part = { .n_points = 1, .y = codes };
    const dc_chart chart = { .kind = DC_CHART_STACKED, .series = &part, .n_series = 1,
                             .names = names, .n_names = 2 };
    assert_ok(dc_chart_write(p->path, &chart, false));
    probe_read(p);
    assert_true(probe_count(p, 60, 20, 960, 80, probe_blue) > 10000);
    assert_no_data_below(p, 90);
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
        CHART_TEST(a_bar_without_a_point_has_no_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
