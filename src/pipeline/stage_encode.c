/* SPDX-License-Identifier: MIT
 *
 * encode: how the file is to be written [DC 4]; it changes no weight.
 */
#include "run_internal.h"

typedef struct encode_settings {
    uint32_t coder;    /* of dc_write_coder_words */
    double decode_speed;
    uint32_t gap_bits; /* 0: the best             */
    bool is_stripped;
} encode_settings;

static const dc_field encode_fields[] = {
    { .name = "coder",
      .kind = DC_FIELD_CHOICE,
      .offset = offsetof(encode_settings, coder),
      .choices = dc_write_coder_words,
      .help = "this one and those before it; best: what is smallest" },
    { .name = "decode_speed",
      .kind = DC_FIELD_NUMBER,
      .offset = offsetof(encode_settings, decode_speed),
      .unit = "million weights/s",
      .max = 1e9,
      .help = "of one core at least, if the file takes it over a second; 0: no limit" },
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
    *(encode_settings *)settings = (encode_settings){ .decode_speed = DC_USUAL_DECODE_SPEED };
}

static dc_status run_encode(dc_run *run, const void *settings)
{
    const encode_settings *s = settings;
    run->write = (dc_write_settings){ .level = DC_LEVEL_CODED,
                                      .is_stripped = s->is_stripped,
                                      .gap_bits = s->gap_bits,
                                      .decode_speed = s->decode_speed };
    dc_write_allow(&run->write, s->coder);
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
