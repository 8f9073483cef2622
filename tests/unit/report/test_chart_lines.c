/* SPDX-License-Identifier: MIT */
#include "chart_probe.h"

#define DATA_TOP 100u /* below title and legend */

static const dc_axis x_axis = { .label = "density" }, y_axis = { .label = "accuracy [%]" };
static const double xs[] = { 0, 1, 2, 3 }, rising[] = { 1, 2, 3, 4 }, falling[] = { 4, 3, 2, 1 };

static dc_chart chart_of(const dc_series *series, uint32_t n_series)
{
    return (dc_chart){ .kind = DC_CHART_LINES, .title = "Title", .x = x_axis, .y = y_axis,
                       .series = series, .n_series = n_series };
}

static void two_series_appear_in_two_colours(void **state)
{
    probe *p = *state;
    const dc_series series[] = { { "a", 4, xs, rising, true }, { "b", 4, xs, falling, false } };
    const dc_chart chart = chart_of(series, 2);
    assert_ok(dc_chart_write(p->path, &chart, false));
    probe_read(p);
    assert_int_equal(p->image.width, 960);
    assert_int_equal(p->image.height, 600);
    assert_true(probe_count(p, 80, DATA_TOP, 940, 540, probe_blue) > 500);
    assert_true(probe_count(p, 80, DATA_TOP, 940, 540, probe_vermillion) > 500);
    /* rising: nothing blue in the upper left quarter */
    assert_int_equal(probe_count(p, 80, DATA_TOP, 400, 250, probe_blue), 0);
    assert_true(probe_count(p, 80, DATA_TOP, 400, 250, probe_vermillion) > 50);
}

static void a_nan_interrupts_its_line(void **state)
{
    probe *p = *state;
    const double gap[] = { 2, NAN, 2, 2 };
    const dc_series series = { NULL, 4, xs, gap, false };
    dc_chart chart = chart_of(&series, 1);
    chart.x = (dc_axis){ .min = 0, .max = 3 };
    chart.y = (dc_axis){ .min = 1, .max = 3 };
    assert_ok(dc_chart_write(p->path, &chart, false));
    probe_read(p);
    assert_int_equal(probe_count(p, 80, DATA_TOP, 400, 540, probe_blue), 0);
    assert_true(probe_count(p, 700, DATA_TOP, 936, 540, probe_blue) > 200);
}

static void log_axes_leave_out_what_is_not_positive(void **state)
{
    probe *p = *state;
    const double values[] = { -1, 0, 1, 1000 };
    const dc_series series = { "a", 4, xs, values, true };
    dc_chart chart = chart_of(&series, 1);
    chart.x.is_log = chart.y.is_log = true;
    assert_ok(dc_chart_write(p->path, &chart, false));
    probe_read(p);
    assert_true(probe_count(p, 80, DATA_TOP, 960, 540, probe_blue) > 100);
}

static void no_data_gives_an_empty_frame(void **state)
{
    probe *p = *state;
    const double bad[] = { NAN, INFINITY, -INFINITY, NAN };
    const dc_series series[] = { { NULL, 4, xs, bad, true }, { NULL, 0, NULL, NULL, false } };
    dc_chart chart = chart_of(NULL, 0);
    chart.title = NULL;
    assert_ok(dc_chart_write(p->path, &chart, false));
    chart = chart_of(series, 2);
    chart.title = "";
    assert_ok(dc_chart_write(p->path, &chart, true));
    probe_read(p);
    assert_no_data_below(p, 0);
}

static void one_point_is_shown_as_a_dot(void **state)
{
    probe *p = *state;
    const dc_series series = { NULL, 1, xs, rising, false };
    const dc_chart chart = chart_of(&series, 1);
    assert_ok(dc_chart_write(p->path, &chart, false));
    probe_read(p);
    assert_true(probe_count_all(p, probe_blue) > 20);
}

static void values_beyond_the_axis_are_cut_off(void **state)
{
    probe *p = *state;
    const double wild[] = { -1e50, 1e50, -1e50, 1e50 };
    const dc_series series = { NULL, 4, xs, wild, true };
    dc_chart chart = chart_of(&series, 1);
    chart.x = (dc_axis){ .min = 0, .max = 3 };
    chart.y = (dc_axis){ .min = 1, .max = 3 };
    assert_ok(dc_chart_write(p->path, &chart, false));
    probe_read(p);
    assert_true(probe_count_all(p, probe_blue) > 0);
    assert_int_equal(probe_count(p, 0, 0, 960, 60, probe_blue), 0);
    assert_int_equal(probe_count(p, 0, 540, 960, 600, probe_blue), 0);
}

static void many_long_legends_wrap_and_stay_off_the_data(void **state)
{
    probe *p = *state;
    dc_series series[300];
    for (int i = 0; i < 300; i++)
        series[i] = (dc_series){ "a rather long name of a layer that goes on and on for ever", 4,
                                 xs, rising, true };
    const dc_chart chart = chart_of(series, 300);
    assert_ok(dc_chart_write(p->path, &chart, false));
    probe_read(p);
    assert_int_equal(p->image.height, 600);
    assert_true(probe_count(p, 90, 250, 936, 540, probe_white) > 100000);
}

#define CHART_TEST(f) cmocka_unit_test_setup_teardown(f, probe_open, probe_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHART_TEST(two_series_appear_in_two_colours),
        CHART_TEST(a_nan_interrupts_its_line),
        CHART_TEST(log_axes_leave_out_what_is_not_positive),
        CHART_TEST(no_data_gives_an_empty_frame),
        CHART_TEST(one_point_is_shown_as_a_dot),
        CHART_TEST(values_beyond_the_axis_are_cut_off),
        CHART_TEST(many_long_legends_wrap_and_stay_off_the_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
