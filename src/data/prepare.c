/* SPDX-License-Identifier: MIT
 *
 * Pictures -> input: fitted to its size, channels in its order, then (pixel - mean) * scale. Luma
 * weights are those of ITU-R BT.601, as Pillow's and libjpeg's.
 */
#include "dataset.h"

#define MAX_FITTED_BYTES (UINT64_C(256) << 20) /* of all pictures; more are fitted one by one */

/* ---- size ---- */

bool data_takes_pictures(const dc_input *input)
{
    const dc_shape *shape = &input->shape;
    return shape->n_dims == 3 && (shape->dims[0] == 1 || shape->dims[0] == 3);
}

/* An odd difference leaves a half, which goes to the even side, as torchvision's CenterCrop has
 * it. */
static data_span centre_of(uint64_t size, uint32_t n)
{
    const uint32_t spare = (uint32_t)size - n, half = spare / 2;
    return (data_span){ (uint32_t)size, half + (spare % 2 != 0 && half % 2 != 0), n };
}

/* The sizes before the crop. */
static void sizes_of(uint64_t *width, uint64_t *height, const dc_image *in, const dc_input *input)
{
    const uint32_t crop_height = input->shape.dims[1], crop_width = input->shape.dims[2];
    const uint64_t size = input->resize_size;
    if (input->resize == DC_RESIZE_WARP) {
        *width = size > 0 ? size : crop_width;
        *height = size > 0 ? size : crop_height;
        return;
    }
    const uint64_t side = size > 0 ? size : DC_MAX(crop_width, crop_height);
    const uint64_t short_side = DC_MIN(in->width, in->height);
    *width = side * in->width / short_side;
    *height = side * in->height / short_side;
}

dc_status data_fit(dc_image *out, const dc_image *in, const dc_input *input, dc_arena *arena)
{
    const dc_shape *shape = &input->shape;
    if (!data_takes_pictures(input))
        return dc_fail(DC_EINPUT, "the model takes %s and no pictures",
                       dc_shape_text(shape, arena));
    const uint32_t n_rows = shape->dims[1], n_cols = shape->dims[2];
    uint64_t width = in->width, height = in->height;
    if (input->resize != DC_RESIZE_NONE)
        sizes_of(&width, &height, in, input);
    const bool fits = input->resize == DC_RESIZE_NONE ? width == n_cols && height == n_rows
                                                      : width >= n_cols && height >= n_rows;
    if (!fits)
        return dc_fail(DC_EINPUT,
                       "pictures are %ux%u pixels, the model takes %ux%u%s", (unsigned)height,
                       (unsigned)width, n_rows, n_cols,
                       input->resize == DC_RESIZE_NONE
                           ? " (import it again with --input or --resize to have them resized; "
                             "'dcomp run' has --resize, too)"
                           : "");
    if (DC_MAX(width, height) > DC_IMAGE_MAX_SIDE * UINT64_C(16))
        return dc_fail(DC_ELIMIT, "pictures of %ux%u pixels after resizing", (unsigned)height,
                       (unsigned)width);
    if (width == in->width && height == in->height && width == n_cols && height == n_rows) {
        *out = *in;
        return DC_OK;
    }
    return data_resize(out, in, centre_of(width, n_cols), centre_of(height, n_rows), input->filter,
                       arena);
}

/* ---- values ---- */

static void prepare_grey(float *x, const uint8_t *rgb, size_t n_pixels, float mean, float scale)
{
    for (size_t i = 0; i < n_pixels; i++, rgb += 3)
        x[i] = (0.299f * (float)rgb[0] + 0.587f * (float)rgb[1] + 0.114f * (float)rgb[2] - mean) *
               scale;
}

static void prepare_channel(float *x, const uint8_t *pixels, size_t n_pixels, uint32_t step,
                            float mean, float scale)
{
    float values[256];
    for (int i = 0; i < 256; i++)
        values[i] = ((float)i - mean) * scale;
    for (size_t i = 0; i < n_pixels; i++)
        x[i] = values[pixels[i * step]];
}

void data_prepare(float *x, const dc_image *image, const dc_input *input)
{
    const size_t n_pixels = (size_t)image->width * image->height;
    const uint32_t n_stored = image->n_channels, n_wanted = input->shape.dims[0];
    const dc_channels order = n_wanted == 1 ? DC_CHANNELS_GREY : input->channels;
    for (uint32_t c = 0; c < n_wanted; c++, x += n_pixels) {
        const float mean = input->mean[c], scale = input->scale[c];
        const uint32_t from = n_stored == 1 ? 0 : order == DC_CHANNELS_BGR ? 2 - c : c;
        if (n_stored == 3 && order == DC_CHANNELS_GREY)
            prepare_grey(x, image->pixels, n_pixels, mean, scale);
        else
            prepare_channel(x, image->pixels + from, n_pixels, n_stored, mean, scale);
    }
}

/* ---- pixels in memory ---- */

static dc_image picture_at(const data_pixels *p, uint64_t index)
{
    const uint64_t n_bytes = (uint64_t)p->width * p->height * p->n_channels;
    return (dc_image){ p->width, p->height, p->n_channels,
                       (uint8_t *)(uintptr_t)(p->pixels + index * n_bytes) };
}

static dc_status picture_of(dc_image *out, const data_source *d, uint64_t index, dc_arena *arena)
{
    (void)arena;
    *out = picture_at(d->source.state, index);
    return DC_OK;
}

dc_status data_read_pixels(const dc_source *source, const uint64_t *indices, uint32_t n,
                           uint64_t epoch, float *x, int32_t *labels)
{
    const data_source *d = (const data_source *)source;
    const data_pixels *p = source->state;
    const uint64_t n_values = dc_shape_count(&source->shape);
    (void)epoch;
    for (uint32_t i = 0; i < n; i++) {
        dc_arena arena = { 0 };
        DC_TRY(data_check_index(source, indices[i]));
        const dc_image stored = picture_at(p, indices[i]);
        dc_image image = stored;
        const dc_status status =
            p->is_fitted_late ? data_fit(&image, &stored, &d->input, &arena) : DC_OK;
        if (status == DC_OK)
            data_prepare(x + i * n_values, &image, &d->input);
        dc_arena_clear(&arena);
        DC_TRY(status);
        if (labels != NULL)
            labels[i] = p->labels != NULL ? (int32_t)p->labels[indices[i]] : -1;
    }
    return DC_OK;
}

typedef struct fit_job {
    const data_source *d;
    const data_pixels *from;
    uint8_t *to;
    uint64_t n_bytes; /* of one fitted picture */
} fit_job;

static dc_status fit_one(void *payload, uint64_t index)
{
    const fit_job *job = payload;
    dc_arena arena = { 0 };
    const dc_image image = picture_at(job->from, index);
    dc_image fitted;
    const dc_status status = data_fit(&fitted, &image, &job->d->input, &arena);
    for (uint64_t i = 0; status >= 0 && i < job->n_bytes; i++)
        job->to[index * job->n_bytes + i] = fitted.pixels[i];
    dc_arena_clear(&arena);
    return status;
}

dc_status data_source_over_pixels(data_source *d)
{
    data_pixels *p = d->source.state;
    const dc_image first = picture_at(p, 0);
    dc_image fitted;
    DC_TRY(data_fit(&fitted, &first, &d->input, &d->arena));
    const uint64_t n_bytes = (uint64_t)fitted.width * fitted.height * fitted.n_channels;
    const uint64_t n_most = DC_MIN(MAX_FITTED_BYTES, dc_memory_left() / 4) / n_bytes;
    p->is_fitted_late = fitted.pixels != first.pixels && d->source.n_samples > n_most;
    if (fitted.pixels != first.pixels && !p->is_fitted_late) {
        const data_pixels from = *p;
        fit_job job = { d, &from, dc_arena_take(&d->arena, d->source.n_samples, n_bytes), n_bytes };
        DC_TRY(d->arena.status);
        DC_TRY(dc_pool_run(d->source.n_samples, fit_one, &job));
        p->width = fitted.width;
        p->height = fitted.height;
        p->pixels = job.to;
    }
    d->source.is_labelled = p->labels != NULL;
    d->source.read = data_read_pixels;
    d->picture = picture_of;
    return DC_OK;
}
