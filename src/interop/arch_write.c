/* SPDX-License-Identifier: MIT
 *
 * A model's architecture as JSON, without weights: what an import of its safetensors needs, since
 * pruning takes dead neurons out and the network it began as does not fit any more.
 */
#include "foreign.h"

#include <string.h>

static dc_status write_arch(dc_output *out, const dc_model *model, const char *path)
{
    (void)path;
    dc_arena arena = { 0 };
    const char *text = "";
    const dc_status status = dc_model_to_arch(&text, model, &arena);
    if (status == DC_OK)
        dc_output_write(out, text, strlen(text));
    dc_arena_clear(&arena);
    return status;
}

const interop_exporter interop_arch_out = {
    .name = "architecture",
    .ending = ".json",
    .write = write_arch,
};
