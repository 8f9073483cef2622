/* SPDX-License-Identifier: MIT
 *
 * What a file says is shown; a terminal must not obey it.
 */
#include "test.h"

static const struct {
    const char *text, *shown; /* NULL: plain */
} cases[] = {
    { "", NULL },
    { "conv1/b\xc3\xa9ta \xe6\xa8\xa1\xe5\x9e\x8b \xf0\x9f\x98\x80", NULL },
    { "a\\x1b", NULL },
    { "\x1b[31mred\x1b]0;title\a", "\\x1b[31mred\\x1b]0;title\\x07" },
    { "a\x7f", "a\\x7f" },
    { "\xc2\x9b"
      "31m",
      "\\u009b31m" },                      /* CSI, one character */
    { "m\xe2\x80\xaetxt", "m\\u202etxt" }, /* turned around      */
    { "\xe2\x81\xa6x\xe2\x81\xa9", "\\u2066x\\u2069" },
    { "a\xd8\x9c\xe2\x80\x8f", "a\\u061c\\u200f" },
    { "one\xe2\x80\xa8two", "one\\u2028two" },
    { "tab\there", "tab\\x09here" },
    { "\xff\xc0\xafz", "\\xff\\xc0\\xafz" }, /* no UTF-8           */
    { "cut\xe2\x80", "cut\\xe2\\x80" },
};

static void what_a_terminal_obeys_is_written_out(void **state)
{
    char out[200];
    (void)state;
    for (size_t i = 0; i < DC_COUNT_OF(cases); i++) {
        const char *shown = cases[i].shown != NULL ? cases[i].shown : cases[i].text;
        assert_int_equal(dc_text_is_plain(cases[i].text), cases[i].shown == NULL);
        dc_text_show(out, sizeof out, cases[i].text, false);
        assert_string_equal(out, shown);
        assert_true(dc_text_is_plain(out));
    }
}

static void every_byte_and_every_pair_comes_out_plain(void **state)
{
    (void)state;
    for (unsigned a = 1; a < 256; a++)
        for (unsigned b = 1; b < 256; b++) {
            const char text[] = { (char)a, (char)b, 'x', '\0' };
            char out[32];
            dc_text_show(out, sizeof out, text, false);
            assert_true(dc_text_is_plain(out));
            assert_int_equal(strcmp(out, text) == 0, dc_text_is_plain(text));
        }
}

static void lines_may_stay(void **state)
{
    char out[32];
    (void)state;
    dc_text_show(out, sizeof out, "one\ntwo\r\n", true);
    assert_string_equal(out, "one\ntwo\\x0d\n");
    dc_text_show(out, sizeof out, "one\ntwo", false);
    assert_string_equal(out, "one\\x0atwo");
}

static void what_is_too_long_is_cut_between_characters(void **state)
{
    (void)state;
    for (size_t size = 1; size < 12; size++) {
        char out[16];
        memset(out, 'z', sizeof out);
        dc_text_show(out, size, "\x1b\xe6\xa8\xa1\xe6\xa8\xa1", false);
        assert_true(strlen(out) < size);
        assert_true(dc_text_is_plain(out));
        assert_int_equal(out[size], 'z');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_terminal_obeys_is_written_out),
        cmocka_unit_test(every_byte_and_every_pair_comes_out_plain),
        cmocka_unit_test(lines_may_stay),
        cmocka_unit_test(what_is_too_long_is_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
