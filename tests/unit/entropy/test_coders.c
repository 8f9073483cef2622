/* SPDX-License-Identifier: MIT
 *
 * The table of coders, and streams that take the cheapest.
 */
#include "test.h"

#include "streams.h"

#define SEED 16

static void ids_and_names_find_the_same_rows(void **state)
{
    (void)state;
    assert_int_equal(dc_coder_named("raw")->id, 0);
    assert_int_equal(dc_coder_named("huffman")->id, 1);
    assert_ptr_equal(dc_coder_find(0), dc_coder_named("raw"));
    assert_ptr_equal(dc_coder_find(1), dc_coder_named("huffman"));
    assert_null(dc_coder_find(2));
    assert_null(dc_coder_named("Raw"));
}

/* Encodes, compares what was promised, decodes, compares what is told. */
static dc_stream_info check_stream(const uint8_t *symbols, uint64_t n, unsigned coder_mask)
{
    dc_histogram h;
    dc_writer w;
    dc_stream_info info, again;
    dc_histogram_count(&h, symbols, n);
    dc_writer_init(&w, 2 * n + 64);
    dc_stream_encode(&w, &info, symbols, n, coder_mask);
    assert_ok(w.status);
    assert_int_equal(w.size, info.total_bytes);
    assert_int_equal(w.size, dc_stream_bytes(&h, coder_mask));

    uint8_t *back = malloc(n > 0 ? n : 1), *data = exact_copy(w.data, w.size);
    assert_non_null(back);
    memset(&again, 0xff, sizeof again);
    assert_ok(dc_stream_decode(back, n, 256, info.coder_id, data, w.size, &again));
    if (n > 0)
        assert_memory_equal(back, symbols, n);
    assert_int_equal(again.n_symbols_coded, info.n_symbols_coded);
    assert_int_equal(again.raw_bytes, info.raw_bytes);
    assert_int_equal(again.table_bytes, info.table_bytes);
    assert_int_equal(again.total_bytes, info.total_bytes);
    assert_int_equal(again.coder_id, info.coder_id);
    assert_near(again.entropy_bits, info.entropy_bits, 0);
    assert_near(again.huffman_bits, info.huffman_bits, 0);
    free(data);
    free(back);
    dc_writer_clear(&w);
    return info;
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
        assert_int_equal(best.raw_bytes, raw);
    }
}

static void entropy_huffman_and_raw_are_told_side_by_side(void **state)
{
    (void)state;
    const uint8_t symbols[] = { 0, 1, 0, 2, 0, 1, 0, 3 };
    const dc_stream_info info = check_stream(symbols, sizeof symbols, 2);
    assert_int_equal(info.n_symbols_coded, 8);
    assert_near(info.entropy_bits, 1.75, 1e-12);
    assert_near(info.huffman_bits, 1.75, 1e-12);
    assert_int_equal(info.raw_bytes, 2);
    assert_int_equal(info.table_bytes, 2);
    assert_int_equal(info.total_bytes, 4);
}

static void an_empty_stream_is_no_bytes(void **state)
{
    (void)state;
    assert_int_equal(check_stream(NULL, 0, 0).total_bytes, 0);
    assert_int_equal(check_stream(NULL, 0, 2).total_bytes, 0);
}

static void info_is_optional(void **state)
{
    (void)state;
    const uint8_t symbols[] = { 1, 1, 0 };
    uint8_t back[3];
    dc_writer w;
    dc_writer_init(&w, 100);
    dc_stream_encode(&w, NULL, symbols, 3, 1);
    assert_ok(w.status);
    assert_ok(dc_stream_decode(back, 3, 2, 0, w.data, w.size, NULL));
    assert_memory_equal(back, symbols, 3);
    dc_writer_clear(&w);
}

static void an_unknown_coder_is_refused(void **state)
{
    (void)state;
    uint8_t symbol = 0;
    dc_histogram h;
    dc_writer w;
    assert_fails(DC_EUNSUPPORTED, dc_stream_decode(&symbol, 1, 2, 9, &symbol, 0, NULL));
    dc_histogram_count(&h, NULL, 0);
    assert_true(dc_stream_bytes(&h, 1u << 9) == UINT64_MAX);
    dc_writer_init(&w, 100);
    dc_stream_encode(&w, NULL, NULL, 0, 1u << 9);
    assert_fails(DC_EINPUT, w.status);
    dc_writer_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_and_names_find_the_same_rows),
        cmocka_unit_test(the_cheapest_coder_is_taken),
        cmocka_unit_test(entropy_huffman_and_raw_are_told_side_by_side),
        cmocka_unit_test(an_empty_stream_is_no_bytes),
        cmocka_unit_test(info_is_optional),
        cmocka_unit_test(an_unknown_coder_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
