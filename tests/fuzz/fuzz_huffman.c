/* SPDX-License-Identifier: MIT
 *
 * dc_stream_decode: byte 0 the coder (bits 0-1) and whether the stream is long enough for lanes
 * (bit 7), bytes 1-2 the number of symbols, byte 3 the alphabet, then the stream. Symbols that come
 * out are inside the alphabet and survive being encoded again by this coder and by the cheapest.
 */
#include "fuzz.h"

#include "dcomp/entropy.h"

#define LANES_FROM 65536u

static void check_round_trip(const uint8_t *symbols, uint64_t n, uint32_t n_symbols, unsigned mask)
{
    dc_writer w;
    dc_stream_info info, read_info;
    dc_histogram h;
    dc_writer_init(&w, UINT64_C(1) << 24);
    dc_stream_encode(&w, &info, symbols, n, mask);
    FUZZ_CHECK(w.status == DC_OK && info.total_bytes == w.size);
    dc_histogram_count(&h, symbols, n);
    FUZZ_CHECK(dc_stream_bytes(&h, mask) == w.size);
    uint8_t *again = malloc(n + 1);
    FUZZ_CHECK(again != NULL);
    FUZZ_CHECK(dc_stream_decode(again, n, n_symbols, info.coder_id, w.data, w.size, &read_info) ==
               DC_OK);
    FUZZ_CHECK(memcmp(again, symbols, n) == 0);
    FUZZ_CHECK(read_info.total_bytes == info.total_bytes);
    free(again);
    dc_writer_clear(&w);
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
    dc_pool_set_jobs(1);
    if (dc_stream_decode(symbols, n_coded, n_symbols, coder_id, stream, n - 4, NULL) == DC_OK) {
        for (uint64_t i = 0; i < n_coded; i++)
            FUZZ_CHECK(symbols[i] < n_symbols);
        check_round_trip(symbols, n_coded, n_symbols, 1u << coder_id);
        check_round_trip(symbols, n_coded, n_symbols, 0);
    }
    if (fuzz_fault_begin(data, n)) {
        const dc_status status =
            dc_stream_decode(symbols, n_coded, n_symbols, coder_id, stream, n - 4, NULL);
        fuzz_fault_end();
        FUZZ_CHECK(status == DC_OK || dc_message()[0] != '\0');
    }
    free(stream);
    free(symbols);
    return 0;
}
