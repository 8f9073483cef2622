/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dataset.h"

#define FIXTURES DCOMP_TESTS_DIR "/pictures/fixtures"
#define MAX_DIFFERENCE 2      /* grey levels: the promise of docs/data.md */
#define MAX_MEAN_DIFFERENCE 0.2

/* As in make_fixtures.py. */
static const struct {
    const char *name;
    dc_resize resize;
    uint32_t size, height, width;
} cases[] = {
    { "whole", DC_RESIZE_NONE, 0, 0, 0 },
    { "warp", DC_RESIZE_WARP, 40, 33, 29 },
    { "short", DC_RESIZE_SHORT_SIDE, 36, 30, 33 },
};

static uint8_t value_at(const dc_image *image, size_t pixel, uint32_t channel)
{
    return image->pixels[pixel * image->n_channels + (image->n_channels == 1 ? 0 : channel)];
}

static bool ends_with(const char *name, const char *ending)
{
    const size_t n = strlen(name), n_ending = strlen(ending);
    return n >= n_ending && strcmp(name + n - n_ending, ending) == 0;
}

static void compare(const dc_image *actual, const dc_image *expected, const char *name)
{
    const bool is_exact = strstr(name, ".jpg") == NULL;
    const size_t n_pixels = (size_t)expected->width * expected->height;
    int largest = 0;
    double sum = 0;
    assert_int_equal(actual->width, expected->width);
    assert_int_equal(actual->height, expected->height);
    for (size_t i = 0; i < n_pixels; i++)
        for (uint32_t c = 0; c < 3; c++) {
            const int difference = abs(value_at(actual, i, c) - value_at(expected, i, c));
            largest = DC_MAX(largest, difference);
            sum += difference;
        }
    if (largest > 0)
        printf("%s: largest difference %d, mean %.4f\n", name, largest,
               sum / (3 * (double)n_pixels));
    assert_true(largest <= (is_exact ? 0 : MAX_DIFFERENCE));
    assert_true(sum <= MAX_MEAN_DIFFERENCE * 3 * (double)n_pixels);
}

/* Whether the picture was made and compared. */
static bool check_case(const char *name, size_t which, dc_arena *arena)
{
    const char *expected_name = dc_arena_print(arena, "%s.%s.png", name, cases[which].name);
    const char *path = dc_arena_print(arena, FIXTURES "/%s", name);
    const char *expected_path = dc_arena_print(arena, FIXTURES "/%s", expected_name);
    dc_image actual, expected;
    if (!dc_file_exists(expected_path))
        return false;
    assert_ok(data_read_picture(&actual, path, arena));
    assert_ok(data_read_picture(&expected, expected_path, arena));
    const dc_input input = { .shape = dc_shape_of(3, 3, cases[which].height, cases[which].width, 0),
                             .resize = cases[which].resize,
                             .filter = DC_FILTER_TRIANGLE,
                             .resize_size = cases[which].size };
    if (input.resize != DC_RESIZE_NONE)
        assert_ok(data_fit(&actual, &actual, &input, arena));
    compare(&actual, &expected, expected_name);
    return true;
}

static void pictures_are_what_pillow_makes_of_them(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const char **names;
    uint32_t n, n_compared = 0;
    assert_ok(dc_folder_list(&names, &n, FIXTURES, false, &arena));
    for (uint32_t i = 0; i < n; i++) {
#ifndef DCOMP_HAS_JPEG
        if (!ends_with(names[i], ".png"))
            continue;
#endif
        if (ends_with(names[i], ".whole.png") || ends_with(names[i], ".warp.png") ||
            ends_with(names[i], ".short.png"))
            continue;
        for (size_t k = 0; k < DC_COUNT_OF(cases); k++)
            n_compared += check_case(names[i], k, &arena);
    }
    printf("%u pictures compared\n", n_compared);
#ifdef DCOMP_HAS_JPEG
    assert_true(n_compared > 50);
#endif
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pictures_are_what_pillow_makes_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
