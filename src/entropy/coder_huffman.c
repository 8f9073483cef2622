/* SPDX-License-Identifier: MIT
 *
 * The row of the "huffman" coder.
 */
#include "coder_rows.h"
#include "huffman.h"

const dc_coder dc_coder_huffman = { 1, "huffman", dc_huffman_stream_bytes, dc_huffman_encode,
                                    dc_huffman_decode };
