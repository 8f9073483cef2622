/* SPDX-License-Identifier: MIT
 *
 * Round trips, and streams that lie. Inputs and outputs end where their heap blocks end, so that
 * a sanitizer sees every byte touched beyond.
 */
#include "test.h"

#include "huffman.h"
#include "streams.h"

#define SEED 14

typedef struct stream {
    uint64_t n, size;
    uint8_t *symbols, *data;
} stream;

static stream make_stream(uint64_t n, unsigned n_alphabet, double ratio, uint64_t seed)
{
    stream s = { .n = n, .symbols = malloc(n) };
    dc_rng rng;
    dc_writer w;
    dc_histogram h;
    assert_non_null(s.symbols);
    dc_rng_init(&rng, SEED, seed);
    draw_stream(s.symbols, n, n_alphabet, ratio, 0, &rng);
    const dc_stream made = counted_stream(&h, s.symbols, n, n_alphabet);
    dc_writer_init(&w, 2 * n + 1024);
    dc_huffman_encode(&w, &made);
    assert_ok(w.status);
    s.size = w.size;
    s.data = exact_copy(w.data, w.size);
    dc_writer_clear(&w);
    return s;
}

static void free_stream(stream *s)
{
    free(s->symbols);
    free(s->data);
}

/* Decodes into a block of exactly n bytes. */
static dc_status decode_exact(uint64_t n, const uint8_t *data, uint64_t size)
{
    uint8_t *copy = exact_copy(data, size), *out = malloc(n > 0 ? n : 1);
    assert_non_null(out);
    const dc_stream shape = { .n = n, .n_symbols = 256 };
    const dc_status status = dc_huffman_decode(out, &shape, copy, size);
    free(out);
    free(copy);
    return status;
}

static void short_streams_of_every_length_come_back(void **state)
{
    (void)state;
    uint8_t symbols[700];
    dc_rng rng;
    dc_rng_init(&rng, SEED, 0);
    for (unsigned n = 0; n <= sizeof symbols; n++) {
        const unsigned n_alphabet = 1 + (unsigned)dc_rng_below(&rng, 256);
        draw_stream(symbols, n, n_alphabet, 0.5 + dc_rng_unit(&rng) / 2, 0.2, &rng);
        check_round_trip(dc_coder_find(1), symbols, n, n_alphabet);
    }
}

static void long_streams_come_back(void **state)
{
    (void)state;
    const unsigned alphabets[] = { 2, 3, 16, 32, 100, 256 };
    uint8_t *symbols = malloc(300000);
    dc_rng rng;
    dc_rng_init(&rng, SEED, 1);
    assert_non_null(symbols);
    for (unsigned i = 0; i < 60; i++) {
        const uint64_t n = i < 12 ? 65530 + i : 60000 + dc_rng_below(&rng, 240000);
        const unsigned n_alphabet = alphabets[i % DC_COUNT_OF(alphabets)];
        draw_stream(symbols, n, n_alphabet, 0.4 + 0.6 * dc_rng_unit(&rng), 0.1, &rng);
        check_round_trip(dc_coder_find(1), symbols, n, n_alphabet);
    }
    free(symbols);
}

static void quarters_of_very_different_sizes_come_back(void **state)
{
    (void)state;
    const uint64_t n = 100003;
    uint8_t *symbols = calloc(n, 1);
    dc_rng rng;
    assert_non_null(symbols);
    for (unsigned quarter = 0; quarter < 4; quarter++) {
        memset(symbols, 0, n);
        dc_rng_init(&rng, SEED, 2 + quarter);
        for (uint64_t i = quarter * n / 4; i < (quarter + 1) * n / 4; i++)
            symbols[i] = (uint8_t)dc_rng_below(&rng, 200);
        check_round_trip(dc_coder_find(1), symbols, n, 200);
    }
    free(symbols);
}

static void all_256_symbols_once_come_back(void **state)
{
    (void)state;
    uint8_t symbols[256];
    for (unsigned s = 0; s < 256; s++)
        symbols[s] = (uint8_t)(255 - s);
    check_round_trip(dc_coder_find(1), symbols, 256, 256);
}

static void words_of_the_full_length_come_back(void **state)
{
    (void)state;
    uint8_t *symbols = malloc(1 << 18);
    uint64_t n = 0;
    assert_non_null(symbols);
    for (unsigned s = 0; s < 17; s++)
        for (unsigned i = 0; i < 1u << s; i++)
            symbols[n++] = (uint8_t)(s * 7);
    check_round_trip(dc_coder_find(1), symbols, n, 256);
    check_round_trip(dc_coder_find(1), symbols, 5000, 256);
    free(symbols);
}

static void a_lone_symbol_costs_its_table_only(void **state)
{
    (void)state;
    uint8_t *symbols = malloc(70000);
    assert_non_null(symbols);
    memset(symbols, 7, 70000);
    assert_int_equal(check_round_trip(dc_coder_find(1), symbols, 1, 8), 1);
    assert_int_equal(check_round_trip(dc_coder_find(1), symbols, 70000, 8), 1);
    memset(symbols, 255, 70000);
    assert_int_equal(check_round_trip(dc_coder_find(1), symbols, 70000, 256), 2);
    free(symbols);
}

static void no_symbols_are_no_bytes(void **state)
{
    (void)state;
    const uint8_t byte = 0;
    const dc_stream shape = { .n_symbols = 1 };
    assert_int_equal(check_round_trip(dc_coder_find(1), NULL, 0, 1), 0);
    assert_fails(DC_ECORRUPT, dc_huffman_decode(NULL, &shape, &byte, 1));
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    stream s = make_stream(300, 20, 0.8, 10);
    for (uint64_t size = 0; size < s.size; size++)
        assert_fails(DC_ECORRUPT, decode_exact(s.n, s.data, size));
    free_stream(&s);

    s = make_stream(70000, 20, 0.8, 11);
    for (uint64_t size = 0; size < s.size; size += 1 + size / 50)
        assert_fails(DC_ECORRUPT, decode_exact(s.n, s.data, size));
    assert_fails(DC_ECORRUPT, decode_exact(s.n, s.data, s.size - 1));
    free_stream(&s);
}

static void a_byte_too_many_is_refused(void **state)
{
    (void)state;
    const uint64_t lengths[] = { 300, 70000 };
    for (unsigned i = 0; i < 2; i++) {
        stream s = make_stream(lengths[i], 20, 0.8, 12);
        uint8_t *longer = calloc(s.size + 1, 1);
        assert_non_null(longer);
        memcpy(longer, s.data, s.size);
        assert_fails(DC_ECORRUPT, decode_exact(s.n, longer, s.size + 1));
        free(longer);
        free_stream(&s);
    }
    const uint8_t lone[] = { 3, 0 };
    assert_ok(decode_exact(9, lone, 1));
    assert_fails(DC_ECORRUPT, decode_exact(9, lone, 2));
}

static void another_number_of_symbols_is_refused(void **state)
{
    (void)state;
    stream s = make_stream(300, 256, 1, 13); /* about 8 bits each: padding holds no symbol */
    assert_ok(decode_exact(s.n, s.data, s.size));
    assert_fails(DC_ECORRUPT, decode_exact(s.n - 2, s.data, s.size));
    assert_fails(DC_ECORRUPT, decode_exact(s.n + 2, s.data, s.size));
    assert_fails(DC_ECORRUPT, decode_exact(s.size * 8 + 1, s.data, s.size));
    free_stream(&s);
}

static void padding_that_is_not_zero_is_refused(void **state)
{
    (void)state;
    uint8_t four[] = { 0x44, 0x91, 0xc9, 0x01 };
    assert_ok(decode_exact(8, four, 4));
    for (unsigned bit = 1; bit < 8; bit++) {
        four[3] = (uint8_t)(1 | 1 << bit);
        assert_fails(DC_ECORRUPT, decode_exact(8, four, 4));
    }
}

static void padding_before_the_jumps_must_be_zero(void **state)
{
    (void)state;
    stream s = make_stream(65536, 2, 1, 14);
    assert_int_equal(s.data[0], 0x04);
    s.data[0] = 0x84;
    assert_fails(DC_ECORRUPT, decode_exact(s.n, s.data, s.size));
    free_stream(&s);
}

static void every_changed_jump_is_refused(void **state)
{
    (void)state;
    stream s = make_stream(65536, 2, 1, 15);
    for (unsigned bit = 0; bit < 96; bit++) {
        s.data[1 + bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_fails(DC_ECORRUPT, decode_exact(s.n, s.data, s.size));
        s.data[1 + bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_ok(decode_exact(s.n, s.data, s.size));
    free_stream(&s);
}

static void a_bit_between_two_quarters_is_refused(void **state)
{
    (void)state;
    const uint64_t size = 13 + 8193;
    uint8_t *data = calloc(size, 1); /* 65536 zeros, and one bit too many after the first quarter */
    assert_non_null(data);
    data[0] = 0x04;
    for (unsigned i = 1; i <= 3; i++) {
        const unsigned jump = i * 16384 + 1;
        data[4 * i - 3] = (uint8_t)jump;
        data[4 * i - 2] = (uint8_t)(jump >> 8);
    }
    assert_fails(DC_ECORRUPT, decode_exact(65536, data, size));
    for (unsigned i = 1; i <= 3; i++)
        data[4 * i - 3]--;
    assert_ok(decode_exact(65536, data, size - 1));
    free(data);
}

static void random_bytes_never_break_it(void **state)
{
    (void)state;
    uint8_t bytes[200];
    dc_rng rng;
    dc_rng_init(&rng, SEED, 20);
    for (unsigned i = 0; i < 20000; i++) {
        const uint64_t size = dc_rng_below(&rng, sizeof bytes);
        for (uint64_t k = 0; k < size; k++)
            bytes[k] = (uint8_t)dc_rng_u64(&rng);
        const dc_status status = decode_exact(dc_rng_below(&rng, 400), bytes, size);
        assert_true(status == DC_OK || status == DC_ECORRUPT);
    }
}

static void damaged_streams_never_break_it(void **state)
{
    (void)state;
    const uint64_t lengths[] = { 500, 66000 };
    dc_rng rng;
    dc_rng_init(&rng, SEED, 21);
    for (unsigned i = 0; i < 2; i++) {
        stream s = make_stream(lengths[i], 32, 0.85, 22 + i);
        for (unsigned k = 0; k < (i == 0 ? 5000 : 300); k++) {
            const uint64_t reach = k % 2 == 0 ? DC_MIN(s.size, 40) : s.size;
            const uint64_t at = dc_rng_below(&rng, reach);
            const uint8_t was = s.data[at];
            s.data[at] = (uint8_t)dc_rng_u64(&rng);
            const dc_status status = decode_exact(s.n, s.data, s.size);
            assert_true(status == DC_OK || status == DC_ECORRUPT);
            s.data[at] = was;
        }
        free_stream(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_streams_of_every_length_come_back),
        cmocka_unit_test(long_streams_come_back),
        cmocka_unit_test(quarters_of_very_different_sizes_come_back),
        cmocka_unit_test(all_256_symbols_once_come_back),
        cmocka_unit_test(words_of_the_full_length_come_back),
        cmocka_unit_test(a_lone_symbol_costs_its_table_only),
        cmocka_unit_test(no_symbols_are_no_bytes),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(a_byte_too_many_is_refused),
        cmocka_unit_test(another_number_of_symbols_is_refused),
        cmocka_unit_test(padding_that_is_not_zero_is_refused),
        cmocka_unit_test(padding_before_the_jumps_must_be_zero),
        cmocka_unit_test(every_changed_jump_is_refused),
        cmocka_unit_test(a_bit_between_two_quarters_is_refused),
        cmocka_unit_test(random_bytes_never_break_it),
        cmocka_unit_test(damaged_streams_never_break_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
