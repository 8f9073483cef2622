/* SPDX-License-Identifier: MIT
 *
 * Channels-last pools and patches. Inner loops run over channels, which lie side by side, so that
 * compilers turn them into vector code. bf16 is compared through its bits, made monotonic as signed
 * integers by flipping the lower bits of negative numbers.
 */
#ifndef DCOMP_KERNELS_NHWC_BODY_H
#define DCOMP_KERNELS_NHWC_BODY_H

#include <string.h>

#include "kernels_body.h"

/* Bits of bf16 as an integer that orders as the number does. */
INLINE int16_t ordered(uint16_t bits)
{
    const int16_t v = (int16_t)bits;
    return (int16_t)(v ^ ((v >> 15) & 0x7fff));
}

INLINE uint64_t pixel_at(const dc_nhwc *s, uint64_t row, uint32_t r, uint32_t col, uint32_t q)
{
    const uint64_t image = row / s->out_height, oh = row % s->out_height;
    return ((image * s->height + oh * s->stride[0] + r) * s->width + (uint64_t)col * s->stride[1] +
            q) *
           s->n_channels;
}

INLINE bool is_two_by_two(const dc_nhwc *s)
{
    return s->kernel[0] == 2 && s->kernel[1] == 2;
}

#define ELEMENT float
#define NAME(f) f##_f32
#define IS_MORE(a, b) ((a) > (b))
#include "nhwc_element.h"
#undef ELEMENT
#undef NAME
#undef IS_MORE

#define ELEMENT uint16_t
#define NAME(f) f##_bf16
#define IS_MORE(a, b) (ordered(a) > ordered(b))
#include "nhwc_element.h"
#undef ELEMENT
#undef NAME
#undef IS_MORE

static void max_pool(const dc_nhwc_rows *job)
{
    for (uint64_t row = job->from; row < job->end; row++)
        if (job->shape->is_bf16)
            pool_row_bf16(job, row);
        else
            pool_row_f32(job, row);
}

/* Zeroes what no window of the output row covers: right of the last one, and below for the last
 * row. */
INLINE void clear_border(const dc_nhwc_rows *job, uint64_t row)
{
    const dc_nhwc *s = job->shape;
    const size_t pixel = s->n_channels * (s->is_bf16 ? sizeof(uint16_t) : sizeof(float));
    const uint64_t image = row / s->out_height, oh = row % s->out_height;
    const uint32_t covered = s->out_width * s->kernel[1];
    const uint64_t top = oh * s->kernel[0];
    const uint64_t bottom = oh + 1 == s->out_height ? s->height : top + s->kernel[0];
    for (uint64_t h = top; h < bottom; h++) {
        const uint32_t from = h < top + s->kernel[0] ? covered : 0;
        char *line = (char *)job->out + (image * s->height + h) * s->width * pixel;
        memset(line + from * pixel, 0, (s->width - from) * pixel);
    }
}

static void max_pool_back(const dc_nhwc_rows *job)
{
    for (uint64_t row = job->from; row < job->end; row++) {
        if (job->shape->is_bf16)
            back_row_bf16(job, row);
        else
            back_row_f32(job, row);
        clear_border(job, row);
    }
}

/* One line of a patch: S pixels from line h, column w on, `step` columns apart. */
INLINE void patch_line(const dc_nhwc *s, char *to, const char *image, int64_t h, int64_t w,
                       size_t pixel)
{
    const int64_t step = s->dilation[1], n = s->kernel[1], width = s->width;
    if (h < 0 || h >= (int64_t)s->height) {
        memset(to, 0, (size_t)n * pixel);
        return;
    }
    const char *line = image + h * width * (int64_t)pixel;
    if (step == 1 && w >= 0 && w + n <= width) {
        memcpy(to, line + w * (int64_t)pixel, (size_t)n * pixel);
        return;
    }
    for (int64_t k = 0; k < n; k++, to += pixel) {
        const int64_t at = w + k * step;
        if (at < 0 || at >= width)
            memset(to, 0, pixel);
        else
            memcpy(to, line + at * (int64_t)pixel, pixel);
    }
}

static void patches(const dc_nhwc_rows *job)
{
    const dc_nhwc *s = job->shape;
    const size_t pixel = s->n_channels * (s->is_bf16 ? sizeof(uint16_t) : sizeof(float));
    const size_t line = s->kernel[1] * pixel, patch = s->kernel[0] * line;
    for (uint64_t row = job->from; row < job->end; row++) {
        const uint64_t n = row / s->out_height;
        const int64_t top = (int64_t)(row % s->out_height) * s->stride[0] - s->pad[0];
        const char *image = (const char *)job->x + n * s->height * s->width * pixel;
        char *to = (char *)job->out + row * s->out_width * patch;
        for (uint32_t col = 0; col < s->out_width; col++)
            for (uint32_t r = 0; r < s->kernel[0]; r++, to += line)
                patch_line(s, to, image, top + (int64_t)r * s->dilation[0],
                           (int64_t)col * s->stride[1] - s->pad[1], pixel);
    }
}

#endif
