/* SPDX-License-Identifier: MIT
 *
 * Options about the input. A foreign file seldom says how its network wants its pictures, so there
 * are presets for the two customs that nearly all published networks follow.
 */
#include "import_input.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_CHANNELS 4u /* of dc_input's arrays */

static const struct {
    dc_channels channels;
    dc_resize resize;
    uint32_t resize_size;
    float mean[3], scale[3];
} presets[] = {
    { DC_CHANNELS_BGR, DC_RESIZE_WARP, 256, { 104, 117, 123 }, { 1, 1, 1 } }, /* caffe */
    { DC_CHANNELS_RGB,
      DC_RESIZE_SHORT_SIDE,
      256, /* torchvision */
      { 123.675f, 116.28f, 103.53f },
      { 1 / 58.395f, 1 / 57.12f, 1 / 57.375f } },
};

const dc_field cli_input_fields[] = {
    { .name = "input", .kind = DC_FIELD_CHOICE, .offset = offsetof(cli_input, preset),
      .choices = "caffe|torchvision",
      .help = "prepare pictures as this program's networks want them" },
    { .name = "channels", .kind = DC_FIELD_CHOICE, .offset = offsetof(cli_input, channels),
      .choices = "rgb|bgr|grey", .help = "order of channels" },
    { .name = "mean", .kind = DC_FIELD_TEXT, .offset = offsetof(cli_input, mean),
      .help = "subtracted from pixels of 0 .. 255: a number, or one a channel (a,b,c)" },
    { .name = "scale", .kind = DC_FIELD_TEXT, .offset = offsetof(cli_input, scale),
      .help = "multiplies afterwards: a number, or one a channel" },
    { .name = "resize", .kind = DC_FIELD_CHOICE, .offset = offsetof(cli_input, resize),
      .choices = "none|warp|short_side",
      .help = "before the crop: both sides, or the short one, to --resize-size" },
    { .name = "resize_size", .kind = DC_FIELD_U32, .offset = offsetof(cli_input, resize_size),
      .unit = "pixels", .min = 1, .max = DC_IMAGE_MAX_SIDE, .help = "size before the crop" },
    { .name = "filter", .kind = DC_FIELD_CHOICE, .offset = offsetof(cli_input, filter),
      .choices = "triangle|bilinear", .help = "of resizing" },
    { 0 },
};

cli_input cli_input_defaults(void)
{
    return (
        cli_input){ .preset = DC_NONE, .resize = DC_NONE, .filter = DC_NONE, .channels = DC_NONE };
}

/* "a" for all channels or "a,b,c", one for each. */
static dc_status read_numbers(float out[N_CHANNELS], const char *text, const char *option,
                              uint32_t n_channels)
{
    float values[N_CHANNELS];
    uint32_t n = 0;
    for (const char *at = text;; at++) {
        char *end;
        const float value = strtof(at, &end);
        const bool is_number = end != at && strspn(at, "0123456789+-.eE") == (size_t)(end - at);
        if (!is_number || !isfinite(value) || (*end != ',' && *end != '\0'))
            return dc_fail(DC_EINPUT, "'%s' takes numbers with commas between them, not '%.80s'",
                           option, text);
        if (n < N_CHANNELS)
            values[n] = value;
        n++;
        at = end;
        if (*end == '\0')
            break;
    }
    if (n != 1 && (n != n_channels || n > N_CHANNELS))
        return dc_fail(DC_EINPUT, "'%s' has %u numbers, the input %u channels", option, n,
                       n_channels);
    for (uint32_t c = 0; c < N_CHANNELS; c++)
        out[c] = values[n == 1 ? 0 : DC_MIN(c, n - 1)];
    return DC_OK;
}

static dc_status apply_preset(dc_input *input, uint32_t preset)
{
    if (input->shape.n_dims != 3 || input->shape.dims[0] != 3)
        return dc_fail(DC_EINPUT, "'--input' is about pictures of 3 channels");
    input->channels = presets[preset].channels;
    input->resize = presets[preset].resize;
    input->resize_size =
        DC_MAX(presets[preset].resize_size, DC_MAX(input->shape.dims[1], input->shape.dims[2]));
    input->filter = DC_FILTER_TRIANGLE;
    for (uint32_t c = 0; c < N_CHANNELS; c++) {
        input->mean[c] = presets[preset].mean[DC_MIN(c, 2)];
        input->scale[c] = presets[preset].scale[DC_MIN(c, 2)];
    }
    return DC_OK;
}

static dc_status check(const dc_input *input, dc_arena *arena)
{
    const dc_shape *shape = &input->shape;
    const bool is_grey = input->channels == DC_CHANNELS_GREY;
    if (shape->n_dims != 3)
        return dc_fail(DC_EINPUT, "the input is %s and no picture", dc_shape_text(shape, arena));
    if (shape->dims[0] != (is_grey ? 1u : 3u))
        return dc_fail(DC_EINPUT, "%s channels do not fit an input of %s",
                       is_grey ? "grey" : "rgb or bgr", dc_shape_text(shape, arena));
    const uint32_t side = input->resize == DC_RESIZE_WARP ? DC_MAX(shape->dims[1], shape->dims[2])
                                                          : DC_MIN(shape->dims[1], shape->dims[2]);
    if (input->resize != DC_RESIZE_NONE && input->resize_size > 0 && input->resize_size < side)
        return dc_fail(DC_EINPUT, "pictures of %u pixels are too small for an input of %s",
                       input->resize_size, dc_shape_text(shape, arena));
    if (input->resize == DC_RESIZE_NONE && input->resize_size > 0)
        return dc_fail(DC_EINPUT, "'--resize-size' needs '--resize'");
    return DC_OK;
}

dc_status cli_input_apply(dc_input *input, const cli_input *said, dc_arena *arena)
{
    const uint32_t n_channels = input->shape.dims[0];
    if (said->preset != DC_NONE)
        DC_TRY(apply_preset(input, said->preset));
    if (said->channels != DC_NONE)
        input->channels = (dc_channels)said->channels;
    if (said->filter != DC_NONE)
        input->filter = (dc_filter)said->filter;
    if (said->resize == DC_RESIZE_NONE)
        input->resize_size = 0;
    if (said->resize != DC_NONE)
        input->resize = (dc_resize)said->resize;
    if (said->resize_size > 0)
        input->resize_size = said->resize_size;
    if (said->mean != NULL)
        DC_TRY(read_numbers(input->mean, said->mean, "--mean", n_channels));
    if (said->scale != NULL)
        DC_TRY(read_numbers(input->scale, said->scale, "--scale", n_channels));
    const bool is_about_pictures = said->preset != DC_NONE || said->channels != DC_NONE ||
                                   said->filter != DC_NONE || said->resize != DC_NONE ||
                                   said->resize_size > 0;
    return is_about_pictures ? check(input, arena) : DC_OK;
}

bool cli_input_is_raw(const dc_input *input)
{
    bool is_raw = input->shape.n_dims == 3 && input->shape.dims[0] == 3;
    for (uint32_t c = 0; c < 3; c++)
        is_raw = is_raw && input->mean[c] == 0 && input->scale[c] == 1;
    return is_raw;
}
