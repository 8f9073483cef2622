/* SPDX-License-Identifier: MIT
 *
 * What the Huffman files share: the code [DC 4], its stored form and the layout of long streams.
 * The code is canonical and length-limited (package-merge, so optimal under the limit); its table
 * is packed, as for nets of a few kilobytes it must not cost more than it saves. The page that
 * defines all of it is docs/format_streams.md.
 */
#ifndef DCOMP_ENTROPY_HUFFMAN_H
#define DCOMP_ENTROPY_HUFFMAN_H

#include "dcomp/entropy.h"

#define DC_HUFFMAN_MAX_BITS 12 /* the longest code word; one table look-up decodes any symbol */
#define DC_HUFFMAN_KRAFT (1u << DC_HUFFMAN_MAX_BITS) /* sum over a complete code of 2^(12-length) */

/* A stream of at least this many symbols begins its payload at a whole byte and has a jump table:
 * the payload bits before quarters 1, 2 and 3, so that four lanes decode side by side. */
#define DC_HUFFMAN_LANES 4u
#define DC_HUFFMAN_LANES_FROM (UINT64_C(1) << 16)

/* Bytes of one jump: the longest payload must be countable. */
static inline unsigned dc_huffman_jump_bytes(uint64_t n)
{
    return n < UINT64_C(1) << 28 ? 4 : 8;
}

typedef struct dc_huffman {
    uint8_t lengths[DC_MAX_SYMBOLS]; /* [bits]; 0: the symbol does not occur       */
    uint16_t words[DC_MAX_SYMBOLS];  /* bit-reversed: first bit of the code is bit 0 */
    uint32_t n_symbols; /* 1 + the largest that occurs: the lone one when all lengths are 0 */
} dc_huffman;

static inline bool dc_huffman_is_lone(const dc_huffman *code)
{
    return code->n_symbols > 0 && code->lengths[code->n_symbols - 1] == 0;
}

/* Optimal code words of at most DC_HUFFMAN_MAX_BITS. A lone symbol gets length 0: no payload bits.
 */
void dc_huffman_build(dc_huffman *out, const dc_histogram *h);
/* Exact payload bits, without the table. */
uint64_t dc_huffman_payload_bits(const dc_huffman *code, const dc_histogram *h);
/* Exact bytes of such a stream, table included. */
uint64_t dc_huffman_stream_bytes(const dc_histogram *h);
/* Sets the words from the lengths. */
void dc_huffman_assign_words(dc_huffman *code);

/* The code table: its size, writing it, reading it back (words included). `get` demands a complete
 * code or a lone symbol, all below n_symbols. */
unsigned dc_huffman_table_bits(const dc_huffman *code);
void dc_huffman_table_put(dc_bit_writer *b, const dc_huffman *code);
dc_status dc_huffman_table_get(dc_huffman *out, dc_bit_reader *b, unsigned n_symbols);

/* Entries of the coder's row. */
void dc_huffman_encode(dc_writer *w, const dc_stream *s);
dc_status dc_huffman_decode(uint8_t *symbols, const dc_stream *shape, const uint8_t *data,
                            uint64_t size);

#endif
