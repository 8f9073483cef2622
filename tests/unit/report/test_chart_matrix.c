/* SPDX-License-Identifier: MIT */
#include "chart_probe.h"

static dc_status draw(probe *p, const float *cells, uint64_t n_rows, uint64_t n_cols)
{
    const dc_chart chart = { .kind = DC_CHART_MATRIX, .title = "T",
                             .x = { .label = "column" }, .y = { .label = "output neuron" },
                             .cells = cells, .n_rows = n_rows, .n_cols = n_cols };
    return dc_chart_write(p->path, &chart, true);
}

/* Pixels where blue, or red, stands out clearly. */
static uint32_t count_hue(const probe *p, int channel, uint32_t x0, uint32_t x1)
{
    uint32_t n = 0;
    for (uint32_t y = 0; y < p->image.height; y++) {
        for (uint32_t x = x0; x < x1; x++) {
            const uint8_t *rgb = &p->image.pixels[3 * ((size_t)y * p->image.width + x)];
            n += rgb[channel] > rgb[2 - channel] + 40;
        }
    }
    return n;
}

/* The bar at the right shows all colours too. */
static uint32_t before_bar(const probe *p)
{
    return p->image.width - 128;
}

static void a_small_matrix_is_enlarged_by_a_whole_factor(void **state)
{
    probe *p = *state;
    const float values[] = { 1, 0, -1, 0, 0, 0 };
    assert_ok(draw(p, values, 2, 3));
    probe_read(p);
    /* the picture is 144 wide, and its bar follows it */
    const uint32_t n_blue = count_hue(p, 2, 0, 220), n_red = count_hue(p, 0, 0, 220);
    assert_true(n_blue > 40 * 40 && n_blue <= 48 * 48);
    assert_true(n_red > 40 * 40 && n_red <= 48 * 48);
}

static void a_low_matrix_is_stretched_to_have_room_for_its_axis_name(void **state)
{
    probe *p = *state;
    static float values[10 * 255];
    values[5 * 255 + 100] = 1;
    assert_ok(draw(p, values, 10, 255));
    probe_read(p);
    assert_int_equal(count_hue(p, 2, 0, before_bar(p)), 3 * 6);
}

static void a_middle_matrix_has_a_pixel_a_cell(void **state)
{
    probe *p = *state;
    static float values[600 * 800];
    for (int i = 0; i < 600 * 800; i += 100)
        values[i] = i % 200 == 0 ? 0.5f : -0.5f;
    assert_ok(draw(p, values, 600, 800));
    probe_read(p);
    assert_int_equal(count_hue(p, 2, 0, before_bar(p)), 2400);
    assert_int_equal(count_hue(p, 0, 0, before_bar(p)), 2400);
}

static void a_large_matrix_keeps_differences_in_density(void **state)
{
    probe *p = *state;
    const uint32_t n = 3000;
    float *values = dc_grow(NULL, (uint64_t)n * n, sizeof *values);
    assert_non_null(values);
    for (uint32_t row = 0; row < n; row++)
        for (uint32_t col = 0; col < n; col++)
            values[(size_t)row * n + col] = (row + col) % (col < n / 2 ? 3 : 12) == 0 ? 1 : 0;
    assert_ok(draw(p, values, n, n));
    dc_release(values);
    probe_read(p);
    assert_true(p->image.width <= 1200 + 230 && p->image.height <= 900 + 150);
    double left = 0, right = 0;
    for (uint32_t y = 200; y < 800; y++) {
        for (uint32_t x = 0; x < 300; x++) {
            left += 255 - p->image.pixels[3 * ((size_t)y * p->image.width + 150 + x)];
            right += 255 - p->image.pixels[3 * ((size_t)y * p->image.width + 600 + x)];
        }
    }
    assert_near(left / right, 4, 0.4);
}

static void every_shape_gives_a_picture_of_sane_size(void **state)
{
    probe *p = *state;
    static const uint64_t shapes[][2] = { { 1, 1 }, { 1, 50000 }, { 50000, 1 }, { 10, 6000 },
                                          { 700, 30 }, { 1201, 901 }, { 541, 721 } };
    static float values[541 * 1201 * 2];
    for (size_t i = 0; i < DC_COUNT_OF(values); i += 7)
        values[i] = -2;
    for (size_t i = 0; i < DC_COUNT_OF(shapes); i++) {
        assert_ok(draw(p, values, shapes[i][0], shapes[i][1]));
        probe_read(p);
        assert_true(p->image.width <= 1200 + 260 && p->image.height <= 900 + 200);
        assert_true(p->image.width >= 300 && p->image.height >= 100);
        dc_arena_clear(&p->arena);
    }
}

static void zeros_are_paper_and_odd_values_are_borne(void **state)
{
    probe *p = *state;
    const float zeros[4] = { 0, -0.0f, 0, 0 }, odd[4] = { NAN, INFINITY, -INFINITY, 1e-30f };
    const dc_chart bare = { .kind = DC_CHART_MATRIX, .cells = zeros, .n_rows = 2, .n_cols = 2 };
    assert_ok(dc_chart_write(p->path, &bare, false));
    probe_read(p);
    assert_int_equal(count_hue(p, 2, 0, p->image.width), 0);
    assert_int_equal(count_hue(p, 0, 0, p->image.width), 0);
    assert_ok(draw(p, odd, 2, 2));
}

static void a_matrix_without_cells_is_refused(void **state)
{
    probe *p = *state;
    const float one = 1;
    assert_fails(DC_EINPUT, draw(p, &one, 0, 5));
    assert_fails(DC_EINPUT, draw(p, &one, 5, 0));
    assert_fails(DC_EINPUT, draw(p, &one, UINT64_MAX, 2));
    assert_false(dc_file_exists(p->path));
}

#define CHART_TEST(f) cmocka_unit_test_setup_teardown(f, probe_open, probe_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHART_TEST(a_small_matrix_is_enlarged_by_a_whole_factor),
        CHART_TEST(a_low_matrix_is_stretched_to_have_room_for_its_axis_name),
        CHART_TEST(a_middle_matrix_has_a_pixel_a_cell),
        CHART_TEST(a_large_matrix_keeps_differences_in_density),
        CHART_TEST(every_shape_gives_a_picture_of_sane_size),
        CHART_TEST(zeros_are_paper_and_odd_values_are_borne),
        CHART_TEST(a_matrix_without_cells_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
