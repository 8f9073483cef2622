/* SPDX-License-Identifier: MIT
 *
 * rules.c: parsing, first match wins, patterns that match nothing.
 */
#include "test.h"

static const char *const layers[] = { "conv1", "conv2", "fc1", "fc2" };

static void a_bare_number_speaks_of_every_layer(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_rules rules;
    double value = 0;
    assert_ok(dc_rules_parse(&rules, "0.1", &arena));
    assert_true(dc_rules_find(&value, &rules, "anything"));
    assert_near(value, 0.1, 0);
    assert_ok(dc_rules_check(&rules, layers, 4));
    dc_arena_clear(&arena);
}

static void the_first_pattern_that_matches_wins(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_rules rules;
    double value = 0;
    assert_ok(dc_rules_parse(&rules, "conv1=8,conv*=5,a=b=3", &arena));
    assert_int_equal(rules.n_rules, 3);
    assert_true(dc_rules_find(&value, &rules, "conv1"));
    assert_near(value, 8, 0);
    assert_true(dc_rules_find(&value, &rules, "conv2"));
    assert_near(value, 5, 0);
    assert_true(dc_rules_find(&value, &rules, "a=b"));
    assert_near(value, 3, 0);
    assert_false(dc_rules_find(&value, &rules, "fc1"));
    assert_ok(dc_rules_parse(&rules, "fc1=2,7", &arena));
    assert_true(dc_rules_find(&value, &rules, "fc9"));
    assert_near(value, 7, 0);
    dc_arena_clear(&arena);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", "x", "fc1=", "=0.1", "fc1=0.1,", ",", "0.1,0.2", "0.1,fc1=2", "fc1=1,fc1=2",
        "fc1=nan", "fc1=inf", "fc1=0x10", "fc1= 1", "fc1=1e999", "fc1=1-2",
    };
    dc_arena arena = { 0 };
    dc_rules rules;
    for (size_t i = 0; i < DC_COUNT_OF(bad); i++)
        assert_fails(DC_EINPUT, dc_rules_parse(&rules, bad[i], &arena));
    dc_arena_clear(&arena);
}

static void a_pattern_without_a_layer_is_named_with_the_layers(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_rules rules;
    assert_ok(dc_rules_parse(&rules, "fc?=1,ip*=2", &arena));
    assert_fails(DC_EINPUT, dc_rules_check(&rules, layers, 4));
    assert_string_equal(dc_message(),
                        "no layer matches 'ip*'; there are: conv1, conv2, fc1, fc2");
    dc_arena_clear(&arena);
}

static void a_rule_that_decides_for_no_layer_is_named_with_the_winner(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } bad[] = {
        { "fc*=1,fc1=2", "rule 'fc1' has no effect: 'fc*' before it matches all its layers" },
        { "fc1=1,conv1=2,fc2=3,fc*=4,conv2=5",
          "rule 'fc*' has no effect: 'fc1' and other rules before it match all its layers" },
        { "conv*=1,fc*=2,*=3",
          "rule '*' has no effect: 'conv*' and other rules before it match all its layers" },
        { "**=1,fc1=3", "rule 'fc1' has no effect: '**' before it matches all its layers" },
    };
    static const char *const good[] = { "fc1=1,fc*=2,3", "conv1=1,*1=2", "conv2=1,fc2=1,*1=4" };
    dc_arena arena = { 0 };
    dc_rules rules;
    for (size_t i = 0; i < DC_COUNT_OF(bad); i++) {
        assert_ok(dc_rules_parse(&rules, bad[i].text, &arena));
        assert_fails(DC_EINPUT, dc_rules_check(&rules, layers, 4));
        assert_string_equal(dc_message(), bad[i].message);
    }
    for (size_t i = 0; i < DC_COUNT_OF(good); i++) {
        assert_ok(dc_rules_parse(&rules, good[i], &arena));
        assert_ok(dc_rules_check(&rules, layers, 4));
    }
    dc_arena_clear(&arena);
}

static void a_decimal_comma_is_explained(void **state)
{
    (void)state;
    dc_arena arena = { 0 };
    dc_rules rules;
    assert_fails(DC_EINPUT, dc_rules_parse(&rules, "0,5", &arena));
    assert_string_equal(dc_message(), "two numbers for all layers, 0 and 5 (a comma begins another "
                                      "rule; a decimal is written 0.1)");
    dc_arena_clear(&arena);
}

static void a_long_list_of_layers_is_cut(void **state)
{
    (void)state;
    const char *names[100];
    const dc_rule rule = { "x", 1 };
    const dc_rules rules = { 1, &rule };
    for (size_t i = 0; i < 100; i++)
        names[i] = "a_rather_long_layer_name";
    assert_fails(DC_EINPUT, dc_rules_check(&rules, names, 100));
    assert_string_equal(dc_message() + strlen(dc_message()) - 3, "...");
    assert_fails(DC_EINPUT, dc_rules_check(&rules, NULL, 0));
}

static void globs_know_star_and_question_mark(void **state)
{
    (void)state;
    assert_true(dc_glob_match("*", ""));
    assert_true(dc_glob_match("conv*", "conv"));
    assert_true(dc_glob_match("*1*e", "fire1/squeeze"));
    assert_true(dc_glob_match("f?re*/e*3x3", "fire9/expand3x3"));
    assert_true(dc_glob_match("*ab", "aab"));
    assert_false(dc_glob_match("fc", "fc1"));
    assert_false(dc_glob_match("?", ""));
    assert_false(dc_glob_match("*a", "ab"));
    assert_false(dc_glob_match("", "a"));
    assert_false(dc_glob_match("a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bare_number_speaks_of_every_layer),
        cmocka_unit_test(the_first_pattern_that_matches_wins),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(a_pattern_without_a_layer_is_named_with_the_layers),
        cmocka_unit_test(a_rule_that_decides_for_no_layer_is_named_with_the_winner),
        cmocka_unit_test(a_decimal_comma_is_explained),
        cmocka_unit_test(a_long_list_of_layers_is_cut),
        cmocka_unit_test(globs_know_star_and_question_mark),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
