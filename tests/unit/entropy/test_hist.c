/* SPDX-License-Identifier: MIT
 *
 * Counts and entropy.
 */
#include "test.h"

#include "dcomp/entropy.h"

static void counts_every_symbol_and_finds_the_alphabet(void **state)
{
    (void)state;
    const uint8_t symbols[] = { 3, 0, 3, 3, 200, 0, 3 };
    dc_histogram h;
    dc_histogram_count(&h, symbols, sizeof symbols);
    assert_int_equal(h.counts[0], 2);
    assert_int_equal(h.counts[1], 0);
    assert_int_equal(h.counts[3], 4);
    assert_int_equal(h.counts[200], 1);
    assert_int_equal(h.n_total, 7);
    assert_int_equal(h.n_symbols, 201);
}

static void an_empty_stream_has_an_alphabet_of_one(void **state)
{
    (void)state;
    dc_histogram h;
    dc_histogram_count(&h, NULL, 0);
    assert_int_equal(h.n_symbols, 1);
    assert_int_equal(h.n_total, 0);
    assert_near(dc_histogram_entropy_bits(&h), 0, 0);
}

static void entropy_of_equal_counts_is_the_logarithm(void **state)
{
    (void)state;
    dc_histogram h = { .n_total = 80, .n_symbols = 8 };
    for (int s = 0; s < 8; s++)
        h.counts[s] = 10;
    assert_near(dc_histogram_entropy_bits(&h), 3, 1e-12);
}

static void entropy_of_a_skewed_pair_is_known(void **state)
{
    (void)state;
    const dc_histogram h = { .counts = { 1, 0, 3 }, .n_total = 4, .n_symbols = 3 };
    assert_near(dc_histogram_entropy_bits(&h), 0.811278124459133, 1e-12);
}

static void entropy_of_a_lone_symbol_is_zero(void **state)
{
    (void)state;
    const dc_histogram h = { .counts = { 0, 9 }, .n_total = 9, .n_symbols = 2 };
    assert_near(dc_histogram_entropy_bits(&h), 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_every_symbol_and_finds_the_alphabet),
        cmocka_unit_test(an_empty_stream_has_an_alphabet_of_one),
        cmocka_unit_test(entropy_of_equal_counts_is_the_logarithm),
        cmocka_unit_test(entropy_of_a_skewed_pair_is_known),
        cmocka_unit_test(entropy_of_a_lone_symbol_is_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
