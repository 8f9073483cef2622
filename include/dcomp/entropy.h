/* SPDX-License-Identifier: MIT
 *
 * entropy: symbols <-> bits. It knows nothing of tensors, but that levels lie in a layer of rows,
 * inputs and places.
 *
 * A symbol is one byte; a stream is an array of symbols whose alphabet is 0..n_symbols-1 with
 * n_symbols in 1..256, with what writer and reader both know: how many there are, the matrix that
 * they belong to, and another stream that was decoded before. A coder turns a stream into a run of
 * bytes (code table and payload) and back. Coders are rows of one table (coders.c). Each prices a
 * stream exactly before anything is written, some from the counts of its symbols alone, and the one
 * with the fewest bytes is taken, so a coder that loses is never worse than raw.
 *
 *     dc_histogram h;
 *     dc_histogram_count(&h, symbols, n);
 *     const dc_stream s = { .symbols = symbols, .counts = &h, .n = n, .n_symbols = 16 };
 *     const dc_coder *coder = dc_stream_cheapest(&bytes, &s, 0);
 *     coder->encode(&writer, &s);
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

/* ---- streams --------------------------------------------------------------------------------- */

/* What writer and reader both know of a stream, and, in the writer, the symbols. */
typedef struct dc_stream {
    const uint8_t *symbols;     /* n of them; NULL: priced by counts alone, or to be decoded     */
    const dc_histogram *counts; /* of the symbols; NULL when they are to be decoded              */
    uint64_t n;
    uint32_t n_symbols;      /* alphabet, for writer and reader the same                      */
    uint32_t n_rows, n_cols; /* the matrix that the symbols belong to; 0: none                */
    bool is_column_major;    /* their order in the matrix                                     */
    const struct dc_stream *given; /* as many symbols, decoded before: gaps, for codes; or NULL  */
} dc_stream;

/* ---- coders ---------------------------------------------------------------------------------- */

#define DC_CODER_ID_BITS 3 /* in the file */
#define DC_MAX_CODERS (1u << DC_CODER_ID_BITS)
#define DC_CODER_RAW 0u /* the coder that every level may use */

typedef struct dc_coder {
    uint8_t id;        /* as in the file; never reused                                  */
    const char *name;  /* "raw", "huffman"                                              */
    bool is_usual;     /* tried when no coder is named                                  */
    bool is_by_counts; /* `bytes` and `payload_bits` look at counts and n alone         */
    /* The exact number of bytes that encode writes. May return UINT64_MAX as soon as it is known to
     * be `give_up_at` or more. */
    uint64_t (*bytes)(const dc_stream *s, uint64_t give_up_at);
    /* Of the stream's `n_bytes`, the bits of payload, without tables; NULL: all. */
    uint64_t (*payload_bits)(const dc_stream *s, uint64_t n_bytes);
    /* Appends the stream; a failure is in w->status. */
    void (*encode)(dc_writer *w, const dc_stream *s);
    /* Reads exactly shape->n symbols, all below shape->n_symbols, from all of `data`. DC_ECORRUPT
     * for a bad table, a symbol outside the alphabet, too few or too many bytes. */
    dc_status (*decode)(uint8_t *symbols, const dc_stream *shape, const uint8_t *data,
                        uint64_t size);
} dc_coder;

/* The rows of the table, from the simplest on; NULL past the last. */
const dc_coder *dc_coder_at(uint32_t index);
const dc_coder *dc_coder_find(uint8_t id); /* NULL when there is none */

/* For settings: "best", then the names of the coders, with | between them. The word `index` allows
 * the coders of dc_coder_mask_of: best the usual ones, a coder itself and those before it. */
extern const char dc_coder_words[];
uint32_t dc_coder_mask_of(uint32_t index);

/* The coder with the fewest bytes for the stream among those whose id bit is set in `coder_mask`
 * (1u << id; 0: the usual ones), the lower of equals; NULL when there is none. Those that are not
 * by counts are left out when there are no symbols. */
const dc_coder *dc_stream_cheapest(uint64_t *bytes, const dc_stream *s, uint32_t coder_mask);
/* Whether the mask has only coders that price by counts alone. */
bool dc_coder_mask_is_by_counts(uint32_t coder_mask);
/* Fills `symbols` from `data`. DC_EUNSUPPORTED for a coder that is not in the table. */
DC_MUST_USE dc_status dc_stream_decode(uint8_t *symbols, const dc_stream *shape, uint8_t coder_id,
                                       const uint8_t *data, uint64_t size);

/* What a stream cost, for the ledger, beside what it would cost with other coders. */
typedef struct dc_stream_info {
    uint64_t n_symbols_coded;
    double entropy_bits;              /* zero-order [bits/symbol]                                 */
    double coder_bits[DC_MAX_CODERS]; /* by id, payload [bits/symbol]; of coders that are not by
                                         counts only that of the stream's own; 0: not known      */
    uint64_t table_bytes;             /* within total_bytes, all but the payload                  */
    uint64_t total_bytes;             /* what is in the file                                      */
    uint8_t coder_id;
} dc_stream_info;

/* `s` with symbols and counts; `total_bytes` that the coder made of it. */
void dc_stream_explain(dc_stream_info *info, const dc_stream *s, uint8_t coder_id,
                       uint64_t total_bytes);

/* ---- what levels cost, about ----------------------------------------------------------------- */

/* A layer as integers: levels (n_rows, n_inputs, height, width), row-major. */
typedef struct dc_level_shape {
    uint32_t n_rows, n_inputs, height, width;
} dc_level_shape;

#define DC_RATE_SIZES 255u /* sizes that have a price of their own */
#define DC_RATE_BINS 32u

/* The price of each level of a layer [bits], for those who choose levels by it: rounding, the
 * trellis, training. A weight is not zero with the probability share * row * column, where a
 * column's factor is its input's times its place's in the kernel, or, in large pictures, that of
 * the places around it. */
typedef struct dc_rate {
    dc_level_shape shape;
    uint32_t n_cols;
    float share;                        /* of levels that are not 0                            */
    float *row_factors, *col_factors;   /* (n_rows), (n_cols)                                  */
    double size_bits;                   /* of size 1                                           */
    float more_bits[DC_RATE_SIZES + 1]; /* of size k beyond size 1: [1] is 0, [0] is not used  */
    float *counts;                      /* private                                             */
} dc_rate;

/* Storage from the arena; learn before anything is asked. */
DC_MUST_USE dc_status dc_rate_init(dc_rate *out, const dc_level_shape *shape, dc_arena *arena);
/* Popularities and sizes of these levels. */
void dc_rate_learn(dc_rate *rate, const int16_t *levels);
/* Of each column of a row: bits of a zero, and of a level of +1 or -1, its sign included. */
void dc_rate_row(const dc_rate *rate, uint32_t row, float *zero_bits, float *one_bits);
/* Bits of a size, 1 or more, beyond those of size 1. */
float dc_rate_more(const dc_rate *rate, uint32_t size);
/* The logarithm that prices are made of, the same on every machine; x > 0. */
double dc_rate_log2(double x);
/* Of the whole layer. */
double dc_rate_bits(const dc_rate *rate, const int16_t *levels);

/* ---- coders of levels ------------------------------------------------------------------------ */

#define DC_LEVEL_MOST 32767u /* the largest level, above and below 0 */
#define DC_LEVEL_SIZE_MOST 4095u

/* The levels of a layer, or, without them, what writer and reader both know of it. */
typedef struct dc_level_stream {
    dc_level_shape shape;
    const int16_t *levels;    /* row-major; NULL: to be decoded                                */
    uint32_t n_above;         /* the largest level; 0: none is above 0                         */
    uint32_t n_below;         /* the size of the lowest; 0: none is below 0                    */
    const uint16_t *sizes[2]; /* [k], k = 1..: what level +k, and what level -k is worth, never
                                 falling, DC_LEVEL_SIZE_MOST the largest of the layer; both or
                                 neither: NULL is k itself, a grid                             */
    bool is_trellis;          /* levels are those of a trellis of 8 states                     */
} dc_level_stream;

/* Rows of a layer that were decoded together, one of DC_MAX_LEVEL_SLICES slices; levels are the
 * coder's. Called from any thread of the pool, side by side, slices in any order. */
#define DC_MAX_LEVEL_SLICES 16u
typedef struct dc_level_rows {
    uint32_t slice, first_row, n_rows;
    const int16_t *levels;
} dc_level_rows;
typedef dc_status dc_level_take(void *payload, const dc_level_rows *rows);

typedef struct dc_level_coder {
    uint8_t id;       /* as in the file; never reused */
    const char *name; /* "lite", "mix"                */
    /* About what it takes to decode, on one core: for each weight, and more for one not 0. */
    double ns_per_weight, ns_per_nonzero;
    /* The exact number of bytes that encode writes; UINT64_MAX when they are `give_up_at` or more,
     * or there is no memory. */
    uint64_t (*bytes)(const dc_level_stream *s, uint64_t give_up_at);
    /* Appends the stream; a failure is in w->status. */
    void (*encode)(dc_writer *w, const dc_level_stream *s);
    /* Gives `take` the rows of each slice of the layer that `data` is all of. DC_ECORRUPT when the
     * bytes are not those that encode writes for any levels, or a level is out of bounds; what take
     * fails with; rows may have been given then. With bounds of 0 there is nothing to give. */
    dc_status (*decode)(dc_level_take *take, void *payload, const dc_level_stream *shape,
                        const uint8_t *data, uint64_t size);
} dc_level_coder;

/* All levels of a layer; not defined after a failure. */
DC_MUST_USE dc_status dc_levels_decode(int16_t *levels, const dc_level_coder *coder,
                                       const dc_level_stream *shape, const uint8_t *data,
                                       uint64_t size);

/* The rows of the table, the fastest first; NULL past the last. */
const dc_level_coder *dc_level_coder_at(uint32_t index);
const dc_level_coder *dc_level_coder_find(uint8_t id); /* NULL when there is none */

/* ---- few values among many ------------------------------------------------------------------- */

/* n_values of an array of n have a value, a half that is finite; the others have none. */
typedef struct dc_sparse_part {
    uint64_t n;        /* at most 2^32 - 1 */
    uint32_t n_values;
    uint32_t *at;      /* (n_values), rising */
    uint16_t *halfs;   /* (n_values)         */
} dc_sparse_part;

/* Appends places and values of all parts, which learn from each other; how many there are the
 * reader knows. A failure is in w->status. */
void dc_sparse_encode(dc_writer *w, const dc_sparse_part *parts, uint32_t n_parts);
/* Fills `at` and `halfs` of parts whose n and n_values are set, from all of `data`. DC_ECORRUPT
 * when the bytes are not those that encode writes, a place is outside, or a value is not finite. */
DC_MUST_USE dc_status dc_sparse_decode(const dc_sparse_part *parts, uint32_t n_parts,
                                       const uint8_t *data, uint64_t size);

#ifdef __cplusplus
}
#endif
#endif
