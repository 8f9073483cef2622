/* SPDX-License-Identifier: MIT
 *
 * encode: how the file is to be written [DC 4]; it changes no weight.
 */
#include "run_internal.h"

typedef struct encode_settings {
    uint32_t coder;    /* of dc_coder_words */
    uint32_t gap_bits; /* 0: the best       */
    bool is_stripped;
} encode_settings;

static const dc_field encode_fields[] = {
    { .name = "coder",
      .kind = DC_FIELD_CHOICE,
      .offset = offsetof(encode_settings, coder),
      .choices = dc_coder_words,
      .help = "for codes and gaps" },
    { .name = "gap_bits",
      .kind = DC_FIELD_U32,
      .offset = offsetof(encode_settings, gap_bits),
      .unit = "bits",
      .max = 8,
      .help = "width of a gap; 0: the best for each layer" },
    { .name = "strip",
      .kind = DC_FIELD_BOOL,
      .offset = offsetof(encode_settings, is_stripped),
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
    run->write = (dc_write_settings){ .level = DC_LEVEL_CODED,
                                      .is_stripped = s->is_stripped,
                                      .coder_mask = dc_coder_mask_of(s->coder),
                                      .gap_bits = s->gap_bits };
    return DC_OK;
}

const dc_stage dc_stage_encode = {
    .name = "encode",
    .is_about_file = true,
    .settings_bytes = sizeof(encode_settings),
    .set_defaults = encode_defaults,
    .parts = { { encode_fields, 0 }, { NULL, 0 } },
    .run = run_encode,
};
