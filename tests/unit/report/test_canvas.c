/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "canvas.h"

static const dc_colour black = { 0, 0, 0 };

static uint8_t grey_at(const dc_canvas *c, uint32_t x, uint32_t y)
{
    return c->pixels[3 * ((size_t)y * c->width + x)];
}

static void make(dc_canvas *c, dc_arena *arena)
{
    *arena = (dc_arena){ 0 };
    assert_ok(dc_canvas_init(c, 40, 30, arena));
}

static void a_new_canvas_is_paper(void **state)
{
    (void)state;
    dc_arena arena;
    dc_canvas c;
    make(&c, &arena);
    for (size_t i = 0; i < 3u * 40 * 30; i++)
        assert_int_equal(c.pixels[i], 255);
    dc_arena_clear(&arena);
}

static void a_rectangle_covers_whole_and_half_pixels(void **state)
{
    (void)state;
    dc_arena arena;
    dc_canvas c;
    make(&c, &arena);
    dc_canvas_fill(&c, 10, 5, 12.5, 7, black);
    assert_int_equal(grey_at(&c, 9, 5), 255);
    assert_int_equal(grey_at(&c, 10, 5), 0);
    assert_int_equal(grey_at(&c, 11, 6), 0);
    assert_near(grey_at(&c, 12, 6), 127, 1);
    assert_int_equal(grey_at(&c, 13, 6), 255);
    assert_int_equal(grey_at(&c, 10, 7), 255);
    dc_arena_clear(&arena);
}

static void overlapping_strokes_are_blended_once(void **state)
{
    (void)state;
    dc_arena arena;
    dc_canvas c;
    make(&c, &arena);
    dc_canvas_segment(&c, 5, 10.5, 20, 10.5, 3);
    dc_canvas_segment(&c, 20, 10.5, 35, 10.5, 3);
    dc_canvas_ink(&c, black, 0.5);
    assert_near(grey_at(&c, 12, 10), 127, 1);
    assert_near(grey_at(&c, 20, 10), 127, 1);
    dc_canvas_ink(&c, black, 1); /* the mask is empty now */
    assert_near(grey_at(&c, 20, 10), 127, 1);
    dc_arena_clear(&arena);
}

static void nothing_is_drawn_outside_of_the_clip(void **state)
{
    (void)state;
    dc_arena arena;
    dc_canvas c;
    make(&c, &arena);
    dc_canvas_clip(&c, 10, 10, 20, 20);
    dc_canvas_fill(&c, -5, -5, 100, 100, black);
    dc_canvas_segment(&c, -1e6, 15, 1e6, 15, 4);
    dc_canvas_ink(&c, black, 1);
    dc_canvas_pixel(&c, 9, 10, black);
    uint32_t n_dark = 0;
    for (uint32_t y = 0; y < 30; y++)
        for (uint32_t x = 0; x < 40; x++)
            n_dark += grey_at(&c, x, y) < 255;
    assert_int_equal(n_dark, 100);
    dc_arena_clear(&arena);
}

static void a_polygon_may_turn_either_way(void **state)
{
    (void)state;
    const double one_way[] = { 10, 10, 20, 10, 20, 20, 10, 20 };
    const double other_way[] = { 10, 10, 10, 20, 20, 20, 20, 10 };
    const double *const both[] = { one_way, other_way };
    for (int i = 0; i < 2; i++) {
        dc_arena arena;
        dc_canvas c;
        make(&c, &arena);
        dc_canvas_polygon(&c, both[i], 4);
        dc_canvas_ink(&c, black, 1);
        assert_int_equal(grey_at(&c, 15, 15), 0);
        assert_int_equal(grey_at(&c, 10, 10), 0);
        assert_int_equal(grey_at(&c, 9, 15), 255);
        assert_int_equal(grey_at(&c, 20, 15), 255);
        dc_arena_clear(&arena);
    }
}

static void shapes_that_are_not_finite_are_left_out(void **state)
{
    (void)state;
    const double bent[] = { NAN, 1, 10, 10, 5, INFINITY };
    dc_arena arena;
    dc_canvas c;
    make(&c, &arena);
    dc_canvas_segment(&c, NAN, 1, 10, 10, 2);
    dc_canvas_segment(&c, 1, 1, INFINITY, 10, 2);
    dc_canvas_disc(&c, NAN, NAN, 3);
    dc_canvas_polygon(&c, bent, 3);
    dc_canvas_ink(&c, black, 1);
    for (uint32_t y = 0; y < 30; y++)
        for (uint32_t x = 0; x < 40; x++)
            assert_int_equal(grey_at(&c, x, y), 255);
    dc_arena_clear(&arena);
}

static void a_canvas_has_a_limit(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_canvas c;
    assert_fails(DC_ELIMIT, dc_canvas_init(&c, DC_IMAGE_MAX_SIDE + 1, 10, &arena));
    assert_fails(DC_ELIMIT, dc_canvas_init(&c, 10, 0, &arena));
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_canvas_is_paper),
        cmocka_unit_test(a_rectangle_covers_whole_and_half_pixels),
        cmocka_unit_test(overlapping_strokes_are_blended_once),
        cmocka_unit_test(nothing_is_drawn_outside_of_the_clip),
        cmocka_unit_test(a_polygon_may_turn_either_way),
        cmocka_unit_test(shapes_that_are_not_finite_are_left_out),
        cmocka_unit_test(a_canvas_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
