/* SPDX-License-Identifier: MIT
 *
 * Random streams for the tests of this room, and what all of them must do.
 */
#ifndef DCOMP_TESTS_ENTROPY_STREAMS_H
#define DCOMP_TESTS_ENTROPY_STREAMS_H

#include "dcomp/entropy.h"

/* Symbols below n_alphabet, each `ratio` times as likely as the one before it, some absent. */
static inline void draw_stream(uint8_t *out, uint64_t n, unsigned n_alphabet, double ratio,
                               double absent, dc_rng *rng)
{
    double weights[DC_MAX_SYMBOLS], sum = 0, next = 1;
    for (unsigned s = 0; s < n_alphabet; s++, next *= ratio) {
        weights[s] = dc_rng_unit(rng) < absent ? 0 : next;
        sum += weights[s];
    }
    for (uint64_t i = 0; i < n; i++) {
        double left = dc_rng_unit(rng) * sum;
        unsigned s = 0;
        while (s + 1 < n_alphabet && left >= weights[s])
            left -= weights[s++];
        out[i] = (uint8_t)s;
    }
}

/* `size` bytes that end where the heap block ends, so that a byte read past them is caught. */
static inline uint8_t *exact_copy(const uint8_t *data, uint64_t size)
{
    uint8_t *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    if (size > 0)
        memcpy(copy, data, size);
    return copy;
}

/* A stream of these symbols; `h` becomes its counts. */
static inline dc_stream counted_stream(dc_histogram *h, const uint8_t *symbols, uint64_t n,
                                       unsigned n_alphabet)
{
    dc_histogram_count(h, symbols, n);
    return (dc_stream){ .symbols = symbols, .counts = h, .n = n, .n_symbols = n_alphabet };
}

/* Encodes twice, compares with what was foretold, decodes, compares; returns the bytes. */
static inline uint64_t check_round_trip(const dc_coder *coder, const uint8_t *symbols, uint64_t n,
                                        unsigned n_alphabet)
{
    dc_histogram h;
    dc_writer first, second;
    const dc_stream s = counted_stream(&h, symbols, n, n_alphabet);
    dc_writer_init(&first, n * 2 + 1024);
    dc_writer_init(&second, n * 2 + 1024);
    coder->encode(&first, &s);
    coder->encode(&second, &s);
    assert_ok(first.status);
    assert_int_equal(first.size, coder->bytes(&s, UINT64_MAX));
    assert_int_equal(first.size, coder->bytes(&s, first.size + 1));
    assert_true(coder->bytes(&s, first.size) >= first.size);
    assert_int_equal(first.size, second.size);
    if (first.size > 0)
        assert_memory_equal(first.data, second.data, first.size);

    const uint64_t size = first.size;
    uint8_t *data = exact_copy(first.data, size), *back = malloc(n > 0 ? n : 1);
    assert_non_null(back);
    const dc_stream shape = { .n = n, .n_symbols = n_alphabet };
    assert_ok(coder->decode(back, &shape, data, size));
    if (n > 0)
        assert_memory_equal(back, symbols, n);
    free(back);
    free(data);
    dc_writer_clear(&first);
    dc_writer_clear(&second);
    return size;
}

#endif
