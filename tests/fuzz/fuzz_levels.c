/* SPDX-License-Identifier: MIT
 *
 * The coders of levels: byte 0 the coder (bit 0), sizes from a table (bit 1), a trellis (bit 2);
 * bytes 1-4 rows, inputs, height, width; 5 the bound above, 6 that below, 7 which of them times
 * 128; then the stream. Levels that come out are within the bounds and survive being encoded again
 * by every coder, in the bytes that it foretold.
 */
#include "fuzz.h"

#include "dcomp/entropy.h"

#define HEAD_BYTES 8u
#define MAX_WEIGHTS 20000u
#define MAX_BOUND 32768u

static void check_round_trip(const dc_level_coder *coder, const dc_level_stream *s, uint64_t n)
{
    dc_writer w;
    dc_level_stream shape = *s;
    int16_t *again = malloc(n * sizeof *again);
    FUZZ_CHECK(again != NULL);
    shape.levels = NULL;
    dc_writer_init(&w, UINT64_C(1) << 24);
    coder->encode(&w, s);
    FUZZ_CHECK(w.status == DC_OK && coder->bytes(s, UINT64_MAX) == w.size);
    FUZZ_CHECK(dc_levels_decode(again, coder, &shape, w.data, w.size) == DC_OK);
    FUZZ_CHECK(memcmp(again, s->levels, n * sizeof *again) == 0);
    free(again);
    dc_writer_clear(&w);
}

static void fill_sizes(uint16_t *sizes, uint32_t bound)
{
    for (uint32_t k = 1; k <= bound; k++)
        sizes[k] = (uint16_t)(1 + (DC_LEVEL_SIZE_MOST - 1) * k / bound);
}

static void check_stream(const dc_level_coder *coder, dc_level_stream *s, uint64_t n,
                         const uint8_t *data, size_t size)
{
    int16_t *levels = malloc(n * sizeof *levels);
    FUZZ_CHECK(levels != NULL);
    if (dc_levels_decode(levels, coder, s, data, size) == DC_OK) {
        for (uint64_t i = 0; i < n; i++)
            FUZZ_CHECK(levels[i] <= (int)s->n_above && -levels[i] <= (int)s->n_below);
        s->levels = levels;
        for (uint32_t i = 0; dc_level_coder_at(i) != NULL; i++)
            check_round_trip(dc_level_coder_at(i), s, n);
        s->levels = NULL;
    }
    if (fuzz_fault_begin(data, size)) {
        const dc_status status = dc_levels_decode(levels, coder, s, data, size);
        fuzz_fault_end();
        FUZZ_CHECK(status == DC_OK || dc_message()[0] != '\0');
    }
    free(levels);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static uint16_t sizes[2][MAX_BOUND];
    if (n < HEAD_BYTES)
        return 0;
    const dc_level_shape shape = { data[1], data[2], data[3], data[4] };
    const uint64_t n_weights = (uint64_t)shape.n_rows * shape.n_inputs * shape.height * shape.width;
    if (n_weights == 0 || n_weights > MAX_WEIGHTS)
        return 0;
    dc_level_stream s = { .shape = shape,
                          .n_above = data[5] * (data[7] & 1 ? 128u : 1u),
                          .n_below = data[6] * (data[7] & 2 ? 128u : 1u),
                          .is_trellis = (data[0] & 4) != 0 };
    for (int side = 0; side < 2 && (data[0] & 2) != 0; side++) {
        fill_sizes(sizes[side], side == 0 ? s.n_above : s.n_below);
        s.sizes[side] = sizes[side];
    }
    /* A copy of the exact size, so that a step over the end is seen. */
    uint8_t *stream = malloc(n - HEAD_BYTES + (n == HEAD_BYTES));
    FUZZ_CHECK(stream != NULL);
    memcpy(stream, data + HEAD_BYTES, n - HEAD_BYTES);
    dc_pool_set_jobs(1);
    check_stream(dc_level_coder_at(data[0] & 1), &s, n_weights, stream, n - HEAD_BYTES);
    free(stream);
    return 0;
}
