/* SPDX-License-Identifier: MIT
 *
 * The worked examples of docs/format_streams.md, byte for byte, written and read.
 */
#include "test.h"

#include "streams.h"

static void check_bytes(uint8_t coder_id, const uint8_t *symbols, uint64_t n, unsigned n_symbols,
                        const uint8_t *bytes, uint64_t size)
{
    dc_writer w;
    dc_histogram h;
    const dc_stream s = counted_stream(&h, symbols, n, n_symbols);
    dc_writer_init(&w, 100000);
    dc_coder_find(coder_id)->encode(&w, &s);
    assert_ok(w.status);
    assert_int_equal(w.size, size);
    assert_memory_equal(w.data, bytes, size);
    dc_writer_clear(&w);

    uint8_t *back = malloc(n);
    assert_non_null(back);
    const dc_stream shape = { .n = n, .n_symbols = n_symbols };
    assert_ok(dc_stream_decode(back, &shape, coder_id, bytes, size));
    assert_memory_equal(back, symbols, n);
    free(back);
}

static void raw_example(void **state)
{
    (void)state;
    const uint8_t symbols[] = { 1, 2, 3, 0, 1 }, bytes[] = { 0xd1, 0x10 };
    check_bytes(0, symbols, sizeof symbols, 4, bytes, sizeof bytes);
}

static void huffman_example(void **state)
{
    (void)state;
    const uint8_t symbols[] = { 0, 1, 0, 2, 0, 1, 0, 3 }, bytes[] = { 0x44, 0x91, 0xc9, 0x01 };
    check_bytes(1, symbols, sizeof symbols, 4, bytes, sizeof bytes);
}

static void absent_symbols_example(void **state)
{
    (void)state;
    const uint8_t symbols[] = { 5, 5, 9 }, bytes[] = { 0xc0, 0x8a, 0x2b, 0x02 };
    check_bytes(1, symbols, sizeof symbols, 10, bytes, sizeof bytes);
    check_bytes(1, symbols, sizeof symbols, 256, bytes, sizeof bytes);
}

static void lone_symbol_examples(void **state)
{
    (void)state;
    const uint8_t fives[] = { 5, 5, 5 }, five_bytes[] = { 0x17 };
    const uint8_t many[] = { 200, 200 }, many_bytes[] = { 0xff, 0xc8 };
    check_bytes(1, fives, sizeof fives, 6, five_bytes, sizeof five_bytes);
    check_bytes(1, many, sizeof many, 201, many_bytes, sizeof many_bytes);
}

static void long_example(void **state)
{
    (void)state;
    const uint8_t head[] = { 0x04, 0x00, 0x40, 0, 0, 0x00, 0x80, 0, 0, 0x00, 0xc0, 0, 0 };
    uint8_t *symbols = malloc(65536), bytes[sizeof head + 8192];
    assert_non_null(symbols);
    for (unsigned i = 0; i < 65536; i++)
        symbols[i] = i % 2;
    memcpy(bytes, head, sizeof head);
    memset(bytes + sizeof head, 0xaa, 8192);
    check_bytes(1, symbols, 65536, 2, bytes, sizeof bytes);
    free(symbols);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_example),
        cmocka_unit_test(huffman_example),
        cmocka_unit_test(absent_symbols_example),
        cmocka_unit_test(lone_symbol_examples),
        cmocka_unit_test(long_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
