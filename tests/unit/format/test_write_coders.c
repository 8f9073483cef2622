/* SPDX-License-Identifier: MIT
 *
 * The words of --coder are those of the tables, and each allows what is before it.
 */
#include "format_helpers.h"

static void add_word(char *words, size_t size, const char *name)
{
    snprintf(words + strlen(words), size - strlen(words), "|%s", name);
}

static void words_are_best_and_the_names(void **state)
{
    (void)state;
    char words[200] = "best";
    for (uint32_t i = 0; dc_coder_at(i) != NULL; i++)
        add_word(words, sizeof words, dc_coder_at(i)->name);
    for (uint32_t i = 0; dc_level_coder_at(i) != NULL; i++)
        add_word(words, sizeof words, dc_level_coder_at(i)->name);
    assert_string_equal(dc_write_coder_words, words);
}

static void a_word_allows_itself_and_those_before_it(void **state)
{
    (void)state;
    dc_write_settings s = { 0 };
    uint32_t word = 1, mask = 0, level_mask = 0;
    for (uint32_t i = 0; dc_coder_at(i) != NULL; i++, word++) {
        mask |= 1u << dc_coder_at(i)->id;
        dc_write_allow(&s, word);
        assert_int_equal(s.coder_mask, mask);
        assert_int_equal(s.level_coder_mask, 0);
    }
    for (uint32_t i = 0; dc_level_coder_at(i) != NULL; i++, word++) {
        level_mask |= 1u << dc_level_coder_at(i)->id;
        dc_write_allow(&s, word);
        assert_int_equal(s.coder_mask, mask);
        assert_int_equal(s.level_coder_mask, level_mask);
    }
    dc_write_allow(&s, 0);
    assert_int_equal(s.coder_mask, 0);
    assert_int_equal(s.level_coder_mask, level_mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_best_and_the_names),
        cmocka_unit_test(a_word_allows_itself_and_those_before_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
