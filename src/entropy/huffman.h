/* SPDX-License-Identifier: MIT
 *
 * What the Huffman files share: the stored form of the code and the layout of long streams. The
 * page that defines both is docs/format_streams.md.
 */
#ifndef DCOMP_ENTROPY_HUFFMAN_H
#define DCOMP_ENTROPY_HUFFMAN_H

#include "dcomp/entropy.h"

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

static inline bool dc_huffman_is_lone(const dc_huffman *code)
{
    return code->n_symbols > 0 && code->lengths[code->n_symbols - 1] == 0;
}

/* Sets the words from the lengths. */
void dc_huffman_assign_words(dc_huffman *code);

/* The code table: its size, writing it, reading it back (words included). `get` demands a complete
 * code or a lone symbol, all below n_symbols. */
unsigned dc_huffman_table_bits(const dc_huffman *code);
void dc_huffman_table_put(dc_bit_writer *b, const dc_huffman *code);
dc_status dc_huffman_table_get(dc_huffman *out, dc_bit_reader *b, unsigned n_symbols);

/* The three entries of the coder's row. */
void dc_huffman_encode(dc_writer *w, const uint8_t *symbols, uint64_t n, const dc_histogram *h);
dc_status dc_huffman_decode(uint8_t *symbols, uint64_t n, uint32_t n_symbols, const uint8_t *data,
                            uint64_t size);

#endif
