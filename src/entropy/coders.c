/* SPDX-License-Identifier: MIT
 *
 * The coders, and streams that take the cheapest. Sizes are exact before anything is written, so
 * choosing costs one histogram; on a tie the lower id wins. A new coder is one file and one line.
 */
#include "coder_rows.h"

#include <string.h>

static const dc_coder *const coders[] = {
    &dc_coder_raw,
    &dc_coder_huffman,
};

const dc_coder *dc_coder_find(uint8_t id)
{
    for (size_t i = 0; i < DC_COUNT_OF(coders); i++)
        if (coders[i]->id == id)
            return coders[i];
    return NULL;
}

const dc_coder *dc_coder_named(const char *name)
{
    for (size_t i = 0; i < DC_COUNT_OF(coders); i++)
        if (strcmp(coders[i]->name, name) == 0)
            return coders[i];
    return NULL;
}

static const dc_coder *find_cheapest(uint64_t *bytes, const dc_histogram *h, unsigned coder_mask)
{
    const dc_coder *best = NULL;
    *bytes = UINT64_MAX;
    for (size_t i = 0; i < DC_COUNT_OF(coders); i++) {
        if (coder_mask != 0 && (coder_mask >> coders[i]->id & 1u) == 0)
            continue;
        const uint64_t cost = coders[i]->bound_bytes(h);
        if (cost < *bytes) {
            best = coders[i];
            *bytes = cost;
        }
    }
    return best;
}

static void fill_info(dc_stream_info *info, const dc_histogram *h, const dc_coder *coder,
                      uint64_t total_bytes)
{
    dc_huffman code;
    dc_huffman_build(&code, h);
    const uint64_t payload_bits = dc_huffman_payload_bits(&code, h);
    const double n = (double)h->n_total;
    *info = (dc_stream_info){
        .n_symbols_coded = h->n_total,
        .entropy_bits = dc_histogram_entropy_bits(h),
        .huffman_bits = h->n_total > 0 ? (double)payload_bits / n : 0,
        .raw_bytes = dc_coder_raw.bound_bytes(h),
        .table_bytes = coder == &dc_coder_huffman ? total_bytes - (payload_bits + 7) / 8 : 0,
        .total_bytes = total_bytes,
        .coder_id = coder->id,
    };
}

void dc_stream_encode(dc_writer *w, dc_stream_info *info, const uint8_t *symbols, uint64_t n,
                      unsigned coder_mask)
{
    dc_histogram h;
    uint64_t bytes;
    dc_histogram_count(&h, symbols, n);
    const dc_coder *coder = find_cheapest(&bytes, &h, coder_mask);
    if (coder == NULL) {
        if (w->status == DC_OK)
            w->status = dc_fail(DC_EINPUT, "no coder in the mask 0x%x", coder_mask);
        return;
    }
    if (info != NULL)
        fill_info(info, &h, coder, bytes);
    coder->encode(w, symbols, n, &h);
}

uint64_t dc_stream_bytes(const dc_histogram *h, unsigned coder_mask)
{
    uint64_t bytes;
    find_cheapest(&bytes, h, coder_mask);
    return bytes;
}

dc_status dc_stream_decode(uint8_t *symbols, uint64_t n, uint32_t n_symbols, uint8_t coder_id,
                           const uint8_t *data, uint64_t size, dc_stream_info *info)
{
    const dc_coder *coder = dc_coder_find(coder_id);
    if (coder == NULL)
        return dc_fail(DC_EUNSUPPORTED, "unknown coder %u", coder_id);
    DC_TRY(coder->decode(symbols, n, n_symbols, data, size));
    if (info != NULL) {
        dc_histogram h;
        dc_histogram_count(&h, symbols, n);
        fill_info(info, &h, coder, size);
    }
    return DC_OK;
}
