/* SPDX-License-Identifier: MIT */
#include "chart_probe.h"

#define DATA_TOP 100u /* below title and legend */

static const dc_axis x_axis = { .label = "density" }, y_axis = { .label = "accuracy [%]" };
static const double xs[] = { 0, 1, 2, 3 }, rising[] = { 1, 2, 3, 4 }, falling[] = { 4, 3, 2, 1 };

static void two_series_appear_in_two_colours(void **state)
{
    probe *p = *state;
    const dc_series series[] = { { "a", 4, xs, rising, true }, { "b", 4, xs, falling, false } };
    assert_ok(dc_chart_lines(p->path, "Title", &x_axis, &y_axis, series, 2, false));
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
    const dc_axis x = { .min = 0, .max = 3 }, y = { .min = 1, .max = 3 };
    const dc_series series = { NULL, 4, xs, gap, false };
    assert_ok(dc_chart_lines(p->path, "Title", &x, &y, &series, 1, false));
    probe_read(p);
    assert_int_equal(probe_count(p, 80, DATA_TOP, 400, 540, probe_blue), 0);
    assert_true(probe_count(p, 700, DATA_TOP, 936, 540, probe_blue) > 200);
}

static void log_axes_leave_out_what_is_not_positive(void **state)
{
    probe *p = *state;
    const double values[] = { -1, 0, 1, 1000 };
    const dc_axis x = { .label = "x", .is_log = true }, y = { .label = "y", .is_log = true };
    const dc_series series = { "a", 4, xs, values, true };
    assert_ok(dc_chart_lines(p->path, "Title", &x, &y, &series, 1, false));
    probe_read(p);
    assert_true(probe_count(p, 80, DATA_TOP, 960, 540, probe_blue) > 100);
}

static void no_data_gives_an_empty_frame(void **state)
{
    probe *p = *state;
    const double bad[] = { NAN, INFINITY, -INFINITY, NAN };
    const dc_series series[] = { { NULL, 4, xs, bad, true }, { NULL, 0, NULL, NULL, false } };
    assert_ok(dc_chart_lines(p->path, NULL, &x_axis, &y_axis, NULL, 0, false));
    assert_ok(dc_chart_lines(p->path, "", &x_axis, &y_axis, series, 2, true));
    probe_read(p);
    assert_no_data_below(p, 0);
}

static void one_point_is_shown_as_a_dot(void **state)
{
    probe *p = *state;
    const dc_series series = { NULL, 1, xs, rising, false };
    assert_ok(dc_chart_lines(p->path, "Title", &x_axis, &y_axis, &series, 1, false));
    probe_read(p);
    assert_true(probe_count_all(p, probe_blue) > 20);
}

static void values_beyond_the_axis_are_cut_off(void **state)
{
    probe *p = *state;
    const double wild[] = { -1e50, 1e50, -1e50, 1e50 };
    const dc_axis x = { .min = 0, .max = 3 }, y = { .min = 1, .max = 3 };
    const dc_series series = { NULL, 4, xs, wild, true };
    assert_ok(dc_chart_lines(p->path, "Title", &x, &y, &series, 1, false));
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
    assert_ok(dc_chart_lines(p->path, "T", &x_axis, &y_axis, series, 300, false));
    probe_read(p);
    assert_int_equal(p->image.height, 600);
    assert_true(probe_count(p, 90, 250, 936, 540, probe_white) > 100000);
}

static void an_existing_file_is_kept_unless_told(void **state)
{
    probe *p = *state;
    assert_ok(dc_file_write(p->path, "mine", 4, false));
    const dc_series series = { "a", 4, xs, rising, true };
    assert_fails(DC_EINPUT, dc_chart_lines(p->path, "T", &x_axis, &y_axis, &series, 1, false));
    dc_file_view view;
    assert_ok(dc_file_open(&view, p->path, 0));
    assert_int_equal(view.size, 4);
    dc_file_close(&view);
    assert_ok(dc_chart_lines(p->path, "T", &x_axis, &y_axis, &series, 1, true));
    probe_read(p);
}

static void a_folder_that_is_not_there_is_reported(void **state)
{
    (void)state;
    const dc_series series = { "a", 4, xs, rising, true };
    assert_fails(DC_EIO, dc_chart_lines("/tmp/dcomp-no-such-folder/c.png", "T", &x_axis, &y_axis,
                                        &series, 1, false));
}

static void running_out_of_memory_is_reported_everywhere(void **state)
{
    probe *p = *state;
    const dc_series series = { "a", 4, xs, rising, true };
    dc_status status = DC_ENOMEM;
    uint64_t nth = 0;
    while (status < 0 && nth < 1000) {
        dc_fault_arm(DC_FAULT_ALLOC, ++nth);
        status = dc_chart_lines(p->path, "T", &x_axis, &y_axis, &series, 1, true);
        dc_fault_arm(DC_FAULT_ALLOC, 0);
        assert_true(status == DC_OK || status == DC_ENOMEM);
        assert_true(status == DC_OK || !dc_file_exists(p->path));
    }
    assert_int_equal(status, DC_OK);
    assert_true(nth > 1);
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
        CHART_TEST(an_existing_file_is_kept_unless_told),
        CHART_TEST(a_folder_that_is_not_there_is_reported),
        CHART_TEST(running_out_of_memory_is_reported_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
