/* SPDX-License-Identifier: MIT
 *
 * Resizing in two passes, columns and then rows. Each pixel of the result is a weighted sum of
 * those under a triangle about its centre in the original. For DC_FILTER_TRIANGLE the triangle
 * widens with the reduction, which is antialiasing as Pillow does it, with Pillow's arithmetic:
 * weights of 22 bits, and bytes between the passes. For DC_FILTER_BILINEAR it stays two pixels
 * wide. Only the wanted part of the result and the rows it needs are computed.
 */
#include "dataset.h"

#define WEIGHT_BITS 22

/* The weights of one axis: result pixel i is the sum over k < n_taps[i] of
 * weights[i * n_most + k] * original[first[i] + k]. */
typedef struct taps {
    uint32_t n_most;
    uint32_t *first, *n_taps;
    int32_t *weights;
} taps;

static double triangle(double x)
{
    x = x < 0.0 ? -x : x;
    return x < 1.0 ? 1.0 - x : 0.0;
}

static void weigh(taps *t, uint32_t i, double centre, double radius, uint32_t n_in, double *w)
{
    const double low = centre - radius + 0.5, high = centre + radius + 0.5;
    const uint32_t first = low > 0.0 ? (uint32_t)low : 0;
    const uint32_t n = DC_MIN((uint32_t)high, n_in) - first;
    double sum = 0.0;
    for (uint32_t k = 0; k < n; k++) {
        w[k] = triangle((first + k + 0.5 - centre) / radius);
        sum += w[k];
    }
    for (uint32_t k = 0; k < n; k++)
        t->weights[i * t->n_most + k] = (int32_t)(w[k] / sum * (1 << WEIGHT_BITS) + 0.5);
    t->first[i] = first;
    t->n_taps[i] = n;
}

static dc_status make_taps(taps *t, uint32_t n_in, data_span span, dc_filter filter,
                           dc_arena *arena)
{
    const double step = (double)n_in / span.size;
    const double radius = filter == DC_FILTER_TRIANGLE && step > 1.0 ? step : 1.0;
    t->n_most = 2 * (uint32_t)radius + 3;
    t->first = dc_arena_take(arena, span.n, sizeof *t->first);
    t->n_taps = dc_arena_take(arena, span.n, sizeof *t->n_taps);
    t->weights = dc_arena_take(arena, (uint64_t)span.n * t->n_most, sizeof *t->weights);
    double *w = dc_arena_take(arena, t->n_most, sizeof *w);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < span.n; i++)
        weigh(t, i, (span.first + i + 0.5) * step, radius, n_in, w);
    return DC_OK;
}

static uint8_t to_byte(int32_t sum)
{
    const int32_t value = sum >> WEIGHT_BITS; /* weights may add up to a little over 1 */
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static void resize_row(uint8_t *out, const uint8_t *row, const taps *t, uint32_t n_out,
                       uint32_t n_channels)
{
    for (uint32_t i = 0; i < n_out; i++) {
        const int32_t *w = t->weights + (size_t)i * t->n_most;
        const uint8_t *from = row + (size_t)t->first[i] * n_channels;
        for (uint32_t c = 0; c < n_channels; c++) {
            int32_t sum = 1 << (WEIGHT_BITS - 1);
            for (uint32_t k = 0; k < t->n_taps[i]; k++)
                sum += w[k] * from[k * n_channels + c];
            *out++ = to_byte(sum);
        }
    }
}

/* One row of the result from rows of `row_bytes` below each other. */
static void join_rows(uint8_t *out, const uint8_t *rows, const int32_t *w, uint32_t n_taps,
                      size_t row_bytes, int32_t *sums)
{
    for (size_t i = 0; i < row_bytes; i++)
        sums[i] = 1 << (WEIGHT_BITS - 1);
    for (uint32_t k = 0; k < n_taps; k++, rows += row_bytes)
        for (size_t i = 0; i < row_bytes; i++)
            sums[i] += w[k] * rows[i];
    for (size_t i = 0; i < row_bytes; i++)
        out[i] = to_byte(sums[i]);
}

dc_status data_resize(dc_image *out, const dc_image *in, data_span x, data_span y,
                      dc_filter filter, dc_arena *arena)
{
    taps across, down;
    DC_TRY(make_taps(&across, in->width, x, filter, arena));
    DC_TRY(make_taps(&down, in->height, y, filter, arena));
    const uint32_t first = down.first[0];
    const uint32_t n_rows = down.first[y.n - 1] + down.n_taps[y.n - 1] - first;
    const size_t row_bytes = (size_t)x.n * in->n_channels;
    uint8_t *rows = dc_arena_take(arena, n_rows, row_bytes);
    int32_t *sums = dc_arena_take(arena, row_bytes, sizeof *sums);
    uint8_t *pixels = dc_arena_take(arena, y.n, row_bytes);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < n_rows; i++)
        resize_row(rows + i * row_bytes,
                   in->pixels + (size_t)(first + i) * in->width * in->n_channels, &across, x.n,
                   in->n_channels);
    for (uint32_t i = 0; i < y.n; i++)
        join_rows(pixels + i * row_bytes, rows + (down.first[i] - first) * row_bytes,
                  down.weights + (size_t)i * down.n_most, down.n_taps[i], row_bytes, sums);
    *out = (dc_image){ x.n, y.n, in->n_channels, pixels };
    return DC_OK;
}
