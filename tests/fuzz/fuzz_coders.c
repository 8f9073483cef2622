/* SPDX-License-Identifier: MIT
 *
 * dc_stream_decode: byte 0 the coder (bits 0-1) and whether the stream is long enough for lanes
 * (bit 7), bytes 1-2 the number of symbols, byte 3 the alphabet, then the stream. Symbols that come
 * out are inside the alphabet and survive being encoded again by every coder, in the bytes that it
 * foretold, and by the cheapest.
 */
#include "fuzz.h"

#include "dcomp/entropy.h"

#define LANES_FROM 65536u

static void check_round_trip(const dc_coder *coder, const dc_stream *s)
{
    dc_writer w;
    dc_stream_info info;
    dc_stream shape = { .n = s->n, .n_symbols = s->n_symbols };
    uint8_t *again = malloc(s->n + 1);
    FUZZ_CHECK(again != NULL);
    dc_writer_init(&w, UINT64_C(1) << 24);
    coder->encode(&w, s);
    FUZZ_CHECK(w.status == DC_OK && coder->bytes(s, UINT64_MAX) == w.size);
    FUZZ_CHECK(dc_stream_decode(again, &shape, coder->id, w.data, w.size) == DC_OK);
    FUZZ_CHECK(memcmp(again, s->symbols, s->n) == 0);
    dc_stream_explain(&info, s, coder->id, w.size);
    FUZZ_CHECK(info.total_bytes == w.size && info.table_bytes <= w.size);
    free(again);
    dc_writer_clear(&w);
}

static void check_coders(const uint8_t *symbols, uint64_t n, uint32_t n_symbols)
{
    dc_histogram h;
    uint64_t least = UINT64_MAX, bytes;
    const dc_stream s = { .symbols = symbols, .counts = &h, .n = n, .n_symbols = n_symbols };
    dc_histogram_count(&h, symbols, n);
    for (uint32_t i = 0; dc_coder_at(i) != NULL; i++) {
        check_round_trip(dc_coder_at(i), &s);
        least = DC_MIN(least, dc_coder_at(i)->bytes(&s, UINT64_MAX));
    }
    FUZZ_CHECK(dc_stream_cheapest(&bytes, &s, UINT32_MAX) != NULL && bytes == least);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n < 4)
        return 0;
    const uint8_t coder_id = data[0] & 3;
    const uint64_t n_coded =
        (uint64_t)data[1] + 256u * data[2] + (data[0] & 0x80 ? LANES_FROM : 0);
    const uint32_t n_symbols = data[3] + 1u;
    /* A copy of the exact size, so that a step over the end is seen. */
    uint8_t *stream = malloc(n - 4 + (n == 4));
    uint8_t *symbols = malloc(n_coded + (n_coded == 0));
    FUZZ_CHECK(stream != NULL && symbols != NULL);
    memcpy(stream, data + 4, n - 4);
    const dc_stream shape = { .n = n_coded, .n_symbols = n_symbols };
    dc_pool_set_jobs(1);
    if (dc_stream_decode(symbols, &shape, coder_id, stream, n - 4) == DC_OK) {
        for (uint64_t i = 0; i < n_coded; i++)
            FUZZ_CHECK(symbols[i] < n_symbols);
        check_coders(symbols, n_coded, n_symbols);
    }
    if (fuzz_fault_begin(data, n)) {
        const dc_status status = dc_stream_decode(symbols, &shape, coder_id, stream, n - 4);
        fuzz_fault_end();
        FUZZ_CHECK(status == DC_OK || dc_message()[0] != '\0');
    }
    free(stream);
    free(symbols);
    return 0;
}
