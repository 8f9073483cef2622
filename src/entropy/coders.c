/* SPDX-License-Identifier: MIT
 *
 * The coders, and streams that take the cheapest. Prices are exact before anything is written; on a
 * tie the lower id wins. A new coder is one file and one line here.
 */
#include <assert.h>

#include "dcomp/entropy.h"

/* From the simplest on, ids rising. */
#define CODERS(X) \
    X(raw)        \
    X(huffman)    \
    X(rans)

#define DECLARE(name) extern const dc_coder dc_coder_##name;
#define ROW(name) &dc_coder_##name,
#define WORD(name) "|" #name

CODERS(DECLARE)
static const dc_coder *const coders[] = { CODERS(ROW) };
const char dc_coder_words[] = "best" CODERS(WORD);

static_assert(DC_COUNT_OF(coders) <= DC_MAX_CODERS, "a coder's id has DC_CODER_ID_BITS");

const dc_coder *dc_coder_at(uint32_t index)
{
    return index < DC_COUNT_OF(coders) ? coders[index] : NULL;
}

const dc_coder *dc_coder_find(uint8_t id)
{
    for (size_t i = 0; i < DC_COUNT_OF(coders); i++)
        if (coders[i]->id == id)
            return coders[i];
    return NULL;
}

uint32_t dc_coder_mask_of(uint32_t index)
{
    uint32_t mask = 0;
    for (uint32_t i = 0; i < DC_MIN(index, DC_COUNT_OF(coders)); i++)
        mask |= 1u << coders[i]->id;
    return mask;
}

static bool is_allowed(const dc_coder *coder, uint32_t coder_mask)
{
    return coder_mask == 0 ? coder->is_usual : (coder_mask >> coder->id & 1u) != 0;
}

bool dc_coder_mask_is_by_counts(uint32_t coder_mask)
{
    for (size_t i = 0; i < DC_COUNT_OF(coders); i++)
        if (is_allowed(coders[i], coder_mask) && !coders[i]->is_by_counts)
            return false;
    return true;
}

const dc_coder *dc_stream_cheapest(uint64_t *bytes, const dc_stream *s, uint32_t coder_mask)
{
    const dc_coder *best = NULL;
    *bytes = UINT64_MAX;
    for (size_t i = 0; i < DC_COUNT_OF(coders); i++) {
        const dc_coder *coder = coders[i];
        const bool can_price = coder->is_by_counts || s->symbols != NULL || s->n == 0;
        if (!can_price || !is_allowed(coder, coder_mask))
            continue;
        const uint64_t cost = coder->bytes(s, *bytes);
        if (cost < *bytes) {
            best = coder;
            *bytes = cost;
        }
    }
    return best;
}

dc_status dc_stream_decode(uint8_t *symbols, const dc_stream *shape, uint8_t coder_id,
                           const uint8_t *data, uint64_t size)
{
    const dc_coder *coder = dc_coder_find(coder_id);
    if (coder == NULL)
        return dc_fail(DC_EUNSUPPORTED, "unknown coder %u", coder_id);
    return coder->decode(symbols, shape, data, size);
}

void dc_stream_explain(dc_stream_info *info, const dc_stream *s, uint8_t coder_id,
                       uint64_t total_bytes)
{
    *info = (dc_stream_info){ .n_symbols_coded = s->n,
                              .entropy_bits = dc_histogram_entropy_bits(s->counts),
                              .total_bytes = total_bytes,
                              .coder_id = coder_id };
    for (size_t i = 0; i < DC_COUNT_OF(coders); i++) {
        const dc_coder *coder = coders[i];
        const bool is_own = coder->id == coder_id;
        if (s->n == 0 || !(coder->is_by_counts || is_own))
            continue;
        const uint64_t bytes = is_own ? total_bytes : coder->bytes(s, UINT64_MAX);
        const uint64_t bits = coder->payload_bits != NULL ? coder->payload_bits(s, bytes)
                                                          : 8 * bytes;
        info->coder_bits[coder->id] = (double)bits / (double)s->n;
        if (is_own)
            info->table_bytes = total_bytes - (bits + 7) / 8;
    }
}
