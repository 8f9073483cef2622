/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "memory_source.h"
#include "scratch.h"

static dc_arena arena;

static int clear_arena(void **state)
{
    dc_arena_clear(&arena);
    return remove_scratch(state);
}

/* The sheet of n samples of `source`. */
static dc_image sheet_of(const dc_source *source, const dc_input *input, uint32_t n)
{
    dc_image image;
    dc_file_view view;
    const char *path = in_scratch("sheet.png");
    assert_ok(dc_data_sheet_write(path, source, input, n, true));
    assert_ok(dc_file_open(&view, path, 0));
    assert_ok(dc_png_read(&image, view.data, view.size, "sheet", &arena));
    dc_file_close(&view);
    return image;
}

static const uint8_t *pixel_at(const dc_image *image, uint32_t x, uint32_t y)
{
    return image->pixels + ((size_t)y * image->width + x) * image->n_channels;
}

/* n grey pictures of 3 x 2 pixels in a .npy file: pixel p of picture i is 10 i + p. */
static const char *put_pictures(uint32_t n)
{
    char header[128];
    uint8_t file[1000];
    snprintf(header, sizeof header, "{'descr': '|u1', 'fortran_order': False, 'shape': (%u, 2, 3)}",
             n);
    memcpy(file, "\x93NUMPY\x01\x00\x76\x00", 10);
    memset(file + 10, ' ', 118);
    memcpy(file + 10, header, strlen(header));
    file[127] = '\n';
    for (uint32_t i = 0; i < 6 * n; i++)
        file[128 + i] = (uint8_t)(i / 6 * 10 + i % 6);
    put_file("x.npy", file, 128 + 6 * n);
    return spec_of("npy", "x.npy");
}

static void samples_stand_in_rows_enlarged_and_as_pixels(void **state)
{
    (void)state;
    dc_input input = plain_input(1, 2, 3);
    dc_source *s;
    input.mean[0] = 33;
    input.scale[0] = 0.25f;
    assert_ok(dc_data_open(&s, put_pictures(5), DC_SPLIT_TRAIN, &input, 0, 1));
    const dc_image image = sheet_of(s, &input, 16); /* 5 there are: 3 across, 2 down, 32 times */
    assert_int_equal(image.n_channels, 1);
    assert_int_equal(image.width, 4 + 3 * (96 + 4));
    assert_int_equal(image.height, 4 + 2 * (64 + 4));
    assert_int_equal(*pixel_at(&image, 0, 0), 255);
    assert_int_equal(*pixel_at(&image, 4, 4), 0);
    assert_int_equal(*pixel_at(&image, 4 + 95, 4 + 63), 5);
    assert_int_equal(*pixel_at(&image, 104 + 32, 72 + 31), 41); /* the fifth, its second pixel */
    assert_int_equal(*pixel_at(&image, 204, 72), 255);          /* there is no sixth */
    dc_source_close(s);
}

static void channels_are_in_the_order_of_rgb_again(void **state)
{
    (void)state;
    const uint8_t pixels[6] = { 10, 20, 30, 250, 5, 128 };
    const dc_image one = { 2, 1, 3, (uint8_t *)(uintptr_t)pixels };
    dc_input input = plain_input(3, 1, 2);
    dc_source *s;
    const float means[3] = { 104, 117, 123 };
    for (uint32_t c = 0; c < 3; c++) {
        input.mean[c] = means[c];
        input.scale[c] = 1 / (60.0f + (float)c);
    }
    put_file("labels.txt", "a.png 0\n", 8);
    assert_ok(dc_png_write(in_scratch("a.png"), &one, true));
    for (int turned = 0; turned < 2; turned++) {
        input.channels = turned ? DC_CHANNELS_BGR : DC_CHANNELS_RGB;
        assert_ok(dc_data_open(&s, spec_of("images", "."), DC_SPLIT_TRAIN, &input, 0, 1));
        const dc_image image = sheet_of(s, &input, 1);
        assert_memory_equal(pixel_at(&image, 4, 4), pixels, 3);
        assert_memory_equal(pixel_at(&image, 4 + 95, 4), pixels + 3, 3);
        dc_source_close(s);
    }
}

static void what_cannot_be_read_is_passed_over(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 1, 2);
    const uint8_t pixels[2] = { 7, 8 };
    const dc_image one = { 2, 1, 1, (uint8_t *)(uintptr_t)pixels };
    dc_source *s;
    put_file("labels.txt", "bad.png 0\nb.png 0\n", 18);
    put_file("bad.png", "bad", 3);
    assert_ok(dc_png_write(in_scratch("b.png"), &one, true));
    assert_ok(dc_data_open(&s, spec_of("images", "."), DC_SPLIT_TRAIN, &input, 0, 1));
    const dc_image image = sheet_of(s, &input, 1);
    assert_int_equal(*pixel_at(&image, 4, 4), 7);
    dc_source_close(s);
}

static void values_that_are_no_pixels_are_black_or_white(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 1, 4);
    float values[4] = { NAN, INFINITY, -3, 300 };
    const dc_source source = memory_source(values, 1, input.shape);
    const dc_image image = sheet_of(&source, &input, 1);
    const uint8_t expected[4] = { 0, 255, 0, 255 };
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(*pixel_at(&image, 4 + 24 * i, 4), expected[i]);
}

static void bad_requests_are_refused(void **state)
{
    (void)state;
    const dc_input input = plain_input(1, 2, 3), vector = { .shape = dc_shape_of(1, 6, 0, 0, 0) };
    const char *path = in_scratch("sheet.png");
    dc_source *s;
    assert_ok(dc_data_open(&s, put_pictures(3), DC_SPLIT_TRAIN, &input, 0, 1));
    assert_fails(DC_EINPUT, dc_data_sheet_write(path, s, &vector, 1, true));
    assert_fails(DC_EINPUT, dc_data_sheet_write(path, s, &input, 0, true));
    assert_ok(dc_data_sheet_write(path, s, &input, 1, true));
    assert_fails(DC_EINPUT, dc_data_sheet_write(path, s, &input, 1, false));
    s->n_samples = UINT64_C(1) << 40;
    assert_fails(DC_ELIMIT, dc_data_sheet_write(path, s, &input, 1u << 30, true));
    dc_source_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_stand_in_rows_enlarged_and_as_pixels),
        cmocka_unit_test(channels_are_in_the_order_of_rgb_again),
        cmocka_unit_test(what_cannot_be_read_is_passed_over),
        cmocka_unit_test(values_that_are_no_pixels_are_black_or_white),
        cmocka_unit_test(bad_requests_are_refused),
    };
    return cmocka_run_group_tests(tests, make_scratch, clear_arena);
}
