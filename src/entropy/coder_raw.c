/* SPDX-License-Identifier: MIT
 *
 * The "raw" coder: symbols of one width, packed from the least significant bit. The width is the
 * largest that the stream's bytes allow, so it follows from their number and nothing else is
 * stored; the writer widens what it needs to that (short streams only) at no cost.
 */
#include <assert.h>

#include "dcomp/entropy.h"

static unsigned needed_bits(uint32_t n_symbols)
{
    unsigned bits = 0;
    while (1u << bits < n_symbols)
        bits++;
    return bits;
}

/* Bytes of n symbols of at most 8 bits, without overflow. */
static uint64_t packed_bytes(uint64_t n, unsigned width_bits)
{
    return n / 8 * width_bits + (n % 8 * width_bits + 7) / 8;
}

static unsigned stored_bits(uint64_t n, uint64_t size)
{
    return size >= n ? 8 : (unsigned)(size * 8 / n);
}

/* Of the symbols that occur, whatever the alphabet. */
static uint64_t raw_bytes(const dc_stream *s, uint64_t give_up_at)
{
    (void)give_up_at;
    return packed_bytes(s->n, needed_bits(s->counts->n_symbols));
}

static void encode_raw(dc_writer *w, const dc_stream *s)
{
    const uint64_t n = s->n, size = raw_bytes(s, UINT64_MAX);
    assert(s->counts->n_total == n);
    if (n == 0 || size == 0)
        return;
    const unsigned width_bits = stored_bits(n, size);
    uint8_t *at = dc_put_space(w, size);
    if (at == NULL)
        return;
    uint32_t pending = 0;
    unsigned n_pending = 0;
    for (uint64_t i = 0; i < n; i++) {
        pending |= (uint32_t)s->symbols[i] << n_pending;
        n_pending += width_bits;
        if (n_pending >= 8) {
            *at++ = (uint8_t)pending;
            pending >>= 8;
            n_pending -= 8;
        }
    }
    if (n_pending > 0)
        *at = (uint8_t)pending;
}

static dc_status decode_raw(uint8_t *symbols, const dc_stream *shape, const uint8_t *data,
                            uint64_t size)
{
    const uint64_t n = shape->n;
    const unsigned width_bits = n == 0 ? 0 : stored_bits(n, size);
    if (size != packed_bytes(n, width_bits))
        return dc_fail(DC_ECORRUPT, "%llu bytes are no whole number of bits for each symbol",
                       (unsigned long long)size);
    uint32_t pending = 0;
    unsigned n_pending = 0;
    for (uint64_t i = 0; i < n; i++) {
        if (n_pending < width_bits) {
            pending |= (uint32_t)*data++ << n_pending;
            n_pending += 8;
        }
        const uint32_t symbol = pending & ((1u << width_bits) - 1);
        if (symbol >= shape->n_symbols)
            return dc_fail(DC_ECORRUPT, "symbol %u outside the alphabet of %u", symbol,
                           shape->n_symbols);
        symbols[i] = (uint8_t)symbol;
        pending >>= width_bits;
        n_pending -= width_bits;
    }
    if (pending != 0)
        return dc_fail(DC_ECORRUPT, "padding after the symbols is not zero");
    return DC_OK;
}

const dc_coder dc_coder_raw = { .id = DC_CODER_RAW,
                                .name = "raw",
                                .is_usual = true,
                                .is_by_counts = true,
                                .bytes = raw_bytes,
                                .encode = encode_raw,
                                .decode = decode_raw };
