/* SPDX-License-Identifier: MIT
 *
 * The raw coder: widths, round trips, refusals.
 */
#include "test.h"

#include "streams.h"

#define SEED 15

static dc_status decode_raw_bytes(uint64_t n, unsigned n_symbols, const uint8_t *data,
                                  uint64_t size)
{
    uint8_t out[64];
    const dc_stream shape = { .n = n, .n_symbols = n_symbols };
    return dc_coder_find(DC_CODER_RAW)->decode(out, &shape, data, size);
}

static void streams_of_every_length_and_width_come_back(void **state)
{
    (void)state;
    uint8_t symbols[120];
    dc_rng rng;
    dc_rng_init(&rng, SEED, 0);
    for (unsigned n_alphabet = 1; n_alphabet <= 256; n_alphabet += n_alphabet < 20 ? 1 : 13)
        for (unsigned n = 0; n <= sizeof symbols; n++) {
            draw_stream(symbols, n, n_alphabet, 1, 0, &rng);
            check_round_trip(dc_coder_find(DC_CODER_RAW), symbols, n, n_alphabet);
        }
}

static void costs_the_width_that_the_alphabet_needs(void **state)
{
    (void)state;
    dc_histogram h = { .n_total = 1000 };
    const uint32_t alphabets[] = { 1, 2, 3, 4, 5, 16, 17, 32, 33, 128, 129, 256 };
    const uint64_t bits[] = { 0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8 };
    for (size_t i = 0; i < DC_COUNT_OF(alphabets); i++) {
        h.n_symbols = alphabets[i];
        const dc_stream s = { .counts = &h, .n = h.n_total, .n_symbols = alphabets[i] };
        assert_int_equal(dc_coder_find(DC_CODER_RAW)->bytes(&s, UINT64_MAX), bits[i] * 125);
    }
}

static void zeros_of_an_alphabet_of_one_cost_nothing(void **state)
{
    (void)state;
    const uint8_t symbols[50] = { 0 };
    assert_int_equal(check_round_trip(dc_coder_find(DC_CODER_RAW), symbols, 50, 1), 0);
}

static void a_wider_alphabet_at_reading_changes_nothing(void **state)
{
    (void)state;
    const uint8_t symbols[] = { 1, 0, 2, 1, 1, 3, 0, 2, 2, 1, 0 };
    assert_int_equal(check_round_trip(dc_coder_find(DC_CODER_RAW), symbols, sizeof symbols, 4),
                     check_round_trip(dc_coder_find(DC_CODER_RAW), symbols, sizeof symbols, 256));
}

static void symbols_outside_the_alphabet_are_refused(void **state)
{
    (void)state;
    const uint8_t data[] = { 0x21, 0x43 }; /* 1 2 3 4 in 4 bits each */
    assert_ok(decode_raw_bytes(4, 5, data, 2));
    assert_fails(DC_ECORRUPT, decode_raw_bytes(4, 4, data, 2));
}

static void sizes_that_fit_no_width_are_refused(void **state)
{
    (void)state;
    const uint8_t data[40] = { 0 };
    assert_fails(DC_ECORRUPT, decode_raw_bytes(0, 4, data, 1));
    assert_fails(DC_ECORRUPT, decode_raw_bytes(4, 4, data, 5));
    assert_fails(DC_ECORRUPT, decode_raw_bytes(32, 4, data, 3));
    assert_fails(DC_ECORRUPT, decode_raw_bytes(32, 4, data, 6));
}

static void more_symbols_than_bits_are_refused(void **state)
{
    (void)state;
    const uint8_t data[] = { 0 };
    assert_fails(DC_ECORRUPT, decode_raw_bytes(UINT64_MAX, 4, data, 1));
}

static void padding_that_is_not_zero_is_refused(void **state)
{
    (void)state;
    const uint8_t good[] = { 0xd1, 0x10 }, bad[] = { 0xd1, 0x90 };
    assert_ok(decode_raw_bytes(5, 4 + 4, good, 2));
    assert_fails(DC_ECORRUPT, decode_raw_bytes(5, 4 + 4, bad, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_of_every_length_and_width_come_back),
        cmocka_unit_test(costs_the_width_that_the_alphabet_needs),
        cmocka_unit_test(zeros_of_an_alphabet_of_one_cost_nothing),
        cmocka_unit_test(a_wider_alphabet_at_reading_changes_nothing),
        cmocka_unit_test(symbols_outside_the_alphabet_are_refused),
        cmocka_unit_test(sizes_that_fit_no_width_are_refused),
        cmocka_unit_test(more_symbols_than_bits_are_refused),
        cmocka_unit_test(padding_that_is_not_zero_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
