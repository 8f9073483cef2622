/* SPDX-License-Identifier: MIT
 *
 * The row of the "huffman" coder.
 */
#include "huffman.h"

static uint64_t huffman_bytes(const dc_stream *s, uint64_t give_up_at)
{
    (void)give_up_at;
    return dc_huffman_stream_bytes(s->counts);
}

static uint64_t huffman_payload_bits(const dc_stream *s, uint64_t n_bytes)
{
    dc_huffman code;
    (void)n_bytes;
    dc_huffman_build(&code, s->counts);
    return dc_huffman_payload_bits(&code, s->counts);
}

const dc_coder dc_coder_huffman = { .id = 1,
                                    .name = "huffman",
                                    .is_usual = true,
                                    .is_by_counts = true,
                                    .bytes = huffman_bytes,
                                    .payload_bits = huffman_payload_bits,
                                    .encode = dc_huffman_encode,
                                    .decode = dc_huffman_decode };
