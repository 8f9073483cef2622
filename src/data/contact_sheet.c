/* SPDX-License-Identifier: MIT
 *
 * A sheet of samples as the model gets them, turned back into pixels: x / scale + mean, channels in
 * the order of RGB. What is wrong with a crop, an order of channels or a mean is seen at a glance.
 * Samples stand in rows, about as many as there are columns; small ones are enlarged by a whole
 * factor, pixel by pixel.
 */
#include "dataset.h"

#include <string.h>

#define GAP 4u         /* pixels between samples, and around  */
#define LEAST_SIDE 96u /* enlarged until one side is so large */
#define GAP_VALUE 255

typedef struct sheet {
    uint32_t n, n_across, n_down;
    uint32_t factor; /* of enlargement */
    const dc_input *input;
    dc_image image;
} sheet;

static void plan(sheet *s, uint32_t n, const dc_input *input)
{
    const uint32_t height = input->shape.dims[1], width = input->shape.dims[2];
    uint32_t n_across = 1;
    while ((uint64_t)n_across * n_across < n)
        n_across++;
    *s = (sheet){ .n = n, .n_across = n_across, .n_down = (n + n_across - 1) / n_across,
                  .factor = DC_MAX(1, LEAST_SIDE / DC_MAX(height, width)), .input = input };
    s->image = (dc_image){ .width = GAP + s->n_across * (width * s->factor + GAP),
                           .height = GAP + s->n_down * (height * s->factor + GAP),
                           .n_channels = input->shape.dims[0] };
}

/* The pixel's value that became x; black for what was none. */
static uint8_t pixel_of(float x, float mean, float scale)
{
    const float value = x / scale + mean + 0.5f;
    return value > 0 ? (uint8_t)DC_MIN(value, 255.0f) : 0;
}

static void put_sample(sheet *s, uint32_t index, const float *x)
{
    const dc_input *input = s->input;
    const uint32_t n_channels = input->shape.dims[0], factor = s->factor;
    const uint32_t height = input->shape.dims[1], width = input->shape.dims[2];
    const uint32_t left = GAP + index % s->n_across * (width * factor + GAP);
    const uint32_t top = GAP + index / s->n_across * (height * factor + GAP);
    const bool is_turned = n_channels == 3 && input->channels == DC_CHANNELS_BGR;
    for (uint32_t row = 0; row < height * factor; row++)
        for (uint32_t col = 0; col < width * factor; col++)
            for (uint32_t c = 0; c < n_channels; c++) {
                const uint32_t from = is_turned ? n_channels - 1 - c : c;
                const size_t at = ((size_t)from * height + row / factor) * width + col / factor;
                const size_t to = ((size_t)(top + row) * s->image.width + left + col) * n_channels;
                s->image.pixels[to + c] = pixel_of(x[at], input->mean[from], input->scale[from]);
            }
}

/* The first readable samples; fewer when there are no more. */
static dc_status put_samples(sheet *s, const dc_source *source, dc_arena *arena)
{
    float *x = dc_arena_take(arena, dc_shape_count(&source->shape), sizeof *x);
    int32_t *labels = dc_arena_take(arena, dc_source_steps(source), sizeof *labels);
    DC_TRY(arena->status);
    uint32_t n_put = 0;
    for (uint64_t i = 0; i < source->n_samples && n_put < s->n; i++) {
        labels[0] = -1;
        DC_TRY(source->read(source, &i, 1, 0, x, labels));
        if (labels[0] != DC_UNREADABLE)
            put_sample(s, n_put++, x);
    }
    return DC_OK;
}

static dc_status draw(sheet *s, const dc_source *source, dc_arena *arena)
{
    const size_t n_bytes = (size_t)s->image.width * s->image.height * s->image.n_channels;
    s->image.pixels = dc_arena_take(arena, n_bytes, 1);
    DC_TRY(arena->status);
    memset(s->image.pixels, GAP_VALUE, n_bytes);
    return put_samples(s, source, arena);
}

dc_status dc_data_sheet_write(const char *path, const dc_source *source, const dc_input *input,
                              uint32_t n, bool may_replace)
{
    dc_arena arena = { 0 };
    sheet s;
    if (!data_takes_pictures(input) || !dc_shape_equal(&source->shape, &input->shape))
        return dc_fail(DC_EINPUT, "samples of '%s' are no pictures to look at", source->text);
    if (n == 0 || source->n_samples == 0)
        return dc_fail(DC_EINPUT, "no samples to look at in '%s'", source->text);
    plan(&s, (uint32_t)DC_MIN(n, source->n_samples), input);
    if (DC_MAX(s.image.width, s.image.height) > DC_IMAGE_MAX_SIDE)
        return dc_fail(DC_ELIMIT, "%u samples are too many to look at", s.n);
    dc_status status = draw(&s, source, &arena);
    if (status == DC_OK)
        status = dc_png_write(path, &s.image, may_replace);
    dc_arena_clear(&arena);
    return status;
}
