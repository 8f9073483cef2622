/* SPDX-License-Identifier: MIT
 *
 * Resizing in two passes, across and then down. Each pixel of the result is a weighted sum of
 * those under a triangle about its centre in the original. For DC_FILTER_TRIANGLE the triangle
 * widens with the reduction, which is antialiasing as Pillow does it, with Pillow's arithmetic:
 * weights of 22 bits, and bytes between the passes; the results are equal. For DC_FILTER_BILINEAR
 * it stays two pixels wide. Only the wanted part of the result and the rows it needs are computed.
 *
 * A sum of bytes times weights that add up to 2^22 stays under 2^32. So one 64-bit multiplication
 * serves two rows on the way across; down, whole rows are added up, which compilers vectorise.
 */
#include "dataset.h"

#define WEIGHT_BITS 22
#define HALF (UINT32_C(1) << (WEIGHT_BITS - 1)) /* to round, not to cut */
#define TWO_HALVES ((uint64_t)HALF << 32 | HALF)

/* The weights of one axis: result pixel i is the sum over k < n_taps[i] of
 * weights[i * n_most + k] * original[first[i] + k]. */
typedef struct taps {
    uint32_t n_most;
    uint32_t *first, *n_taps;
    uint32_t *weights;
} taps;

static double triangle(double x)
{
    x = x < 0.0 ? -x : x;
    return x < 1.0 ? 1.0 - x : 0.0;
}

/* In Pillow's order of operations, so that no weight differs in its last bit. */
static void weigh(taps *t, uint32_t i, double centre, double radius, uint32_t n_in, double *w)
{
    const double low = centre - radius + 0.5, high = centre + radius + 0.5;
    const uint32_t first = low > 0.0 ? (uint32_t)low : 0;
    const uint32_t n = DC_MIN((uint32_t)high, n_in) - first;
    const double per_radius = 1.0 / radius;
    double sum = 0.0;
    for (uint32_t k = 0; k < n; k++) {
        w[k] = triangle(((double)(first + k) - centre + 0.5) * per_radius);
        sum += w[k];
    }
    for (uint32_t k = 0; k < n; k++)
        t->weights[i * t->n_most + k] = (uint32_t)(w[k] / sum * (1 << WEIGHT_BITS) + 0.5);
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

/* The originals that the result's pixels need: [*first, *first + the returned number). */
static uint32_t reach(uint32_t *first, const taps *t, uint32_t n_out)
{
    *first = t->first[0];
    return t->first[n_out - 1] + t->n_taps[n_out - 1] - *first;
}

/* Weights may add up to a little over 1. */
static uint8_t to_byte(uint32_t sum)
{
    const int32_t value = (int32_t)(sum >> WEIGHT_BITS);
    return (uint8_t)DC_MIN(value, 255);
}

/* ---- across: two rows at a time, one in each half of a 64-bit word ---- */

static void join_pixels(uint8_t *restrict a, uint8_t *restrict b, const uint64_t *pairs,
                        const taps *t, uint32_t n_out)
{
    const uint32_t from = t->first[0];
    for (uint32_t i = 0; i < n_out; i++) {
        const uint32_t *w = t->weights + (size_t)i * t->n_most;
        const uint64_t *pair = pairs + (t->first[i] - from);
        uint64_t sum = TWO_HALVES;
        for (uint32_t k = 0; k < t->n_taps[i]; k++)
            sum += pair[k] * w[k];
        a[i] = to_byte((uint32_t)sum);
        b[i] = to_byte((uint32_t)(sum >> 32));
    }
}

static void join_colours(uint8_t *restrict a, uint8_t *restrict b, const uint64_t *pairs,
                         const taps *t, uint32_t n_out)
{
    const uint32_t from = t->first[0];
    for (uint32_t i = 0; i < n_out; i++, a += 3, b += 3) {
        const uint32_t *w = t->weights + (size_t)i * t->n_most;
        const uint64_t *pair = pairs + (size_t)(t->first[i] - from) * 3;
        uint64_t sums[3] = { TWO_HALVES, TWO_HALVES, TWO_HALVES };
        for (uint32_t k = 0; k < t->n_taps[i]; k++, pair += 3) {
            sums[0] += pair[0] * w[k];
            sums[1] += pair[1] * w[k];
            sums[2] += pair[2] * w[k];
        }
        for (uint32_t c = 0; c < 3; c++) {
            a[c] = to_byte((uint32_t)sums[c]);
            b[c] = to_byte((uint32_t)(sums[c] >> 32));
        }
    }
}

/* Rows `first` .. `first + n_rows - 1` of `in` to rows of n_out pixels. `rows` has room for an even
 * number: an odd last one is done twice. */
static dc_status resize_rows(uint8_t *rows, const dc_image *in, uint32_t first, uint32_t n_rows,
                             const taps *t, uint32_t n_out, dc_arena *arena)
{
    uint32_t from;
    const size_t n = (size_t)reach(&from, t, n_out) * in->n_channels;
    const size_t in_bytes = (size_t)in->width * in->n_channels;
    const size_t out_bytes = (size_t)n_out * in->n_channels;
    uint64_t *pairs = dc_arena_take(arena, n, sizeof *pairs);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < n_rows; i += 2) {
        const uint8_t *a = in->pixels + (first + i) * in_bytes + (size_t)from * in->n_channels;
        const uint8_t *b = i + 1 < n_rows ? a + in_bytes : a;
        uint8_t *to = rows + i * out_bytes;
        for (size_t k = 0; k < n; k++)
            pairs[k] = a[k] | (uint64_t)b[k] << 32;
        (in->n_channels == 1 ? join_pixels : join_colours)(to, to + out_bytes, pairs, t, n_out);
    }
    return DC_OK;
}

/* ---- down: whole rows ---- */

/* sums += wa * a + wb * b */
static void add_rows(uint32_t *sums, const uint8_t *a, const uint8_t *b, uint32_t wa, uint32_t wb,
                     size_t n)
{
    for (size_t i = 0; i < n; i++)
        sums[i] += wa * a[i] + wb * b[i];
}

/* One row of the result from rows of `row_bytes` below each other. */
static void join_rows(uint8_t *out, const uint8_t *rows, const uint32_t *w, uint32_t n_taps,
                      size_t row_bytes, uint32_t *sums)
{
    for (size_t i = 0; i < row_bytes; i++)
        sums[i] = HALF;
    for (uint32_t k = 0; k + 1 < n_taps; k += 2)
        add_rows(sums, rows + k * row_bytes, rows + (k + 1) * row_bytes, w[k], w[k + 1],
                 row_bytes);
    if (n_taps % 2 != 0) {
        const uint8_t *last = rows + (n_taps - 1) * row_bytes;
        add_rows(sums, last, last, w[n_taps - 1], 0, row_bytes);
    }
    for (size_t i = 0; i < row_bytes; i++)
        out[i] = to_byte(sums[i]);
}

dc_status data_resize(dc_image *out, const dc_image *in, data_span x, data_span y,
                      dc_filter filter, dc_arena *arena)
{
    taps across, down;
    DC_TRY(make_taps(&across, in->width, x, filter, arena));
    DC_TRY(make_taps(&down, in->height, y, filter, arena));
    uint32_t first;
    const uint32_t n_rows = reach(&first, &down, y.n);
    const size_t row_bytes = (size_t)x.n * in->n_channels;
    uint8_t *rows = dc_arena_take(arena, n_rows + n_rows % 2, row_bytes);
    uint32_t *sums = dc_arena_take(arena, row_bytes, sizeof *sums);
    uint8_t *pixels = dc_arena_take(arena, y.n, row_bytes);
    DC_TRY(arena->status);
    DC_TRY(resize_rows(rows, in, first, n_rows, &across, x.n, arena));
    for (uint32_t i = 0; i < y.n; i++)
        join_rows(pixels + i * row_bytes, rows + (down.first[i] - first) * row_bytes,
                  down.weights + (size_t)i * down.n_most, down.n_taps[i], row_bytes, sums);
    *out = (dc_image){ x.n, y.n, in->n_channels, pixels };
    return DC_OK;
}
