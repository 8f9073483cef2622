/* SPDX-License-Identifier: MIT
 *
 * The table of coders, and streams that take the cheapest.
 */
#include "test.h"

#include "streams.h"

#define SEED 16

static void ids_and_places_find_the_same_rows(void **state)
{
    (void)state;
    uint32_t n = 0;
    for (; dc_coder_at(n) != NULL; n++) {
        const dc_coder *coder = dc_coder_at(n);
        assert_ptr_equal(dc_coder_find(coder->id), coder);
        assert_true(coder->id < DC_MAX_CODERS);
        assert_true(n == 0 || coder->id > dc_coder_at(n - 1)->id);
    }
    assert_true(n >= 2);
    assert_string_equal(dc_coder_find(DC_CODER_RAW)->name, "raw");
    assert_string_equal(dc_coder_find(1)->name, "huffman");
    assert_null(dc_coder_find(2));
}

/* "best" and the names, in the order of the table; a word allows what is before it, too. */
static void words_are_best_and_the_names(void **state)
{
    (void)state;
    char words[200] = "best";
    uint32_t mask = 0;
    assert_int_equal(dc_coder_mask_of(0), 0);
    for (uint32_t i = 0; dc_coder_at(i) != NULL; i++) {
        snprintf(words + strlen(words), sizeof words - strlen(words), "|%s", dc_coder_at(i)->name);
        mask |= 1u << dc_coder_at(i)->id;
        assert_int_equal(dc_coder_mask_of(i + 1), mask);
    }
    assert_string_equal(dc_coder_words, words);
}

/* Encodes with the cheapest, compares what was promised, decodes. */
static dc_stream_info check_stream(const uint8_t *symbols, uint64_t n, uint32_t coder_mask)
{
    dc_histogram h;
    uint64_t bytes;
    dc_stream_info info;
    const dc_stream s = counted_stream(&h, symbols, n, 256);
    const dc_coder *coder = dc_stream_cheapest(&bytes, &s, coder_mask);
    assert_non_null(coder);
    assert_int_equal(check_round_trip(coder, symbols, n, 256), bytes);
    memset(&info, 0xff, sizeof info);
    dc_stream_explain(&info, &s, coder->id, bytes);
    assert_int_equal(info.n_symbols_coded, n);
    assert_int_equal(info.total_bytes, bytes);
    assert_int_equal(info.coder_id, coder->id);
    return info;
}

/* Alphabets of every kind: one symbol, few, all; flat and steep; with holes. */
static void every_coder_foretells_its_bytes(void **state)
{
    (void)state;
    const uint64_t lengths[] = { 0, 1, 2, 3, 7, 64, 300, 5000, 65535, 65536, 70001 };
    const unsigned alphabets[] = { 1, 2, 3, 16, 100, 256 };
    const double ratios[] = { 1, 0.9, 0.5, 0.02 };
    uint8_t *symbols = malloc(70001);
    dc_rng rng;
    dc_rng_init(&rng, SEED, 2);
    assert_non_null(symbols);
    for (size_t i = 0; i < DC_COUNT_OF(lengths); i++)
        for (size_t k = 0; k < DC_COUNT_OF(alphabets); k++)
            for (size_t r = 0; r < DC_COUNT_OF(ratios); r++) {
                draw_stream(symbols, lengths[i], alphabets[k], ratios[r], r == 1 ? 0.3 : 0, &rng);
                for (uint32_t c = 0; dc_coder_at(c) != NULL; c++)
                    check_round_trip(dc_coder_at(c), symbols, lengths[i], alphabets[k]);
            }
    free(symbols);
}

static void the_cheapest_coder_is_taken(void **state)
{
    (void)state;
    uint8_t symbols[1000];
    dc_rng rng;
    dc_rng_init(&rng, SEED, 0);
    for (unsigned i = 0; i < 300; i++) {
        const uint64_t n = dc_rng_below(&rng, sizeof symbols);
        draw_stream(symbols, n, 16, 0.5 + dc_rng_unit(&rng) / 2, 0, &rng);
        const uint64_t raw = check_stream(symbols, n, 1).total_bytes;
        const uint64_t huffman = check_stream(symbols, n, 2).total_bytes;
        const dc_stream_info best = check_stream(symbols, n, 0);
        assert_int_equal(best.total_bytes, DC_MIN(raw, huffman));
        assert_int_equal(best.coder_id, huffman < raw ? 1 : 0);
        uint64_t least = UINT64_MAX;
        for (uint32_t c = 0; dc_coder_at(c) != NULL; c++)
            least = DC_MIN(least, check_stream(symbols, n, 1u << dc_coder_at(c)->id).total_bytes);
        assert_int_equal(check_stream(symbols, n, UINT32_MAX).total_bytes, least);
    }
}

static void entropy_and_coders_are_side_by_side(void **state)
{
    (void)state;
    const uint8_t symbols[] = { 0, 1, 0, 2, 0, 1, 0, 3 };
    const dc_stream_info info = check_stream(symbols, sizeof symbols, 2);
    assert_int_equal(info.n_symbols_coded, 8);
    assert_near(info.entropy_bits, 1.75, 1e-12);
    assert_near(info.coder_bits[DC_CODER_RAW], 2, 1e-12);
    assert_near(info.coder_bits[1], 1.75, 1e-12);
    assert_int_equal(info.table_bytes, 2);
    assert_int_equal(info.total_bytes, 4);
    const dc_stream_info raw = check_stream(symbols, sizeof symbols, 1);
    assert_near(raw.coder_bits[1], 1.75, 1e-12);
    assert_int_equal(raw.table_bytes, 0);
    assert_int_equal(raw.total_bytes, 2);
}

static void an_empty_stream_is_no_bytes(void **state)
{
    (void)state;
    for (uint32_t c = 0; dc_coder_at(c) != NULL; c++)
        assert_int_equal(check_stream(NULL, 0, 1u << dc_coder_at(c)->id).total_bytes, 0);
    assert_int_equal(check_stream(NULL, 0, 0).total_bytes, 0);
}

/* Without symbols, the coders that need them are left out. */
static void counts_alone_are_priced_as_with_symbols(void **state)
{
    (void)state;
    uint8_t symbols[500];
    dc_histogram h;
    dc_rng rng;
    uint64_t with, without;
    dc_rng_init(&rng, SEED, 3);
    draw_stream(symbols, sizeof symbols, 20, 0.8, 0, &rng);
    dc_stream s = counted_stream(&h, symbols, sizeof symbols, 20);
    const dc_coder *coder = dc_stream_cheapest(&with, &s, 0);
    s.symbols = NULL;
    assert_ptr_equal(dc_stream_cheapest(&without, &s, 0), coder);
    assert_int_equal(with, without);
    assert_true(dc_coder_mask_is_by_counts(0) && dc_coder_mask_is_by_counts(3));
    assert_true(dc_stream_cheapest(&without, &s, UINT32_MAX)->is_by_counts);
}

static void an_unknown_coder_is_refused(void **state)
{
    (void)state;
    uint8_t symbol = 0;
    dc_histogram h;
    uint64_t bytes;
    const dc_stream s = counted_stream(&h, &symbol, 1, 2);
    assert_fails(DC_EUNSUPPORTED, dc_stream_decode(&symbol, &s, 9, &symbol, 0));
    assert_null(dc_stream_cheapest(&bytes, &s, 1u << 9));
    assert_true(bytes == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_and_places_find_the_same_rows),
        cmocka_unit_test(words_are_best_and_the_names),
        cmocka_unit_test(every_coder_foretells_its_bytes),
        cmocka_unit_test(the_cheapest_coder_is_taken),
        cmocka_unit_test(entropy_and_coders_are_side_by_side),
        cmocka_unit_test(an_empty_stream_is_no_bytes),
        cmocka_unit_test(counts_alone_are_priced_as_with_symbols),
        cmocka_unit_test(an_unknown_coder_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
