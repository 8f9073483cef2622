/* SPDX-License-Identifier: MIT */
#include "chart_probe.h"

static const dc_axis x_axis = { .label = "weight value" }, y_axis = { .label = "weights" };
/* blue and vermillion areas of one and of two series over paper are mixed; outlines are pure */

static void a_bar_covers_its_bin_and_no_other(void **state)
{
    probe *p = *state;
    const double counts[] = { 0, 0, 10, 0 };
    const dc_bins bins = { NULL, 4, counts };
    assert_ok(dc_chart_histogram(p->path, "Title", &x_axis, &y_axis, -1, 1, &bins, 1, NULL, 0, NULL,
                                 false));
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
    const dc_axis y = { .label = "weights", .is_log = true };
    const dc_bins bins = { "w", 2, counts };
    assert_ok(
        dc_chart_histogram(p->path, "T", &x_axis, &y, 0, 1, &bins, 1, NULL, 0, NULL, false));
    probe_read(p);
    assert_true(probe_count(p, 120, 480, 400, 532, probe_blue) > 200);
    assert_int_equal(probe_count(p, 120, 100, 480, 440, probe_blue), 0);
}

static void markers_hang_from_the_top(void **state)
{
    probe *p = *state;
    const double counts[] = { 1, 1 }, markers[] = { 0.5, NAN, 7 };
    const uint8_t pin[3] = { 90, 90, 90 };
    const dc_bins bins = { NULL, 2, counts };
    assert_ok(dc_chart_histogram(p->path, "", &x_axis, &y_axis, 0, 1, &bins, 1, markers, 3, NULL,
                                 false));
    probe_read(p);
    assert_true(probe_count(p, 480, 30, 530, 60, pin) >= 20);
    assert_int_equal(probe_count(p, 560, 30, 960, 60, pin), 0);
}

static void odd_counts_are_taken_as_none(void **state)
{
    probe *p = *state;
    const double counts[] = { NAN, -5, INFINITY, 0 };
    const dc_bins bins[] = { { NULL, 4, counts }, { NULL, 0, NULL } };
    const dc_axis log_y = { .is_log = true };
    assert_ok(dc_chart_histogram(p->path, "T", &x_axis, &y_axis, 0, 1, bins, 2, NULL, 0, NULL,
                                 false));
    probe_read(p);
    assert_no_data_below(p, 0);
    assert_ok(
        dc_chart_histogram(p->path, "T", &x_axis, &log_y, 0, 1, bins, 2, NULL, 0, NULL, true));
    dc_arena_clear(&p->arena);
    probe_read(p);
    assert_no_data_below(p, 0);
}

static void a_range_without_width_or_sense_is_borne(void **state)
{
    probe *p = *state;
    const double counts[] = { 1, 2, 3 };
    const double ranges[][2] = { { 0, 0 }, { 2, 2 }, { 1, -1 }, { NAN, NAN }, { -INFINITY, 1 } };
    const dc_bins bins = { "b", 3, counts };
    for (size_t i = 0; i < DC_COUNT_OF(ranges); i++)
        assert_ok(dc_chart_histogram(p->path, "T", &x_axis, &y_axis, ranges[i][0], ranges[i][1],
                                     &bins, 1, NULL, 0, NULL, true));
}

static void more_bins_than_pixels_still_show(void **state)
{
    probe *p = *state;
    static double counts[20000];
    for (int i = 0; i < 20000; i++)
        counts[i] = 5;
    const dc_bins bins = { NULL, 20000, counts };
    assert_ok(dc_chart_histogram(p->path, "T", &x_axis, &y_axis, 0, 1, &bins, 1, NULL, 0, NULL,
                                 false));
    probe_read(p);
    const uint8_t area[3] = { 128, 185, 217 };
    assert_true(probe_count_all(p, area) > 100000);
}

static void an_existing_file_is_kept_unless_told(void **state)
{
    probe *p = *state;
    assert_ok(dc_file_write(p->path, "mine", 4, false));
    assert_fails(DC_EINPUT, dc_chart_histogram(p->path, "T", &x_axis, &y_axis, 0, 1, NULL, 0, NULL,
                                               0, NULL, false));
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
        CHART_TEST(an_existing_file_is_kept_unless_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
