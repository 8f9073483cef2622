/* SPDX-License-Identifier: MIT
 *
 * The "rans" coder: round trips, sizes, and streams that lie. Inputs and outputs end where their
 * heap blocks end, so that a sanitizer sees every byte touched beyond.
 */
#include "test.h"

#include "streams.h"

#define SEED 17

static const dc_coder *rans(void)
{
    return dc_coder_find(3);
}

typedef struct stream {
    uint64_t n, size;
    unsigned n_alphabet;
    uint8_t *symbols, *data;
} stream;

static stream make_stream(uint64_t n, unsigned n_alphabet, double ratio, uint64_t seed)
{
    stream s = { .n = n, .n_alphabet = n_alphabet, .symbols = malloc(n) };
    dc_rng rng;
    dc_writer w;
    dc_histogram h;
    assert_non_null(s.symbols);
    dc_rng_init(&rng, SEED, seed);
    draw_stream(s.symbols, n, n_alphabet, ratio, 0, &rng);
    const dc_stream made = counted_stream(&h, s.symbols, n, n_alphabet);
    dc_writer_init(&w, 2 * n + 1024);
    rans()->encode(&w, &made);
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
static dc_status decode_exact(uint64_t n, unsigned n_alphabet, const uint8_t *data, uint64_t size)
{
    const dc_stream shape = { .n = n, .n_symbols = n_alphabet };
    uint8_t *copy = exact_copy(data, size), *out = malloc(n > 0 ? n : 1);
    assert_non_null(out);
    const dc_status status = rans()->decode(out, &shape, copy, size);
    for (uint64_t i = 0; status == DC_OK && i < n; i++)
        assert_true(out[i] < n_alphabet);
    free(out);
    free(copy);
    return status;
}

static void streams_of_every_length_come_back(void **state)
{
    (void)state;
    uint8_t *symbols = malloc(300000);
    dc_rng rng;
    dc_rng_init(&rng, SEED, 0);
    assert_non_null(symbols);
    for (unsigned i = 0; i < 760; i++) {
        const uint64_t n = i < 700   ? i
                           : i < 712 ? 65530 + i - 700
                                     : 60000 + dc_rng_below(&rng, 240000);
        const unsigned n_alphabet = 1 + (unsigned)dc_rng_below(&rng, 256);
        draw_stream(symbols, n, n_alphabet, 0.3 + 0.7 * dc_rng_unit(&rng), 0.2, &rng);
        check_round_trip(rans(), symbols, n, n_alphabet);
    }
    free(symbols);
}

static void symbols_that_are_rarest_and_commonest_come_back(void **state)
{
    (void)state;
    uint8_t *symbols = calloc(100000, 1);
    assert_non_null(symbols);
    for (unsigned s = 0; s < 256; s++)
        symbols[s * 300] = (uint8_t)s;
    check_round_trip(rans(), symbols, 100000, 256);
    for (unsigned s = 0; s < 256; s++)
        symbols[s] = (uint8_t)(255 - s);
    check_round_trip(rans(), symbols, 256, 256);
    memset(symbols, 0, 100000);
    symbols[99999] = 1;
    check_round_trip(rans(), symbols, 100000, 2);
    free(symbols);
}

static void a_lone_symbol_costs_its_table_only(void **state)
{
    (void)state;
    uint8_t *symbols = malloc(70000);
    assert_non_null(symbols);
    for (unsigned s = 0; s < 256; s += 51) {
        memset(symbols, (int)s, 70000);
        const uint64_t size = check_round_trip(rans(), symbols, 1, 256);
        assert_true(size <= 7);
        assert_int_equal(check_round_trip(rans(), symbols, 70000, 256), size);
    }
    free(symbols);
}

/* Where code words of whole bits cannot. */
static void long_streams_come_within_a_thousandth_of_the_entropy(void **state)
{
    (void)state;
    const double ratios[] = { 0.05, 0.3, 0.6, 0.85, 0.97 };
    for (unsigned i = 0; i < DC_COUNT_OF(ratios); i++) {
        dc_histogram h;
        stream s = make_stream(400000, 16, ratios[i], 30 + i);
        dc_histogram_count(&h, s.symbols, s.n);
        const double entropy = dc_histogram_entropy_bits(&h);
        const double bits = (double)s.size * 8 / (double)s.n;
        assert_true(bits >= entropy && bits <= entropy * 1.001 + 0.001);
        free_stream(&s);
    }
}

static void pricing_gives_up_where_it_must_not_go_on(void **state)
{
    (void)state;
    dc_histogram h;
    stream s = make_stream(70000, 30, 0.8, 1);
    const dc_stream counted = counted_stream(&h, s.symbols, s.n, s.n_alphabet);
    assert_int_equal(rans()->bytes(&counted, UINT64_MAX), s.size);
    for (uint64_t give_up_at = 0; give_up_at <= s.size; give_up_at += 1 + give_up_at / 7)
        assert_true(rans()->bytes(&counted, give_up_at) >= give_up_at);
    free_stream(&s);
}

/* The worked example of docs/format_streams.md. */
static void the_example_of_the_page(void **state)
{
    (void)state;
    const uint8_t symbols[] = { 0, 0, 0, 1, 0, 0, 2, 0 };
    const uint8_t bytes[] = { 0xc0, 0x06, 0x8a, 0x59, 0x7d, 0x01 };
    dc_histogram h;
    dc_writer w;
    const dc_stream s = counted_stream(&h, symbols, sizeof symbols, 3);
    dc_writer_init(&w, 100);
    rans()->encode(&w, &s);
    assert_ok(w.status);
    assert_int_equal(w.size, sizeof bytes);
    assert_memory_equal(w.data, bytes, sizeof bytes);
    dc_writer_clear(&w);
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    const uint64_t lengths[] = { 300, 70000 };
    for (unsigned i = 0; i < 2; i++) {
        stream s = make_stream(lengths[i], 20, 0.8, 10 + i);
        for (uint64_t size = 0; size < s.size; size += 1 + size / 50)
            assert_fails(DC_ECORRUPT, decode_exact(s.n, 20, s.data, size));
        assert_fails(DC_ECORRUPT, decode_exact(s.n, 20, s.data, s.size - 1));
        assert_fails(DC_ECORRUPT, decode_exact(s.n, 20, s.data, s.size - 2));
        free_stream(&s);
    }
}

static void bytes_too_many_are_refused(void **state)
{
    (void)state;
    const uint64_t lengths[] = { 300, 70000 };
    for (unsigned i = 0; i < 2; i++) {
        stream s = make_stream(lengths[i], 20, 0.8, 12);
        uint8_t *longer = calloc(s.size + 2, 1);
        assert_non_null(longer);
        memcpy(longer, s.data, s.size);
        assert_fails(DC_ECORRUPT, decode_exact(s.n, 20, longer, s.size + 1));
        assert_fails(DC_ECORRUPT, decode_exact(s.n, 20, longer, s.size + 2));
        free(longer);
        free_stream(&s);
    }
    const uint8_t byte = 0;
    assert_fails(DC_ECORRUPT, decode_exact(0, 1, &byte, 1));
}

static void another_number_of_symbols_is_refused(void **state)
{
    (void)state;
    stream s = make_stream(300, 20, 0.8, 13);
    assert_ok(decode_exact(s.n, 20, s.data, s.size));
    assert_fails(DC_ECORRUPT, decode_exact(s.n - 1, 20, s.data, s.size));
    assert_fails(DC_ECORRUPT, decode_exact(s.n + 1, 20, s.data, s.size));
    assert_fails(DC_ECORRUPT, decode_exact(UINT64_C(1) << 16, 20, s.data, s.size));
    free_stream(&s);
}

static void assert_refused(const char *text, uint64_t n, unsigned n_alphabet, const uint8_t *data,
                           uint64_t size)
{
    assert_fails(DC_ECORRUPT, decode_exact(n, n_alphabet, data, size));
    if (strstr(dc_message(), text) == NULL)
        fail_msg("'%s' does not say '%s'", dc_message(), text);
}

/* Five zero bits are t = 0 and k = 0; items follow, the first bit lowest. */
static void tables_that_lie_are_refused(void **state)
{
    (void)state;
    const uint8_t long_item[] = { 0xe0, 0xff, 0xff, 0xff };
    assert_refused("over 12 bits", 9, 2, long_item, sizeof long_item);
    const uint8_t too_high[] = { 0xa0, 0 }; /* "101": 1 over the top */
    assert_refused("out of range", 9, 2, too_high, sizeof too_high);
    const uint8_t too_low[] = { 0xe0, 0x0b, 0 }; /* "11111" "0" u(5) = 1: 16 below it */
    assert_refused("out of range", 9, 2, too_low, sizeof too_low);
    const uint8_t absent[] = { 0x60, 0x02 }; /* "11" "0" "01" "0": one is absent */
    assert_refused("no symbol", 9, 1, absent, sizeof absent);
    const uint8_t past[] = { 0x60, 0x06 }; /* "11" "0" "01" "100": two are */
    assert_refused("alphabet of 1", 9, 1, past, sizeof past);
    const uint8_t padding[] = { 0xc0 }; /* "0", then ones */
    assert_refused("padding", 9, 1, padding, sizeof padding);
    assert_ok(decode_exact(9, 1, (const uint8_t[]){ 0 }, 1));
}

static void states_out_of_range_are_refused(void **state)
{
    (void)state;
    dc_histogram h;
    stream s = make_stream(70000, 2, 1, 14);
    const dc_stream counted = counted_stream(&h, s.symbols, s.n, 2);
    const uint64_t table_bytes = s.size - rans()->payload_bits(&counted, s.size) / 8;
    for (unsigned lane = 0; lane < 4; lane++) {
        uint8_t *high = s.data + table_bytes + 4 * lane + 2;
        const uint8_t was[2] = { high[0], high[1] };
        high[0] = high[1] = 0;
        assert_refused("out of range", s.n, 2, s.data, s.size);
        memcpy(high, was, 2);
    }
    assert_ok(decode_exact(s.n, 2, s.data, s.size));
    free_stream(&s);
}

/* Of states and words: another symbol comes out, or the end is not where it should be. */
static void every_changed_bit_is_refused_or_other_symbols(void **state)
{
    (void)state;
    uint8_t out[400];
    dc_histogram h;
    stream s = make_stream(sizeof out, 2, 1, 15);
    const dc_stream counted = counted_stream(&h, s.symbols, s.n, 2),
                    shape = { .n = s.n, .n_symbols = 2 };
    const uint64_t table_bytes = s.size - rans()->payload_bits(&counted, s.size) / 8;
    for (uint64_t bit = table_bytes * 8; bit < s.size * 8; bit++) {
        s.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        const dc_status status = rans()->decode(out, &shape, s.data, s.size);
        assert_true(status == DC_ECORRUPT || memcmp(out, s.symbols, s.n) != 0);
        s.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free_stream(&s);
}

static void random_and_damaged_bytes_never_break_it(void **state)
{
    (void)state;
    const uint64_t lengths[] = { 500, 66000 };
    uint8_t bytes[200];
    dc_rng rng;
    dc_rng_init(&rng, SEED, 20);
    for (unsigned i = 0; i < 20000; i++) {
        const uint64_t size = dc_rng_below(&rng, sizeof bytes);
        for (uint64_t k = 0; k < size; k++)
            bytes[k] = (uint8_t)dc_rng_u64(&rng);
        const dc_status status = decode_exact(dc_rng_below(&rng, 400), 1 + i % 256, bytes, size);
        assert_true(status == DC_OK || status == DC_ECORRUPT);
    }
    for (unsigned i = 0; i < 2; i++) {
        stream s = make_stream(lengths[i], 32, 0.85, 22 + i);
        for (unsigned k = 0; k < (i == 0 ? 5000 : 300); k++) {
            const uint64_t reach = k % 2 == 0 ? DC_MIN(s.size, 40) : s.size;
            const uint64_t at = dc_rng_below(&rng, reach);
            const uint8_t was = s.data[at];
            s.data[at] = (uint8_t)dc_rng_u64(&rng);
            const dc_status status = decode_exact(s.n, 32, s.data, s.size);
            assert_true(status == DC_OK || status == DC_ECORRUPT);
            s.data[at] = was;
        }
        free_stream(&s);
    }
}

static void a_failed_writer_is_left_alone(void **state)
{
    (void)state;
    dc_histogram h;
    dc_writer w;
    stream s = make_stream(1000, 20, 0.8, 16);
    const dc_stream counted = counted_stream(&h, s.symbols, s.n, s.n_alphabet);
    for (uint64_t limit = 0; limit < s.size; limit += 1 + limit / 3) {
        dc_writer_init(&w, limit > 0 ? limit : 1);
        rans()->encode(&w, &counted);
        assert_int_equal(w.status, DC_ELIMIT);
        dc_writer_clear(&w);
    }
    free_stream(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_of_every_length_come_back),
        cmocka_unit_test(symbols_that_are_rarest_and_commonest_come_back),
        cmocka_unit_test(a_lone_symbol_costs_its_table_only),
        cmocka_unit_test(long_streams_come_within_a_thousandth_of_the_entropy),
        cmocka_unit_test(pricing_gives_up_where_it_must_not_go_on),
        cmocka_unit_test(the_example_of_the_page),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(bytes_too_many_are_refused),
        cmocka_unit_test(another_number_of_symbols_is_refused),
        cmocka_unit_test(tables_that_lie_are_refused),
        cmocka_unit_test(states_out_of_range_are_refused),
        cmocka_unit_test(every_changed_bit_is_refused_or_other_symbols),
        cmocka_unit_test(random_and_damaged_bytes_never_break_it),
        cmocka_unit_test(a_failed_writer_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
