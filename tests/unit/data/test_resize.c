/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "dataset.h"
#include "scratch.h"

static dc_arena arena;

static int clear_arena(void **state)
{
    (void)state;
    dc_arena_clear(&arena);
    return 0;
}

/* A row of n grey pixels resized to `size`; the n_wanted from `first`. */
static void check_row(const uint8_t *pixels, uint32_t n, data_span span, dc_filter filter,
                      const uint8_t *expected)
{
    uint8_t copy[64];
    memcpy(copy, pixels, n);
    const dc_image in = { n, 1, 1, copy };
    dc_image out;
    assert_ok(data_resize(&out, &in, span, (data_span){ 1, 0, 1 }, filter, &arena));
    assert_int_equal(out.width, span.n);
    assert_int_equal(out.height, 1);
    assert_memory_equal(out.pixels, expected, span.n);
}

static void enlarging_mixes_neighbours_and_keeps_edges(void **state)
{
    (void)state;
    /* centres at -0.25, 0.25, 0.75, 1.25 of the original's pixels 0 and 1 */
    const uint8_t row[] = { 0, 100 }, expected[] = { 0, 25, 75, 100 };
    check_row(row, 2, (data_span){ 4, 0, 4 }, DC_FILTER_BILINEAR, expected);
    check_row(row, 2, (data_span){ 4, 0, 4 }, DC_FILTER_TRIANGLE, expected);
}

static void the_triangle_widens_when_reducing(void **state)
{
    (void)state;
    /* 6 to 3: weights 1/8 3/8 3/8 1/8 under a triangle of radius 2; at the edges 3/7 3/7 1/7 */
    const uint8_t row[] = { 0, 70, 140, 210, 70, 0 };
    const uint8_t expected[] = { 50, 149, 60 };
    check_row(row, 6, (data_span){ 3, 0, 3 }, DC_FILTER_TRIANGLE, expected);
}

static void plain_bilinear_takes_two_pixels(void **state)
{
    (void)state;
    /* 6 to 3: centres at 0.5, 2.5, 4.5: the mean of two; 8 to 2: centres at 1.5 and 5.5 */
    const uint8_t row[] = { 0, 70, 140, 210, 70, 0, 9, 9 };
    check_row(row, 6, (data_span){ 3, 0, 3 }, DC_FILTER_BILINEAR, (const uint8_t[]){ 35, 175, 35 });
    check_row(row, 8, (data_span){ 2, 0, 2 }, DC_FILTER_BILINEAR, (const uint8_t[]){ 105, 5 });
}

static void a_span_is_a_part_of_the_whole(void **state)
{
    (void)state;
    uint8_t pixels[30 * 20 * 3];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * i * 7 + i / 5);
    const dc_image in = { 30, 20, 3, pixels };
    for (int filter = 0; filter < 2; filter++) {
        dc_image whole, part;
        assert_ok(data_resize(&whole, &in, (data_span){ 13, 0, 13 }, (data_span){ 27, 0, 27 },
                              (dc_filter)filter, &arena));
        assert_ok(data_resize(&part, &in, (data_span){ 13, 5, 4 }, (data_span){ 27, 11, 9 },
                              (dc_filter)filter, &arena));
        for (uint32_t y = 0; y < 9; y++)
            assert_memory_equal(part.pixels + y * 12, whole.pixels + ((y + 11) * 13 + 5) * 3, 12);
    }
}

static void the_same_size_changes_nothing_and_flat_stays_flat(void **state)
{
    (void)state;
    uint8_t pixels[12 * 9];
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 37);
    const dc_image in = { 12, 9, 1, pixels };
    dc_image out;
    assert_ok(data_resize(&out, &in, (data_span){ 12, 0, 12 }, (data_span){ 9, 0, 9 },
                          DC_FILTER_TRIANGLE, &arena));
    assert_memory_equal(out.pixels, pixels, sizeof pixels);
    memset(pixels, 255, sizeof pixels);
    assert_ok(data_resize(&out, &in, (data_span){ 5, 0, 5 }, (data_span){ 31, 0, 31 },
                          DC_FILTER_TRIANGLE, &arena));
    for (size_t i = 0; i < 5 * 31; i++)
        assert_int_equal(out.pixels[i], 255);
}

static void fitting_warps_or_keeps_proportions(void **state)
{
    (void)state;
    uint8_t pixels[40 * 20] = { 0 };
    pixels[19] = pixels[20] = 200; /* the middle of the first row */
    const dc_image in = { 40, 20, 1, pixels };
    dc_input input = plain_input(1, 10, 10);
    dc_image out;
    assert_fails(DC_EINPUT, data_fit(&out, &in, &input, &arena));
    input.filter = DC_FILTER_BILINEAR;
    input.resize = DC_RESIZE_WARP;
    assert_ok(data_fit(&out, &in, &input, &arena));
    assert_true(out.width == 10 && out.height == 10 && out.pixels[4] == 0);
    input.resize = DC_RESIZE_SHORT_SIDE; /* 20 x 10, then the middle 10: columns 5 to 14 */
    assert_ok(data_fit(&out, &in, &input, &arena));
    assert_true(out.width == 10 && out.pixels[4] == 50 && out.pixels[5] == 50);
    assert_true(out.pixels[3] == 0 && out.pixels[6] == 0);
    input.resize_size = 20; /* as it is, and cropped */
    assert_ok(data_fit(&out, &in, &input, &arena));
    assert_int_equal(out.pixels[4], 0);
    input.resize_size = 9;
    assert_fails(DC_EINPUT, data_fit(&out, &in, &input, &arena));
}

static void a_crop_takes_the_middle(void **state)
{
    (void)state;
    uint8_t pixels[25];
    for (size_t i = 0; i < 25; i++)
        pixels[i] = (uint8_t)i;
    const dc_image in = { 5, 5, 1, pixels };
    dc_input input = plain_input(1, 3, 2);
    dc_image out;
    input.resize = DC_RESIZE_WARP;
    input.resize_size = 5;
    assert_ok(data_fit(&out, &in, &input, &arena));
    /* three columns too many: one and a half goes to the even two, as torchvision does it */
    assert_memory_equal(out.pixels, ((const uint8_t[]){ 7, 8, 12, 13, 17, 18 }), 6);
    input.shape = dc_shape_of(3, 1, 5, 4, 0); /* one: a half goes to none */
    assert_ok(data_fit(&out, &in, &input, &arena));
    assert_memory_equal(out.pixels, ((const uint8_t[]){ 0, 1, 2, 3, 5, 6 }), 6);
}

static void a_size_of_its_own_is_no_copy(void **state)
{
    (void)state;
    uint8_t pixels[6] = { 0 };
    const dc_image in = { 3, 2, 1, pixels };
    const dc_input input = plain_input(1, 2, 3);
    dc_image out;
    assert_ok(data_fit(&out, &in, &input, &arena));
    assert_ptr_equal(out.pixels, pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enlarging_mixes_neighbours_and_keeps_edges),
        cmocka_unit_test(the_triangle_widens_when_reducing),
        cmocka_unit_test(plain_bilinear_takes_two_pixels),
        cmocka_unit_test(a_span_is_a_part_of_the_whole),
        cmocka_unit_test(the_same_size_changes_nothing_and_flat_stays_flat),
        cmocka_unit_test(fitting_warps_or_keeps_proportions),
        cmocka_unit_test(a_crop_takes_the_middle),
        cmocka_unit_test(a_size_of_its_own_is_no_copy),
    };
    return cmocka_run_group_tests(tests, NULL, clear_arena);
}
