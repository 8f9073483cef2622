/* SPDX-License-Identifier: MIT */
#include "chart_probe.h"

/* Over min .. max. */
static dc_chart chart_of(const dc_series *series, uint32_t n_series, double min, double max)
{
    return (dc_chart){ .kind = DC_CHART_HISTOGRAM, .title = "Title",
                       .x = { .label = "weight value", .min = min, .max = max },
                       .y = { .label = "weights" }, .series = series, .n_series = n_series };
}

/* blue and vermillion areas of one and of two series over paper are mixed; outlines are pure */

static void a_bar_covers_its_bin_and_no_other(void **state)
{
    probe *p = *state;
    const double counts[] = { 0, 0, 10, 0 };
    const dc_series bins = { .n_points = 4, .y = counts };
    const dc_chart chart = chart_of(&bins, 1, -1, 1);
    assert_ok(dc_chart_write(p->path, &chart, false));
    probe_read(p);
    assert_int_equal(p->image.width, 960);
    assert_int_equal(p->image.height, 600);
    const uint8_t area[3] = { 128, 185, 217 }; /* half of blue over paper */
    assert_true(probe_count(p, 520, 200, 700, 500, area) > 170 * 290);
    assert_int_equal(probe_count(p, 80, 60, 490, 540, area), 0);
    assert_int_equal(probe_count(p, 740, 60, 930, 540, area), 0);
}

static void a_single_count_is_seen_on_a_log_axis(void **state)
{
    probe *p = *state;
    const double counts[] = { 1, 10000 };
    const dc_series bins = { .label = "w", .n_points = 2, .y = counts };
    dc_chart chart = chart_of(&bins, 1, 0, 1);
    chart.y.is_log = true;
    assert_ok(dc_chart_write(p->path, &chart, false));
    probe_read(p);
    assert_true(probe_count(p, 120, 480, 400, 532, probe_blue) > 200);
    assert_int_equal(probe_count(p, 120, 100, 480, 440, probe_blue), 0);
}

static void markers_hang_from_the_top(void **state)
{
    probe *p = *state;
    const double counts[] = { 1, 1 }, markers[] = { 0.5, NAN, 7 };
    const uint8_t pin[3] = { 90, 90, 90 };
    const dc_series bins = { .n_points = 2, .y = counts };
    dc_chart chart = chart_of(&bins, 1, 0, 1);
    chart.title = "";
    chart.markers = (dc_series){ .n_points = 3, .x = markers };
    assert_ok(dc_chart_write(p->path, &chart, false));
    probe_read(p);
    assert_true(probe_count(p, 480, 30, 530, 60, pin) >= 20);
    assert_int_equal(probe_count(p, 560, 30, 960, 60, pin), 0);
}

static void odd_counts_are_taken_as_none(void **state)
{
    probe *p = *state;
    const double counts[] = { NAN, -5, INFINITY, 0 };
    const dc_series bins[] = { { .n_points = 4, .y = counts }, { .n_points = 0 } };
    dc_chart chart = chart_of(bins, 2, 0, 1);
    assert_ok(dc_chart_write(p->path, &chart, false));
    probe_read(p);
    assert_no_data_below(p, 0);
    chart.y.is_log = true;
    assert_ok(dc_chart_write(p->path, &chart, true));
    dc_arena_clear(&p->arena);
    probe_read(p);
    assert_no_data_below(p, 0);
}

static void a_range_without_width_or_sense_is_borne(void **state)
{
    probe *p = *state;
    const double counts[] = { 1, 2, 3 };
    const double ranges[][2] = { { 0, 0 }, { 2, 2 }, { 1, -1 }, { NAN, NAN }, { -INFINITY, 1 } };
    const dc_series bins = { .label = "b", .n_points = 3, .y = counts };
    for (size_t i = 0; i < DC_COUNT_OF(ranges); i++) {
        const dc_chart chart = chart_of(&bins, 1, ranges[i][0], ranges[i][1]);
        assert_ok(dc_chart_write(p->path, &chart, true));
    }
}

static void more_bins_than_pixels_still_show(void **state)
{
    probe *p = *state;
    static double counts[20000];
    for (int i = 0; i < 20000; i++)
        counts[i] = 5;
    const dc_series bins = { .n_points = 20000, .y = counts };
    const dc_chart chart = chart_of(&bins, 1, 0, 1);
    assert_ok(dc_chart_write(p->path, &chart, false));
    probe_read(p);
    const uint8_t area[3] = { 128, 185, 217 };
    assert_true(probe_count_all(p, area) > 100000);
}

#define CHART_TEST(f) cmocka_unit_test_setup_teardown(f, probe_open, probe_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHART_TEST(a_bar_covers_its_bin_and_no_other),
        CHART_TEST(a_single_count_is_seen_on_a_log_axis),
        CHART_TEST(markers_hang_from_the_top),
        CHART_TEST(odd_counts_are_taken_as_none),
        CHART_TEST(a_range_without_width_or_sense_is_borne),
        CHART_TEST(more_bins_than_pixels_still_show),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
