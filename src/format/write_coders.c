/* SPDX-License-Identifier: MIT
 *
 * The coders that a file may have, as words: those of codes and gaps, then those of whole layers.
 */
#include "dcomp/format.h"

const char dc_write_coder_words[] = "best|raw|huffman|rans|lite|mix";

static uint32_t n_stream_coders(void)
{
    uint32_t n = 0;
    while (dc_coder_at(n) != NULL)
        n++;
    return n;
}

void dc_write_allow(dc_write_settings *settings, uint32_t index)
{
    const uint32_t n_first = n_stream_coders();
    settings->coder_mask = dc_coder_mask_of(index);
    settings->level_coder_mask = 0;
    for (uint32_t i = 0; dc_level_coder_at(i) != NULL; i++)
        if (index == 0 || index > n_first + i)
            settings->level_coder_mask |= 1u << dc_level_coder_at(i)->id;
}
