/* SPDX-License-Identifier: MIT
 *
 * What the writers of foreign formats share.
 */
#include "foreign.h"

#include <string.h>

#define PIECE 2048u /* numbers */

void interop_write_f32(dc_output *out, const float *values, uint64_t n)
{
    uint8_t bytes[4 * PIECE];
    while (n > 0) {
        const uint64_t n_piece = DC_MIN(n, (uint64_t)PIECE);
        for (uint64_t i = 0; i < n_piece; i++) {
            uint32_t bits;
            memcpy(&bits, &values[i], sizeof bits);
            for (uint32_t b = 0; b < 4; b++)
                bytes[4 * i + b] = (uint8_t)(bits >> 8 * b);
        }
        dc_output_write(out, bytes, 4 * n_piece);
        values += n_piece;
        n -= n_piece;
    }
}

dc_status interop_input_json(const char **out, const dc_input *input, dc_arena *arena)
{
    dc_json *json = dc_json_new();
    dc_input_to_json(json, input);
    return interop_json_text(out, json, arena);
}

dc_status interop_json_text(const char **out, dc_json *json, dc_arena *arena)
{
    char *text = NULL;
    const dc_status status = dc_json_print(&text, json, false);
    dc_json_free(json);
    DC_TRY(status);
    *out = dc_arena_print(arena, "%.*s", (int)strcspn(text, "\n"), text);
    dc_release(text);
    return arena->status;
}
