/* SPDX-License-Identifier: MIT
 *
 * Pixels -> input: channels in the input's order, then (pixel - mean) * scale. Luma weights are
 * those of ITU-R BT.601, as Pillow's and libjpeg's.
 */
#include "dataset.h"

#include <string.h>

/* The value of input channel `c` at a pixel. */
static float channel_of(const uint8_t *pixel, uint32_t n_channels, uint32_t c, dc_channels order)
{
    if (n_channels == 1)
        return (float)pixel[0];
    if (order == DC_CHANNELS_GREY)
        return 0.299f * (float)pixel[0] + 0.587f * (float)pixel[1] + 0.114f * (float)pixel[2];
    return (float)pixel[order == DC_CHANNELS_BGR ? 2 - c : c];
}

void data_prepare(float *x, const dc_image *image, const dc_input *input)
{
    const size_t n_pixels = (size_t)image->width * image->height;
    for (uint32_t c = 0; c < input->shape.dims[0]; c++, x += n_pixels)
        for (size_t i = 0; i < n_pixels; i++) {
            const uint8_t *pixel = image->pixels + i * image->n_channels;
            const float value = channel_of(pixel, image->n_channels, c % 3, input->channels);
            x[i] = (value - input->mean[c % 4]) * input->scale[c % 4];
        }
}

static void close_source(dc_source *source)
{
    data_source *d = (data_source *)source;
    dc_arena arena = d->arena;
    dc_arena_clear(&arena);
}

dc_status data_source_new(data_source **out, const data_request *request, size_t state_bytes)
{
    dc_arena arena = { 0 };
    data_source *d = dc_arena_take(&arena, 1, sizeof *d);
    void *state = dc_arena_take(&arena, 1, state_bytes);
    if (arena.status < 0) {
        const dc_status status = arena.status;
        dc_arena_clear(&arena);
        return status;
    }
    d->arena = arena;
    d->input = *request->input;
    d->source.shape = request->input->shape;
    d->source.state = state;
    d->source.close = close_source;
    *out = d;
    return DC_OK;
}

static dc_status read_pixels(const dc_source *source, const uint64_t *indices, uint32_t n,
                             uint64_t epoch, float *x, int32_t *labels)
{
    const data_source *d = (const data_source *)source;
    const data_pixels *p = source->state;
    const uint64_t n_bytes = (uint64_t)p->width * p->height * p->n_channels;
    const uint64_t n_values = dc_shape_count(&source->shape);
    (void)epoch;
    for (uint32_t i = 0; i < n; i++) {
        const dc_image image = { p->width, p->height, p->n_channels,
                                 (uint8_t *)(uintptr_t)(p->pixels + indices[i] * n_bytes) };
        data_prepare(x + i * n_values, &image, &d->input);
        if (labels != NULL)
            labels[i] = p->labels != NULL ? (int32_t)p->labels[indices[i]] : -1;
    }
    return DC_OK;
}

dc_status data_source_over_pixels(data_source *d, uint64_t n_samples)
{
    const data_pixels *p = d->source.state;
    const dc_shape *shape = &d->input.shape;
    if (shape->n_dims != 3 || shape->dims[1] != p->height || shape->dims[2] != p->width)
        return dc_fail(DC_EINPUT, "pictures are %ux%u pixels, the model takes %s", p->height, p->width,
                       dc_shape_text(shape, &d->arena));
    d->source.n_samples = n_samples;
    d->source.is_labelled = p->labels != NULL;
    d->source.read = read_pixels;
    return DC_OK;
}
