/* SPDX-License-Identifier: MIT */
#include "test.h"

static const char *nearest(const char *word, const char *choices)
{
    static dc_hint hint;
    hint = dc_hint_for(word);
    dc_hint_offer_choices(&hint, choices);
    return dc_hint_text(&hint);
}

static void one_or_two_slips_are_near(void **state)
{
    (void)state;
    static const char *const slips[] = { "densty", "denisty", "densitty", "dansity", "desity",
                                         "intensity" };
    for (size_t i = 0; i + 1 < DC_COUNT_OF(slips); i++)
        assert_string_equal(nearest(slips[i], "bits|density|data"), ", did you mean 'density'?");
    assert_string_equal(nearest(slips[5], "bits|density|data"), "");
    assert_string_equal(nearest("sdg", "sgd|nesterov|adam"), ", did you mean 'sgd'?");
}

static void the_nearest_wins(void **state)
{
    (void)state;
    assert_string_equal(nearest("conv12", "conv1|conv21|conv22"), ", did you mean 'conv1'?");
    assert_string_equal(nearest("conv22", "conv1|conv21|conv22"), ", did you mean 'conv22'?");
}

static void a_word_cut_short_is_near(void **state)
{
    (void)state;
    assert_string_equal(nearest("quant", "prune|quantize"), ", did you mean 'quantize'?");
    assert_string_equal(nearest("q", "prune|quantize"), "");
}

static void case_and_dashes_do_not_count(void **state)
{
    (void)state;
    assert_string_equal(nearest("MAX-POOL", "relu|max_pool"), ", did you mean 'max_pool'?");
}

static void short_words_allow_one_slip(void **state)
{
    (void)state;
    assert_string_equal(nearest("lt", "lr|q"), ", did you mean 'lr'?");
    assert_string_equal(nearest("xy", "lr|q"), "");
    assert_string_equal(nearest("", "lr|q"), "");
}

static void words_of_any_length_are_no_trouble(void **state)
{
    (void)state;
    char word[300], wide[64];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    memset(wide, 'b', sizeof wide - 1);
    wide[sizeof wide - 1] = '\0';
    dc_hint hint = dc_hint_for(wide);
    hint.prefix = "--";
    dc_hint_offer(&hint, word);
    assert_string_equal(dc_hint_text(&hint), "");
    dc_hint_offer(&hint, wide);
    assert_int_equal(strlen(dc_hint_text(&hint)), strlen(", did you mean '--'?") + 63);
    assert_string_equal(nearest(word, wide), "");
}

static void a_part_of_a_word_may_be_meant(void **state)
{
    (void)state;
    dc_hint hint = dc_hint_for("imags:photos");
    hint.n_word = 5;
    dc_hint_offer(&hint, "images");
    assert_string_equal(dc_hint_text(&hint), ", did you mean 'images'?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_or_two_slips_are_near),
        cmocka_unit_test(the_nearest_wins),
        cmocka_unit_test(a_word_cut_short_is_near),
        cmocka_unit_test(case_and_dashes_do_not_count),
        cmocka_unit_test(short_words_allow_one_slip),
        cmocka_unit_test(words_of_any_length_are_no_trouble),
        cmocka_unit_test(a_part_of_a_word_may_be_meant),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
