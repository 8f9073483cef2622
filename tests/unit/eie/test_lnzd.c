/* SPDX-License-Identifier: MIT
 *
 * The leading-non-zero tree against a scan bank by bank.
 */
#include "test.h"

#include "machine.h"

enum { MAX_INPUTS = 700, MAX_WORDS = MAX_INPUTS + 1 };

static const uint32_t pes[] = { 1, 3, 63, 64, 65, 130 };

typedef struct trial {
    lnzd tree;
    uint64_t flags[MAX_WORDS];
    int32_t input[MAX_INPUTS];
    uint32_t n_inputs, n_pes, n_slots;
} trial;

/* Registers keep what a run before has left there. */
static void trial_begin(trial *t, uint32_t n_inputs, uint32_t n_pes)
{
    memset(t, 0, sizeof *t);
    memset(t->flags, 0xff, sizeof t->flags);
    t->n_inputs = n_inputs;
    t->n_pes = n_pes;
    t->n_slots = (n_inputs + n_pes - 1) / n_pes;
    t->tree.n_words = (n_pes + 63) / 64;
    t->tree.flags = t->flags;
    t->tree.n_slots_room = t->n_slots;
    assert_true(t->n_slots * t->tree.n_words < MAX_WORDS);
}

static uint32_t naive_find(const trial *t, uint32_t slot, uint32_t from)
{
    for (uint32_t bank = from; bank < t->n_pes; bank++) {
        const uint32_t j = slot * t->n_pes + bank;
        if (j < t->n_inputs && t->input[j] != 0)
            return bank;
    }
    return DC_NONE;
}

static void trial_check(trial *t)
{
    lnzd_see(&t->tree, t->input, t->n_inputs, t->n_pes);
    for (uint32_t slot = 0; slot < t->n_slots; slot++)
        for (uint32_t from = 0; from <= t->n_pes; from++)
            assert_int_equal(lnzd_find(&t->tree, slot, from), naive_find(t, slot, from));
    assert_true(t->flags[t->n_slots * t->tree.n_words] == UINT64_MAX); /* nothing written behind */
}

static void random_flags_are_found_as_a_scan_finds_them(void **state)
{
    (void)state;
    static const uint32_t percents[] = { 1, 10, 50, 90 };
    static trial t;
    dc_rng rng;
    dc_rng_init(&rng, 17, 0);
    for (size_t p = 0; p < DC_COUNT_OF(pes); p++)
        for (size_t d = 0; d < DC_COUNT_OF(percents); d++)
            for (uint32_t round = 0; round < 10; round++) {
                trial_begin(&t, 1 + (uint32_t)dc_rng_below(&rng, 4 * pes[p]), pes[p]);
                for (uint32_t j = 0; j < MAX_INPUTS; j++) /* more than the layer has */
                    t.input[j] = dc_rng_below(&rng, 100) < percents[d]
                                     ? (int32_t)dc_rng_below(&rng, 200) - 100
                                     : 0;
                trial_check(&t);
            }
}

static void banks_past_the_last_input_read_as_zero(void **state)
{
    (void)state;
    static trial t;
    for (size_t p = 0; p < DC_COUNT_OF(pes); p++)
        for (uint32_t n_last = 1; n_last <= pes[p]; n_last++) {
            trial_begin(&t, pes[p] + n_last, pes[p]); /* one whole slot and a part of one */
            for (uint32_t j = 0; j < MAX_INPUTS; j++)
                t.input[j] = 1;
            lnzd_see(&t.tree, t.input, t.n_inputs, t.n_pes);
            assert_int_equal(lnzd_find(&t.tree, 0, pes[p] - 1), pes[p] - 1);
            assert_int_equal(lnzd_find(&t.tree, 1, n_last - 1), n_last - 1);
            assert_int_equal(lnzd_find(&t.tree, 1, n_last), DC_NONE);
        }
}

static void no_input_is_found_where_all_are_zero(void **state)
{
    (void)state;
    static trial t;
    for (size_t p = 0; p < DC_COUNT_OF(pes); p++) {
        trial_begin(&t, 3 * pes[p], pes[p]);
        lnzd_see(&t.tree, t.input, t.n_inputs, t.n_pes);
        for (uint32_t slot = 0; slot < 3; slot++)
            assert_int_equal(lnzd_find(&t.tree, slot, 0), DC_NONE);
    }
}

static void a_single_input_is_found_wherever_it_is(void **state)
{
    (void)state;
    static trial t;
    for (size_t p = 0; p < DC_COUNT_OF(pes); p++)
        for (uint32_t bank = 0; bank < pes[p]; bank++) {
            trial_begin(&t, 2 * pes[p], pes[p]);
            t.input[pes[p] + bank] = 5;
            lnzd_see(&t.tree, t.input, t.n_inputs, t.n_pes);
            assert_int_equal(lnzd_find(&t.tree, 0, 0), DC_NONE);
            assert_int_equal(lnzd_find(&t.tree, 1, 0), bank);
            assert_int_equal(lnzd_find(&t.tree, 1, bank), bank);
            assert_int_equal(lnzd_find(&t.tree, 1, bank + 1), DC_NONE);
        }
}

static void negative_inputs_are_not_zero(void **state)
{
    (void)state;
    static trial t;
    static const int32_t values[] = { -1, INT32_MIN, INT32_MAX, INT32_MIN + 1, -256 };
    trial_begin(&t, 10, 5);
    for (uint32_t i = 0; i < DC_COUNT_OF(values); i++)
        t.input[2 * i] = values[i];
    lnzd_see(&t.tree, t.input, t.n_inputs, t.n_pes);
    for (uint32_t j = 0; j < 10; j += 2)
        assert_int_equal(lnzd_find(&t.tree, j / 5, j % 5), j % 5);
    trial_check(&t);
}

static void a_second_input_leaves_nothing_of_the_first(void **state)
{
    (void)state;
    static trial t;
    trial_begin(&t, 130, 65);
    for (uint32_t j = 0; j < t.n_inputs; j++)
        t.input[j] = 1;
    trial_check(&t);
    t.n_inputs = 70;
    memset(t.input, 0, sizeof t.input);
    t.input[64] = 1;
    trial_check(&t);
    assert_int_equal(lnzd_find(&t.tree, 1, 0), DC_NONE);
}

static void nodes_are_groups_of_four_up_to_one(void **state)
{
    (void)state;
    static const uint32_t nodes[][2] = { { 1, 1 },   { 2, 1 },    { 4, 1 },    { 5, 3 },
                                         { 16, 5 },  { 17, 8 },   { 64, 21 },  { 65, 25 },
                                         { 256, 85 }, { 1024, 341 } };
    for (size_t i = 0; i < DC_COUNT_OF(nodes); i++)
        assert_int_equal(dc_eie_n_lnzd_nodes(nodes[i][0]), nodes[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_flags_are_found_as_a_scan_finds_them),
        cmocka_unit_test(banks_past_the_last_input_read_as_zero),
        cmocka_unit_test(no_input_is_found_where_all_are_zero),
        cmocka_unit_test(a_single_input_is_found_wherever_it_is),
        cmocka_unit_test(negative_inputs_are_not_zero),
        cmocka_unit_test(a_second_input_leaves_nothing_of_the_first),
        cmocka_unit_test(nodes_are_groups_of_four_up_to_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
