/* SPDX-License-Identifier: MIT
 *
 * quantize: weight sharing by k-means [DC 3]. encode: how the file is to be written [DC 4]; it
 * changes no weight.
 */
#include "run_internal.h"
#include "stage_rows.h"

static void quantize_defaults(void *settings)
{
    *(dc_quantize_settings *)settings = dc_quantize_defaults();
}

static dc_status check_quantize(const void *settings, const dc_model *model,
                                const dc_datasets *data)
{
    (void)data;
    return dc_quantize_check(settings, model);
}

static dc_status run_quantize(dc_run *run, const void *settings)
{
    dc_quantize_stats stats;
    return dc_quantize(run->model, settings, &stats);
}

const dc_stage dc_stage_quantize = {
    .name = "quantize",
    .help = "share weights: k-means per layer",
    .settings_bytes = sizeof(dc_quantize_settings),
    .set_defaults = quantize_defaults,
    .parts = { { dc_quantize_fields, 0 }, { NULL, 0 } },
    .check = check_quantize,
    .run = run_quantize,
};

typedef struct encode_settings {
    uint32_t coder;    /* best, raw, huffman */
    uint32_t gap_bits; /* 0: the best        */
    bool is_stripped;
} encode_settings;

static const dc_field encode_fields[] = {
    { .name = "coder", .kind = DC_FIELD_CHOICE, .offset = offsetof(encode_settings, coder),
      .choices = "best|raw|huffman", .help = "for codes and gaps" },
    { .name = "gap_bits", .kind = DC_FIELD_U32, .offset = offsetof(encode_settings, gap_bits),
      .unit = "bits", .max = 8, .help = "width of a gap; 0: the best for each layer" },
    { .name = "strip", .kind = DC_FIELD_BOOL, .offset = offsetof(encode_settings, is_stripped),
      .help = "leave out names and history" },
    { 0 },
};

static void encode_defaults(void *settings)
{
    *(encode_settings *)settings = (encode_settings){ 0 };
}

static dc_status run_encode(dc_run *run, const void *settings)
{
    const encode_settings *s = settings;
    static const char *const names[] = { NULL, "raw", "huffman" };
    run->write = (dc_write_settings){ .level = DC_LEVEL_CODED,
                                      .is_stripped = s->is_stripped,
                                      .gap_bits = s->gap_bits };
    if (s->coder > 0)
        run->write.coder_mask = 1u | 1u << dc_coder_named(names[s->coder])->id;
    return DC_OK;
}

const dc_stage dc_stage_encode = {
    .name = "encode",
    .help = "entropy-code the file",
    .is_about_file = true,
    .settings_bytes = sizeof(encode_settings),
    .set_defaults = encode_defaults,
    .parts = { { encode_fields, 0 }, { NULL, 0 } },
    .run = run_encode,
};
