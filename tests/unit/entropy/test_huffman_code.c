/* SPDX-License-Identifier: MIT
 *
 * Sizes of Huffman streams: exact beforehand, and near the entropy.
 */
#include "test.h"

#include "huffman.h"
#include "streams.h"

#define SEED 13

/* Ratios where an optimal prefix code does; at others it is up to 3 % off, by its nature. */
static void long_streams_come_within_one_percent_of_the_entropy(void **state)
{
    (void)state;
    const uint64_t n = 200000;
    uint8_t *symbols = malloc(n);
    dc_rng rng;
    dc_histogram h;
    dc_rng_init(&rng, SEED, 0);
    assert_non_null(symbols);
    for (int i = 0; i < 5; i++) {
        draw_stream(symbols, n, 32, 0.84 + 0.03 * i, 0, &rng);
        dc_histogram_count(&h, symbols, n);
        const double entropy = dc_histogram_entropy_bits(&h);
        assert_true(entropy > 2);
        const double bits = (double)dc_huffman_stream_bytes(&h) * 8 / (double)n;
        assert_true(bits >= entropy && bits <= entropy * 1.01);
    }
    free(symbols);
}

static void table_and_jumps_are_a_thousandth_of_a_long_stream(void **state)
{
    (void)state;
    dc_histogram h = { .n_symbols = 32 };
    dc_huffman code;
    for (unsigned s = 0; s < 32; s++)
        h.n_total += h.counts[s] = 200000 / (s + 1);
    dc_huffman_build(&code, &h);
    const uint64_t payload = (dc_huffman_payload_bits(&code, &h) + 7) / 8;
    assert_true(dc_huffman_stream_bytes(&h) - payload <= payload / 1000);
}

static void size_is_table_and_payload_in_one_run_of_bits(void **state)
{
    (void)state;
    const dc_histogram h = { .counts = { 4, 2, 1, 1 }, .n_total = 8, .n_symbols = 4 };
    dc_huffman code;
    dc_huffman_build(&code, &h);
    assert_int_equal(dc_huffman_table_bits(&code), 11);
    assert_int_equal(dc_huffman_payload_bits(&code, &h), 14);
    assert_int_equal(dc_huffman_stream_bytes(&h), 4);
}

static void jumps_begin_at_65536_symbols(void **state)
{
    (void)state;
    dc_histogram h = { .counts = { 32767, 32768 }, .n_total = 65535, .n_symbols = 2 };
    assert_int_equal(dc_huffman_stream_bytes(&h), 8193); /* 7 + 65535 bits */
    h = (dc_histogram){ .counts = { 32768, 32768 }, .n_total = 65536, .n_symbols = 2 };
    assert_int_equal(dc_huffman_stream_bytes(&h), 1 + 12 + 8192);
}

static void jumps_widen_when_the_payload_could_pass_32_bits(void **state)
{
    (void)state;
    const uint64_t half = UINT64_C(1) << 27;
    dc_histogram h = { .counts = { half, half - 1 }, .n_total = 2 * half - 1, .n_symbols = 2 };
    assert_int_equal(dc_huffman_stream_bytes(&h), 1 + 12 + half / 4);
    h.counts[1]++;
    h.n_total++;
    assert_int_equal(dc_huffman_stream_bytes(&h), 1 + 24 + half / 4);
}

static void a_failed_writer_is_left_alone(void **state)
{
    (void)state;
    uint8_t *symbols = calloc(70000, 1);
    dc_histogram h;
    dc_writer w;
    assert_non_null(symbols);
    symbols[5] = 1;
    for (uint64_t n = 100; n <= 70000; n += 69900) {
        const dc_stream s = counted_stream(&h, symbols, n, 2);
        dc_writer_init(&w, 3);
        dc_huffman_encode(&w, &s);
        assert_int_equal(w.status, DC_ELIMIT);
        dc_writer_clear(&w);
    }
    free(symbols);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_streams_come_within_one_percent_of_the_entropy),
        cmocka_unit_test(table_and_jumps_are_a_thousandth_of_a_long_stream),
        cmocka_unit_test(size_is_table_and_payload_in_one_run_of_bits),
        cmocka_unit_test(jumps_begin_at_65536_symbols),
        cmocka_unit_test(jumps_widen_when_the_payload_could_pass_32_bits),
        cmocka_unit_test(a_failed_writer_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
