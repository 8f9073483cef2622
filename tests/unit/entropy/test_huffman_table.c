/* SPDX-License-Identifier: MIT
 *
 * The stored code table: small, exact, and distrustful when read.
 */
#include "test.h"

#include "huffman.h"

#define SEED 12

static dc_status get_table(dc_huffman *out, const uint8_t *bytes, uint64_t size, unsigned n_symbols)
{
    dc_bit_reader b = dc_bit_reader_over(bytes, size);
    return dc_huffman_table_get(out, &b, n_symbols);
}

static void check_table(const dc_histogram *h)
{
    dc_huffman code, back;
    dc_writer w;
    dc_bit_writer b;
    dc_huffman_build(&code, h);
    dc_writer_init(&w, 4096);
    dc_bit_writer_init(&b, &w);
    dc_huffman_table_put(&b, &code);
    dc_put_bits_end(&b);
    assert_ok(w.status);
    assert_int_equal(w.size, (dc_huffman_table_bits(&code) + 7) / 8);
    assert_ok(get_table(&back, w.data, w.size, DC_MAX_SYMBOLS));
    assert_int_equal(back.n_symbols, code.n_symbols);
    assert_memory_equal(back.lengths, code.lengths, sizeof code.lengths);
    assert_memory_equal(back.words, code.words, sizeof code.words);
    dc_writer_clear(&w);
}

static void random_tables_come_back(void **state)
{
    (void)state;
    dc_rng rng;
    dc_rng_init(&rng, SEED, 0);
    for (unsigned i = 0; i < 3000; i++) {
        dc_histogram h = { .n_symbols = 1 + (unsigned)dc_rng_below(&rng, 256) };
        const uint64_t sparse = 1 + dc_rng_below(&rng, 20), spread = 1 + dc_rng_below(&rng, 30);
        for (unsigned s = 0; s < h.n_symbols; s++)
            if (dc_rng_below(&rng, sparse) == 0)
                h.counts[s] = dc_rng_below(&rng, UINT64_C(1) << dc_rng_below(&rng, spread));
        h.counts[h.n_symbols - 1]++;
        check_table(&h);
    }
}

static void every_lone_symbol_comes_back(void **state)
{
    (void)state;
    for (unsigned s = 0; s < DC_MAX_SYMBOLS; s++) {
        dc_histogram h = { .n_symbols = s + 1, .n_total = 5 };
        h.counts[s] = 5;
        check_table(&h);
        assert_int_equal(dc_huffman_stream_bytes(&h), s < 63 ? 1 : 2);
    }
}

static void the_widest_gap_between_two_symbols_comes_back(void **state)
{
    (void)state;
    dc_histogram h = { .n_symbols = 256, .n_total = 2 };
    h.counts[0] = h.counts[255] = 1;
    check_table(&h);
}

static void geometric_alphabets_cost_few_bytes(void **state)
{
    (void)state;
    for (unsigned n = 16; n <= 32; n += 16) {
        dc_histogram h = { .n_symbols = n };
        double count = 3000;
        for (unsigned s = 0; s < n; s++, count *= 0.85)
            h.counts[s] = (uint64_t)count;
        dc_huffman code;
        dc_huffman_build(&code, &h);
        assert_true(dc_huffman_table_bits(&code) <= n / 16 * 5 * 8);
    }
}

static void an_oversubscribed_table_is_refused(void **state)
{
    (void)state;
    /* selector 0, length 2, then 1 less: 1/4 + 1/2, then the same: 5/4 */
    const uint8_t bytes[] = { 0x08 | 0x3 << 6, 0x00 };
    dc_huffman code;
    assert_fails(DC_ECORRUPT, get_table(&code, bytes, sizeof bytes, 256));
}

static void lengths_outside_1_to_12_are_refused(void **state)
{
    (void)state;
    const uint8_t too_long[] = { 13 << 2, 0 };             /* first length 13      */
    const uint8_t past_12[] = { 12 << 2 | 1 << 6, 0 };     /* 12, then one more    */
    const uint8_t below_1[] = { 1 << 2 | 3 << 6, 0 };      /* 1, then one less     */
    const uint8_t named_0[] = { 2 << 2 | 3 << 6, 0x3, 0 }; /* 2, then a length, 0  */
    dc_huffman code;
    assert_fails(DC_ECORRUPT, get_table(&code, too_long, sizeof too_long, 256));
    assert_fails(DC_ECORRUPT, get_table(&code, past_12, sizeof past_12, 256));
    assert_fails(DC_ECORRUPT, get_table(&code, below_1, sizeof below_1, 256));
    assert_fails(DC_ECORRUPT, get_table(&code, named_0, sizeof named_0, 256));
}

static void symbols_outside_the_alphabet_are_refused(void **state)
{
    (void)state;
    const uint8_t pair[] = { 1 << 2, 0 }; /* symbols 0 and 1, length 1 */
    const uint8_t gap[] = { 0xc0, 0 };    /* 4 absent first            */
    const uint8_t lone[] = { 3 | 7 << 2 };
    dc_huffman code;
    assert_ok(get_table(&code, pair, sizeof pair, 2));
    assert_fails(DC_ECORRUPT, get_table(&code, pair, sizeof pair, 1));
    assert_fails(DC_ECORRUPT, get_table(&code, gap, sizeof gap, 3));
    assert_ok(get_table(&code, lone, sizeof lone, 8));
    assert_fails(DC_ECORRUPT, get_table(&code, lone, sizeof lone, 7));
}

static void runs_that_are_too_long_are_refused(void **state)
{
    (void)state;
    const uint8_t bytes[] = { 0xc0, 0xff, 0xff, 0xff }; /* gamma with more than 8 ones */
    dc_huffman code;
    assert_fails(DC_ECORRUPT, get_table(&code, bytes, sizeof bytes, 256));
}

static void a_lone_symbol_in_its_longer_form_is_refused(void **state)
{
    (void)state;
    const uint8_t bytes[] = { 0xff, 62 };
    dc_huffman code;
    assert_fails(DC_ECORRUPT, get_table(&code, bytes, sizeof bytes, 256));
}

static void a_table_that_is_cut_is_refused(void **state)
{
    (void)state;
    const uint8_t bytes[] = { 2 << 2, 0 }; /* length 2, 2, 2, ... of which only two bits remain */
    dc_huffman code;
    assert_fails(DC_ECORRUPT, get_table(&code, bytes, 1, 256));
    assert_fails(DC_ECORRUPT, get_table(&code, bytes, 0, 256));
    assert_ok(get_table(&code, bytes, 2, 256));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_tables_come_back),
        cmocka_unit_test(every_lone_symbol_comes_back),
        cmocka_unit_test(the_widest_gap_between_two_symbols_comes_back),
        cmocka_unit_test(geometric_alphabets_cost_few_bytes),
        cmocka_unit_test(an_oversubscribed_table_is_refused),
        cmocka_unit_test(lengths_outside_1_to_12_are_refused),
        cmocka_unit_test(symbols_outside_the_alphabet_are_refused),
        cmocka_unit_test(runs_that_are_too_long_are_refused),
        cmocka_unit_test(a_lone_symbol_in_its_longer_form_is_refused),
        cmocka_unit_test(a_table_that_is_cut_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
