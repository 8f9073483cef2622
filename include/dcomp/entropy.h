/* SPDX-License-Identifier: MIT
 *
 * entropy: symbols <-> bits. It knows nothing of tensors.
 *
 * A symbol is one byte; a stream is an array of symbols whose alphabet is 0..n_symbols-1 with
 * n_symbols in 1..256. A coder turns a stream into a self-describing run of bytes (code table and
 * payload) and back, given the number of symbols and the alphabet, which the caller keeps. Coders
 * are rows of one table (coders.c); dc_stream_encode takes the one that gives the fewest bytes, so
 * a coder that loses is never worse than raw.
 *
 * Huffman [DC 4] is canonical, length-limited (package-merge, so optimal under the limit), decoded
 * by a table over interleaved sub-streams when the stream is long. The code table itself is packed:
 * for the nets of a few kilobytes it must not cost more than it saves.
 *
 * Threads. All functions may be called by many threads at once, each with a writer and arrays of
 * its own.
 *
 * Everything here gives the same bytes on every machine and for any number of jobs.
 */
#ifndef DCOMP_ENTROPY_H
#define DCOMP_ENTROPY_H

#include "dcomp/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define DC_MAX_SYMBOLS 256
#define DC_HUFFMAN_MAX_BITS 12 /* the longest code word; one table look-up decodes any symbol */

/* ---- counts ---------------------------------------------------------------------------------- */

typedef struct dc_histogram {
    uint64_t counts[DC_MAX_SYMBOLS];
    uint64_t n_total;
    uint32_t n_symbols; /* alphabet: 1 + the largest symbol that may occur */
} dc_histogram;

/* Counts `n` symbols; n_symbols becomes 1 + the largest seen (1 for an empty stream). */
void dc_histogram_count(dc_histogram *out, const uint8_t *symbols, uint64_t n);
/* Zero-order entropy [bits/symbol]; 0 for an empty stream. */
double dc_histogram_entropy_bits(const dc_histogram *h);

/* ---- Huffman --------------------------------------------------------------------------------- */

typedef struct dc_huffman {
    uint8_t lengths[DC_MAX_SYMBOLS]; /* [bits]; 0: the symbol does not occur       */
    uint16_t words[DC_MAX_SYMBOLS];  /* bit-reversed: first bit of the code is bit 0 */
    uint32_t n_symbols; /* 1 + the largest that occurs: the lone one when all lengths are 0 */
} dc_huffman;

/* Optimal code words of at most DC_HUFFMAN_MAX_BITS. A lone symbol gets length 0: no payload bits.
 */
void dc_huffman_build(dc_huffman *out, const dc_histogram *h);
/* Exact payload bits, without the table. */
uint64_t dc_huffman_payload_bits(const dc_huffman *code, const dc_histogram *h);
/* Exact bytes that the "huffman" coder makes of such a stream, table included. */
uint64_t dc_huffman_stream_bytes(const dc_histogram *h);

/* ---- coders -----------------------------------------------------------------------------------
 */

typedef struct dc_coder {
    uint8_t id;       /* as in the file; never reused */
    const char *name; /* "raw", "huffman"             */
    /* Bytes that encode will put for a stream with these counts; exact. UINT64_MAX: cannot. */
    uint64_t (*bound_bytes)(const dc_histogram *h);
    /* Appends the stream; failures are w's. `h` holds the counts of these symbols. */
    void (*encode)(dc_writer *w, const uint8_t *symbols, uint64_t n, const dc_histogram *h);
    /* Reads exactly `n` symbols, all < n_symbols, from all of `data`. DC_ECORRUPT for a bad table,
     * a symbol outside the alphabet, too few or too many bytes. */
    dc_status (*decode)(uint8_t *symbols, uint64_t n, uint32_t n_symbols, const uint8_t *data,
                        uint64_t size);
} dc_coder;

/* raw: symbols of ceil(log2(n_symbols)) bits each, packed; the reader finds that width from n and
 * size. So decode may be given any alphabet that holds the symbols, not just the writer's. */
const dc_coder *dc_coder_find(uint8_t id); /* NULL when there is none */
const dc_coder *dc_coder_named(const char *name);

/* What a stream cost, for the ledger: all three side by side. */
typedef struct dc_stream_info {
    uint64_t n_symbols_coded;
    double entropy_bits;  /* zero-order [bits/symbol]         */
    double huffman_bits;  /* Huffman payload [bits/symbol]    */
    uint64_t raw_bytes;   /* what the raw coder would take    */
    uint64_t table_bytes; /* within total_bytes, all but the payload: table, jumps, shared bits */
    uint64_t total_bytes; /* what is in the file              */
    uint8_t coder_id;
} dc_stream_info;

/* Appends `n` symbols with the cheapest coder among those whose id bit is set in `coder_mask`
 * (1u << id; 0: all). The coder id is not put: the caller keeps info->coder_id. */
void dc_stream_encode(dc_writer *w, dc_stream_info *info, const uint8_t *symbols, uint64_t n,
                      unsigned coder_mask);
/* The least bytes any coder in the mask would take; nothing is written. */
uint64_t dc_stream_bytes(const dc_histogram *h, unsigned coder_mask);
/* Decodes; `info` (may be NULL) is filled as at encoding. */
DC_MUST_USE dc_status dc_stream_decode(uint8_t *symbols, uint64_t n, uint32_t n_symbols,
                                       uint8_t coder_id, const uint8_t *data, uint64_t size,
                                       dc_stream_info *info);

#ifdef __cplusplus
}
#endif
#endif
