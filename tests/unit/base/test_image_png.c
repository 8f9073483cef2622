/* SPDX-License-Identifier: MIT
 *
 * image_png.c: every kind of PNG becomes 8-bit grey or RGB; damage and giants are refused.
 */
#include <unistd.h>

#include "test.h"

#include "dcomp/file.h"

/* Small pictures made by hand: size, and what they hold, in the tests below. */
static const uint8_t rgba_2x1[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44,
    0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0xf4,
    0x22, 0x7f, 0x8a, 0x00, 0x00, 0x00, 0x11, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0xe0,
    0x12, 0x91, 0xfb, 0x9f, 0xc2, 0x70, 0xa2, 0x01, 0x00, 0x0a, 0x34, 0x02, 0xe8, 0x87, 0xb8,
    0x6f, 0x21, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};
static const uint8_t grey16_2x1[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44,
    0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x10, 0x00, 0x00, 0x00, 0x00, 0x81,
    0xd9, 0xfc, 0x15, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x68,
    0x60, 0x10, 0xfa, 0x0f, 0x00, 0x03, 0x28, 0x01, 0x92, 0x2d, 0xfc, 0x94, 0x71, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};
static const uint8_t palette1_3x1[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44,
    0x52, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x01, 0x01, 0x03, 0x00, 0x00, 0x00, 0x21,
    0x2e, 0x86, 0xf7, 0x00, 0x00, 0x00, 0x06, 0x50, 0x4c, 0x54, 0x45, 0x01, 0x02, 0x03, 0xfa,
    0xfb, 0xfc, 0xfd, 0x5e, 0xe6, 0xa3, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78,
    0xda, 0x63, 0x58, 0x00, 0x00, 0x00, 0xa2, 0x00, 0xa1, 0x71, 0x05, 0xcb, 0x41, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};
static const uint8_t grey2_4x1[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44,
    0x52, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x96,
    0xe7, 0x48, 0xb0, 0x00, 0x00, 0x00, 0x0a, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x90,
    0x06, 0x00, 0x00, 0x1d, 0x00, 0x1c, 0x23, 0x7c, 0x8f, 0xac, 0x00, 0x00, 0x00, 0x00, 0x49,
    0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};
static const uint8_t interlaced_2x2[] = {
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44,
    0x52, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x02, 0x08, 0x00, 0x00, 0x00, 0x01, 0x20,
    0xda, 0x62, 0x6e, 0x00, 0x00, 0x00, 0x0f, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x60,
    0x64, 0x60, 0x62, 0x60, 0x66, 0x01, 0x00, 0x00, 0x1f, 0x00, 0x0b, 0x2a, 0x19, 0x78, 0x13,
    0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};

static void assert_pixels(const void *data, uint64_t n, uint32_t n_channels, const char *pixels,
                          uint32_t n_bytes)
{
    dc_arena arena = { 0 };
    dc_image image;
    assert_ok(dc_png_read(&image, data, n, "t.png", &arena));
    assert_int_equal(image.n_channels, n_channels);
    assert_int_equal(image.width * image.height * n_channels, n_bytes);
    assert_memory_equal(image.pixels, pixels, n_bytes);
    dc_arena_clear(&arena);
}

static void alpha_is_laid_over_white(void **state)
{
    (void)state;
    /* 128/255 of 100 and 127/255 of 255: 177.2; of 0: 127; of 200: 227.4 */
    assert_pixels(rgba_2x1, sizeof rgba_2x1, 3, "\x0a\x14\x1e\xb1\x7f\xe3", 6);
}

static void sixteen_bits_are_rounded_to_eight(void **state)
{
    (void)state;
    assert_pixels(grey16_2x1, sizeof grey16_2x1, 1, "\x80\x13", 2);
}

static void palettes_become_colours_and_few_bits_are_spread(void **state)
{
    (void)state;
    assert_pixels(palette1_3x1, sizeof palette1_3x1, 3, "\xfa\xfb\xfc\1\2\3\xfa\xfb\xfc", 9);
    assert_pixels(grey2_4x1, sizeof grey2_4x1, 1, "\x00\x55\xaa\xff", 4);
}

static void interlaced_pictures_are_put_together(void **state)
{
    (void)state;
    assert_pixels(interlaced_2x2, sizeof interlaced_2x2, 1, "\1\2\3\4", 4);
}

static void every_cut_and_every_changed_byte_is_refused(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_image image;
    uint8_t bytes[sizeof rgba_2x1];
    for (uint64_t cut = 0; cut < sizeof rgba_2x1; cut++)
        assert_fails(DC_ECORRUPT, dc_png_read(&image, rgba_2x1, cut, "t.png", &arena));
    for (size_t i = 0; i < sizeof rgba_2x1 - 12; i++) {
        memcpy(bytes, rgba_2x1, sizeof bytes);
        bytes[i] ^= 0x01;
        assert_true(dc_png_read(&image, bytes, sizeof bytes, "t.png", &arena) < 0);
    }
    dc_arena_clear(&arena);
}

static void giants_are_refused_before_any_memory_is_taken(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_image image;
    uint8_t bytes[sizeof rgba_2x1];
    memcpy(bytes, rgba_2x1, sizeof bytes);
    bytes[18] = 0x40; /* width 16384 + 2 */
    assert_fails(DC_ELIMIT, dc_png_read(&image, bytes, sizeof bytes, "t.png", &arena));
    memcpy(bytes + 16, "\0\0\x40\0\0\0\x40\0", 8); /* 16384 x 16384 in a hundred bytes */
    assert_fails(DC_ECORRUPT, dc_png_read(&image, bytes, sizeof bytes, "t.png", &arena));
    memcpy(bytes + 16, "\0\0\0\0", 4);
    assert_fails(DC_ECORRUPT, dc_png_read(&image, bytes, sizeof bytes, "t.png", &arena));
    assert_int_equal(arena.used_bytes, 0);
    dc_arena_clear(&arena);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    char path[] = "/tmp/dcomp-png-XXXXXX";
    close(mkstemp(path));
    for (uint32_t n_channels = 1; n_channels <= 3; n_channels += 2) {
        uint8_t pixels[17 * 5 * 3];
        dc_image image = { 17, 5, n_channels, pixels }, back;
        dc_file_view view;
        for (size_t i = 0; i < sizeof pixels; i++)
            pixels[i] = (uint8_t)(i * 7);
        assert_ok(dc_png_write(path, &image, true));
        assert_ok(dc_file_open(&view, path, 0));
        assert_ok(dc_png_read(&back, view.data, view.size, path, &arena));
        dc_file_close(&view);
        assert_int_equal(back.n_channels, n_channels);
        assert_int_equal(back.width, 17);
        assert_memory_equal(back.pixels, pixels, 17 * 5 * n_channels);
        assert_fails(DC_EINPUT, dc_png_write(path, &image, false));
        image.n_channels = 2;
        assert_fails(DC_EINPUT, dc_png_write(path, &image, true));
    }
    unlink(path);
    dc_arena_clear(&arena);
}

static void failing_allocations_are_out_of_memory(void **state)
{
    (void)state;
    dc_status status = DC_ENOMEM;
    uint64_t nth = 1;
    for (; status != DC_OK; nth++) {
        dc_arena arena = { 0 };
        dc_image image;
        dc_fault_arm(DC_FAULT_ALLOC, nth);
        status = dc_png_read(&image, rgba_2x1, sizeof rgba_2x1, "t.png", &arena);
        dc_fault_arm(DC_FAULT_ALLOC, 0);
        dc_arena_clear(&arena);
        assert_true(status == DC_OK || status == DC_ENOMEM);
    }
    assert_true(nth > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alpha_is_laid_over_white),
        cmocka_unit_test(sixteen_bits_are_rounded_to_eight),
        cmocka_unit_test(palettes_become_colours_and_few_bits_are_spread),
        cmocka_unit_test(interlaced_pictures_are_put_together),
        cmocka_unit_test(every_cut_and_every_changed_byte_is_refused),
        cmocka_unit_test(giants_are_refused_before_any_memory_is_taken),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(failing_allocations_are_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
