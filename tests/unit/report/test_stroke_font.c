/* SPDX-License-Identifier: MIT */
#include "test.h"

#include "canvas.h"

typedef struct ink {
    uint32_t n; /* pixels that are not paper */
    uint32_t x0, y0, x1, y1;
    uint64_t hash;
} ink;

static ink draw(const char *text, double x, double y, const dc_lettering *style)
{
    dc_arena arena = { 0 };
    dc_canvas c;
    assert_ok(dc_canvas_init(&c, 300, 300, &arena));
    dc_lettering_draw(&c, text, x, y, style);
    ink k = { .x0 = UINT32_MAX, .y0 = UINT32_MAX };
    for (uint32_t py = 0; py < 300; py++) {
        for (uint32_t px = 0; px < 300; px++) {
            if (c.pixels[3 * ((size_t)py * 300 + px)] > 200)
                continue;
            k.n++;
            k.x0 = DC_MIN(k.x0, px), k.x1 = DC_MAX(k.x1, px);
            k.y0 = DC_MIN(k.y0, py), k.y1 = DC_MAX(k.y1, py);
        }
    }
    k.hash = dc_hash64(0, c.pixels, 3u * 300 * 300);
    dc_arena_clear(&arena);
    return k;
}

static void every_printable_character_is_drawn_and_no_two_look_alike(void **state)
{
    (void)state;
    const dc_lettering style = { .size = 13 };
    uint64_t seen[127] = { 0 };
    for (int c = 33; c < 127; c++) {
        const char text[2] = { (char)c, '\0' };
        const ink k = draw(text, 100, 100, &style);
        if (k.n < 3)
            fail_msg("'%c' leaves no ink", c);
        seen[c] = k.hash;
        for (int other = 33; other < c; other++)
            if (seen[other] == seen[c])
                fail_msg("'%c' looks like '%c'", c, other);
    }
}

static void letters_stand_on_the_baseline_and_stay_within_their_height(void **state)
{
    (void)state;
    for (double size = 11; size <= 24; size++) {
        const dc_lettering style = { .size = size };
        const ink capital = draw("H", 100, 200, &style), small = draw("x", 100, 200, &style);
        assert_true(capital.y1 >= 199 && capital.y1 <= 202);
        assert_true(capital.y0 + size * 0.6 < 201 && capital.y0 + size * 0.9 > 199);
        assert_true(small.y0 > capital.y0);
    }
}

static void the_width_bounds_the_ink(void **state)
{
    (void)state;
    const dc_lettering style = { .size = 14 };
    static const char *const texts[] = { "density [%]", "1,234,567", "conv2_1/3x3", "WAVE" };
    for (size_t i = 0; i < DC_COUNT_OF(texts); i++) {
        const ink k = draw(texts[i], 20, 100, &style);
        const double width = dc_lettering_width(texts[i], 14);
        assert_true(k.x0 >= 20 && k.x1 <= 20 + width);
        assert_true(k.x1 + 5 > 20 + width);
    }
}

static void text_may_be_centred_and_ended(void **state)
{
    (void)state;
    const dc_lettering middle = { .size = 14, .align = DC_ALIGN_MIDDLE };
    const dc_lettering end = { .size = 14, .align = DC_ALIGN_END };
    const ink m = draw("HHHH", 150, 100, &middle), e = draw("HHHH", 150, 100, &end);
    assert_near((m.x0 + m.x1 + 1) / 2.0, 150, 1.5);
    assert_true(e.x1 < 150 && e.x1 > 143);
}

static void upward_text_is_as_high_as_level_text_is_wide(void **state)
{
    (void)state;
    const dc_lettering level = { .size = 14 };
    const dc_lettering upward = { .size = 14, .is_upward = true };
    const ink a = draw("accuracy", 100, 200, &level), b = draw("accuracy", 100, 200, &upward);
    assert_near(a.x1 - a.x0, b.y1 - b.y0, 1.5);
    assert_near(a.y1 - a.y0, b.x1 - b.x0, 1.5);
    assert_true(b.y1 <= 200 && b.x1 <= 105);
}

static void other_characters_show_as_one_box_each(void **state)
{
    (void)state;
    const double box = dc_lettering_width("\xC3\xA9", 14);
    assert_true(box > 0);
    assert_near(dc_lettering_width("\xE2\x82\xAC", 14), box, 1e-9);
    assert_near(dc_lettering_width("\xF0\x9F\x98\x80\x80", 14), box, 1e-9);
    assert_near(dc_lettering_width("\xC3", 14), box, 1e-9);
    assert_near(dc_lettering_width("", 14), 0, 0);
}

static void superscripts_are_small_and_high(void **state)
{
    (void)state;
    const dc_lettering style = { .size = 20 };
    assert_true(dc_lettering_width("10" DC_SUPERSCRIPT "5", 20) < dc_lettering_width("105", 20));
    assert_true(draw(DC_SUPERSCRIPT "5", 100, 100, &style).y1 < 97);
}

static void long_text_is_cut_to_fit(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const char *name = "features.12.block.3.conv_depthwise_separable.weight";
    assert_string_equal(dc_lettering_fit("short", 14, 100, true, &arena), "short");
    const char *cut = dc_lettering_fit(name, 14, 150, true, &arena);
    assert_true(dc_lettering_width(cut, 14) <= 150 && dc_lettering_width(cut, 14) > 135);
    assert_memory_equal(cut, "featur", 6);
    assert_string_equal(cut + strlen(cut) - 7, ".weight");
    const char *title = dc_lettering_fit(name, 14, 150, false, &arena);
    assert_string_equal(title + strlen(title) - 3, "...");
    assert_string_equal(dc_lettering_fit("wide", 14, 1, true, &arena), "...");
    dc_arena_clear(&arena);
}

static void cutting_keeps_characters_whole(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    const char *text = "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9";
    for (double width = 20; width < 70; width++) {
        const char *cut = dc_lettering_fit(text, 14, width, true, &arena);
        for (size_t i = 0; cut[i] != '\0'; i += cut[i] == '.' ? 1 : 2)
            assert_true(cut[i] == '.' || (cut[i] == '\xC3' && cut[i + 1] == '\xA9'));
    }
    dc_arena_clear(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_printable_character_is_drawn_and_no_two_look_alike),
        cmocka_unit_test(letters_stand_on_the_baseline_and_stay_within_their_height),
        cmocka_unit_test(the_width_bounds_the_ink),
        cmocka_unit_test(text_may_be_centred_and_ended),
        cmocka_unit_test(upward_text_is_as_high_as_level_text_is_wide),
        cmocka_unit_test(other_characters_show_as_one_box_each),
        cmocka_unit_test(superscripts_are_small_and_high),
        cmocka_unit_test(long_text_is_cut_to_fit),
        cmocka_unit_test(cutting_keeps_characters_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
