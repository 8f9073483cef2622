/* SPDX-License-Identifier: MIT
 *
 * Exact sizes and encoding of the "huffman" stream [DC 4]: code table, then all code words in the
 * order of the symbols, as one run of bits. A long stream also gets a jump table, which says where
 * in that run each quarter begins; the payload is the same with and without. So the size follows
 * from the counts alone. Cost: one look-up a symbol, eight bytes stored every four symbols.
 */
#include "huffman.h"
#include "le64.h"

#include <assert.h>

uint64_t dc_huffman_payload_bits(const dc_huffman *code, const dc_histogram *h)
{
    uint64_t bits = 0;
    for (unsigned s = 0; s < code->n_symbols; s++)
        bits += h->counts[s] * code->lengths[s];
    return bits;
}

static bool has_lanes(const dc_huffman *code, uint64_t n)
{
    return n >= DC_HUFFMAN_LANES_FROM && !dc_huffman_is_lone(code);
}

uint64_t dc_huffman_stream_bytes(const dc_histogram *h)
{
    dc_huffman code;
    dc_huffman_build(&code, h);
    const uint64_t table_bits = dc_huffman_table_bits(&code);
    const uint64_t payload_bits = dc_huffman_payload_bits(&code, h);
    if (!has_lanes(&code, h->n_total))
        return (table_bits + payload_bits + 7) / 8;
    return (table_bits + 7) / 8 + (DC_HUFFMAN_LANES - 1) * dc_huffman_jump_bytes(h->n_total) +
           (payload_bits + 7) / 8;
}

/* ---- long streams ---------------------------------------------------------------------------- */

typedef struct run {
    uint8_t *at, *end;
    uint64_t pending;
    unsigned n_pending; /* below 8 between calls */
} run;

static void put_quarter(run *out, const uint8_t *symbols, uint64_t n, const dc_huffman *code)
{
    uint8_t *at = out->at;
    uint64_t pending = out->pending, i = 0;
    unsigned n_pending = out->n_pending;
    for (; n - i >= 4 && out->end - at >= 8; i += 4) {
        for (unsigned k = 0; k < 4; k++) {
            pending |= (uint64_t)code->words[symbols[i + k]] << n_pending;
            n_pending += code->lengths[symbols[i + k]];
        }
        store_le64(at, pending);
        at += n_pending / 8;
        pending >>= n_pending & ~7u;
        n_pending &= 7;
    }
    for (; i < n; i++) {
        pending |= (uint64_t)code->words[symbols[i]] << n_pending;
        n_pending += code->lengths[symbols[i]];
        for (; n_pending >= 8; n_pending -= 8, pending >>= 8)
            *at++ = (uint8_t)pending;
    }
    *out = (run){ at, out->end, pending, n_pending };
}

static void put_jump(uint8_t *at, unsigned jump_bytes, const run *out, const uint8_t *payload)
{
    const uint64_t pos = (uint64_t)(out->at - payload) * 8 + out->n_pending;
    for (unsigned i = 0; i < jump_bytes; i++)
        at[i] = (uint8_t)(pos >> 8 * i);
}

static void put_lanes(dc_writer *w, const uint8_t *symbols, uint64_t n, const dc_huffman *code,
                      uint64_t payload_bytes)
{
    const unsigned jump_bytes = dc_huffman_jump_bytes(n);
    const uint64_t jumps_bytes = (DC_HUFFMAN_LANES - 1) * jump_bytes;
    const uint64_t quarter = (n + DC_HUFFMAN_LANES - 1) / DC_HUFFMAN_LANES;
    uint8_t *const space = dc_put_space(w, jumps_bytes + payload_bytes);
    if (space == NULL)
        return;

    uint8_t *const payload = space + jumps_bytes;
    run out = { .at = payload, .end = payload + payload_bytes };
    for (unsigned i = 0; i < DC_HUFFMAN_LANES; i++) {
        if (i > 0)
            put_jump(space + (i - 1) * jump_bytes, jump_bytes, &out, payload);
        put_quarter(&out, symbols + i * quarter, DC_MIN(quarter, n - i * quarter), code);
    }
    if (out.n_pending > 0)
        *out.at++ = (uint8_t)out.pending;
    assert(out.at == out.end);
}

void dc_huffman_encode(dc_writer *w, const dc_stream *s)
{
    const uint8_t *symbols = s->symbols;
    const uint64_t n = s->n;
    dc_huffman code;
    dc_bit_writer b;
    assert(s->counts->n_total == n);
    dc_huffman_build(&code, s->counts);
    dc_bit_writer_init(&b, w);
    dc_huffman_table_put(&b, &code);
    if (has_lanes(&code, n)) {
        dc_put_bits_end(&b);
        put_lanes(w, symbols, n, &code, (dc_huffman_payload_bits(&code, s->counts) + 7) / 8);
        return;
    }
    if (!dc_huffman_is_lone(&code))
        for (uint64_t i = 0; i < n; i++)
            dc_put_bits(&b, code.words[symbols[i]], code.lengths[symbols[i]]);
    dc_put_bits_end(&b);
}
