/* SPDX-License-Identifier: MIT
 *
 * Convolutions. What an entry multiplies must lie side by side, so the input is copied once, with
 * its pads: a plane for each input and phase (the pixels that are a multiple of the stride apart;
 * those of them that the window reads), in it the samples one after the other, each (height, width)
 * with room for the window. Then pixel p of the output, counted along such planes, has the term
 *
 *     weight[row][input, r, s] * plane[input, phase of (r, s)][p + place of (r, s)]
 *
 * for all p, and a tile of outputs stays in registers while the entries of a row go by. Pixels
 * between the lines and samples are computed too, and dropped. There is no im2col. A window of one
 * pixel without pads or steps reads the input where it is, and writes y.
 */
#include "product.h"

#include <string.h>

#define TILE 384u           /* pixels                                               */
#define PART_FLOATS 8192u   /* of x, for the pixels of a tile: two thirds of L1     */
#define SIDE_BY_SIDE 256u   /* pixels: smaller pictures of some samples go together */

typedef struct layout {
    bool is_direct;         /* planes are those of x, outputs those of y */
    uint32_t height, width; /* of a sample in a plane                    */
    uint32_t phases[2];     /* that the window reads: place k has phase k mod period */
    uint32_t period[2];
    uint32_t n_together;    /* samples                                   */
    uint64_t n_plane;       /* numbers of a plane, with what tiles read behind its end */
    uint64_t n_pixels;      /* outputs of the samples, but of a direct one whole sixteens */
} layout;

static bool is_point(const dc_sparse_window *w)
{
    for (int d = 0; d < 2; d++)
        if (w->kernel[d] != 1 || w->stride[d] != 1 || w->pad[d] != 0 || w->out[d] != w->in[d])
            return false;
    return true;
}

static uint32_t greatest_divisor(uint32_t a, uint32_t b)
{
    while (b != 0) {
        const uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static layout layout_of(const dc_sparse_window *w, uint32_t n)
{
    layout l = { .is_direct = false };
    for (int d = 0; d < 2; d++) {
        l.period[d] = w->stride[d] / greatest_divisor(w->stride[d], w->dilation[d]);
        l.phases[d] = DC_MIN(w->kernel[d], l.period[d]);
    }
    l.height = w->out[0] + (w->kernel[0] - 1) * w->dilation[0] / w->stride[0];
    l.width = w->out[1] + (w->kernel[1] - 1) * w->dilation[1] / w->stride[1];
    const uint64_t n_sample = (uint64_t)l.height * l.width;
    l.n_together = (uint32_t)DC_MIN(DC_MAX(SIDE_BY_SIDE / n_sample, UINT64_C(1)), (uint64_t)n);
    l.is_direct = is_point(w) && l.n_together == 1 && (n_sample % 16 == 0 || n_sample > TILE);
    l.n_pixels = (l.n_together - 1) * n_sample + (w->out[0] - 1) * (uint64_t)l.width + w->out[1];
    l.n_plane = n_sample;
    if (l.is_direct)
        return l;
    l.n_pixels = product_sixteens(l.n_pixels);
    const uint64_t n_behind = l.n_pixels + (uint64_t)(l.height - w->out[0]) * l.width +
                              (l.width - w->out[1]);
    l.n_plane = product_sixteens(DC_MAX(n_behind, l.n_together * n_sample));
    return l;
}

static uint64_t n_phases(const layout *l)
{
    return (uint64_t)l->phases[0] * l->phases[1];
}

static uint64_t n_sums(const dc_sparse *a, const layout *l)
{
    return l->is_direct ? 0 : (uint64_t)TILE * a->rows.n_rows;
}

static uint64_t n_copied(const dc_sparse_window *w, const layout *l)
{
    return l->is_direct ? 0 : l->n_plane * n_phases(l) * w->n_inputs;
}

uint64_t dc_sparse_conv_room(const dc_sparse *a, const dc_sparse_window *window, uint32_t n)
{
    const layout l = layout_of(window, n);
    return n_copied(window, &l) + n_sums(a, &l) + product_sixteens(a->rows.n_cols) +
           product_cursors(a);
}

/* In floating point, which does not overflow: strides, pads and dilations may be anything. */
bool dc_sparse_conv_fits(const dc_sparse_window *w)
{
    double n_plane = 1, n_in = w->n_inputs, n_out = 1, n_phase = 1;
    for (int d = 0; d < 2; d++) {
        const double span = (double)(w->kernel[d] - 1) * w->dilation[d];
        if (span > 1 << 30)
            return false;
        n_plane *= w->out[d] + span / w->stride[d];
        n_phase *= DC_MIN(w->kernel[d], w->stride[d]);
        n_in *= w->in[d];
        n_out *= w->out[d];
    }
    const double n_copy = w->n_inputs * n_phase * (n_plane + 2 * TILE);
    return n_copy < 1 << 30 && n_copy < 16 * (n_in + n_out) + 1e6;
}

typedef struct conv_job {
    const dc_kernels *kernels;
    const dc_sparse_window *w;
    const layout *l;
    const dc_sparse_tiles *tiles;
    const float *x;
    uint32_t n; /* samples together */
    float *planes, *y;
    uint64_t n_tasks;
} conv_job;

/* ---- planes ---- */

/* The places i below n for which first + i step is one of n_in pixels: *from .. *end - 1. */
static void find_inside(uint32_t *from, uint32_t *end, int64_t first, uint32_t step, uint32_t n_in,
                        uint32_t n)
{
    const int64_t low = first < 0 ? (-first + step - 1) / step : 0;
    const int64_t high = first < n_in ? (n_in - first + step - 1) / step : 0;
    *end = (uint32_t)DC_MIN(high, (int64_t)n);
    *from = (uint32_t)DC_MIN(low, (int64_t)*end);
}

/* Lines of a plane: (y stride + phase - pad) of the input, where there are such. */
static void copy_plane(const dc_sparse_window *w, const layout *l, const float *x, uint32_t phase,
                       float *plane)
{
    const uint32_t step = w->stride[1];
    const uint64_t y = (uint64_t)(phase / l->phases[1]) * w->dilation[0] % w->stride[0];
    const uint64_t first = (uint64_t)(phase % l->phases[1]) * w->dilation[1] % w->stride[1];
    const int64_t first_y = (int64_t)y - w->pad[0], first_x = (int64_t)first - w->pad[1];
    uint32_t line, end_line, from, end;
    find_inside(&line, &end_line, first_y, w->stride[0], w->in[0], l->height);
    find_inside(&from, &end, first_x, step, w->in[1], l->width);
    for (; line < end_line; line++) {
        const float *pixels = x + ((int64_t)line * w->stride[0] + first_y) * w->in[1] + first_x;
        float *to = plane + (uint64_t)line * l->width;
        if (step == 1)
            memcpy(to + from, pixels + from, (end - from) * sizeof *to);
        else
            for (uint32_t i = from; i < end; i++)
                to[i] = pixels[(uint64_t)i * step];
    }
}

static void copy_input(void *payload, uint64_t input)
{
    const conv_job *job = payload;
    const layout *l = job->l;
    const uint64_t n_in = (uint64_t)job->w->in[0] * job->w->in[1];
    float *planes = job->planes + input * n_phases(l) * l->n_plane;
    memset(planes, 0, n_phases(l) * l->n_plane * sizeof *planes);
    for (uint32_t phase = 0; phase < n_phases(l); phase++)
        for (uint32_t i = 0; i < job->n; i++)
            copy_plane(job->w, l, job->x + (i * (uint64_t)job->w->n_inputs + input) * n_in, phase,
                       planes + phase * l->n_plane + i * (uint64_t)l->height * l->width);
}

/* Where columns begin: (input, r, s). */
static void find_places(uint32_t *places, const dc_sparse_window *w, const layout *l)
{
    for (uint32_t input = 0; input < w->n_inputs; input++)
        for (uint32_t r = 0; r < w->kernel[0]; r++)
            for (uint32_t s = 0; s < w->kernel[1]; s++) {
                const uint32_t y = r * w->dilation[0], x = s * w->dilation[1];
                const uint32_t phase = r % l->period[0] * l->phases[1] + s % l->period[1];
                *places++ = (uint32_t)((input * n_phases(l) + phase) * l->n_plane +
                                       (uint64_t)(y / w->stride[0]) * l->width +
                                       x / w->stride[1]);
            }
}

/* ---- tiles ---- */

/* What of the tile are outputs goes to y. */
static void put_row(const conv_job *job, const dc_sparse_tiles *tiles, uint64_t first, uint32_t row)
{
    const layout *l = job->l;
    const uint64_t n_sample = (uint64_t)l->height * l->width, end = first + tiles->n;
    const float *sums = tiles->y + row * tiles->y_row;
    const uint32_t *out = job->w->out;
    for (uint64_t at = first; at < end;) {
        const uint64_t sample = at / n_sample, line = at % n_sample / l->width;
        const uint64_t col = at % l->width, n = DC_MIN(l->width - col, end - at);
        if (sample < job->n && line < out[0] && col < out[1]) {
            float *y = job->y + (sample * tiles->a->n_rows + row) * out[0] * out[1];
            memcpy(y + line * out[1] + col, sums + at - first, DC_MIN(n, out[1] - col) * sizeof *y);
        }
        at += n;
    }
}

static void run_tile(const conv_job *job, dc_sparse_tiles *tiles, uint64_t first)
{
    const uint64_t n_cols = (uint64_t)job->w->kernel[0] * job->w->kernel[1];
    const uint64_t n_read = tiles->n + (job->l->n_plane - job->l->n_pixels); /* of a plane */
    const uint64_t n_inputs = DC_MAX(PART_FLOATS / n_read / n_phases(job->l), UINT64_C(1));
    tiles->x = (job->l->is_direct ? job->x : job->planes) + first;
    if (job->l->is_direct)
        tiles->y = job->y + first;
    product_parts(job->kernels, tiles, (uint32_t)DC_MIN(n_inputs * n_cols, UINT64_C(1) << 30));
    if (job->l->is_direct)
        return;
    for (uint64_t i = DC_SPARSE_LANES * (uint64_t)tiles->first_slice;
         i < DC_SPARSE_LANES * (uint64_t)tiles->end_slice; i++)
        if (tiles->a->order[i] < tiles->a->n_rows)
            put_row(job, tiles, first, tiles->a->order[i]);
}

/* A core's rows, tile after tile. The last of several tiles of a direct one ends with the plane: it
 * makes some pixels once more. */
static void rows_task(void *payload, uint64_t task)
{
    const conv_job *job = payload;
    dc_sparse_tiles tiles = *job->tiles;
    const uint64_t n_pixels = job->l->n_pixels, n = product_sixteens(n_pixels) / 16;
    const uint64_t n_least = n_pixels < n * 16 ? 2 : 1;
    const uint64_t n_tiles = DC_MAX((n + TILE / 16 - 1) / (TILE / 16), n_least);
    tiles.first_slice = product_slice(tiles.a, task, job->n_tasks);
    tiles.end_slice = product_slice(tiles.a, task + 1, job->n_tasks);
    for (uint64_t i = 0; i < n_tiles; i++) {
        const uint64_t first = i * n / n_tiles * 16;
        tiles.n = (i + 1) * n / n_tiles * 16 - first;
        run_tile(job, &tiles, DC_MIN(first, n_pixels - tiles.n));
    }
}

void dc_sparse_conv(const dc_sparse *a, const dc_sparse_window *window, const dc_sparse_end *end,
                    const float *x, uint32_t n, float *y, float *room)
{
    const layout l = layout_of(window, n);
    float *sums = room + n_copied(window, &l);
    uint32_t *places = (void *)(sums + n_sums(a, &l));
    const uint64_t n_out = (uint64_t)window->out[0] * window->out[1];
    const dc_sparse_tiles tiles = { .a = &a->rows,
                                    .cursors = (void *)(places + product_sixteens(a->rows.n_cols)),
                                    .end = end, .places = places,
                                    .y_row = l.is_direct ? n_out : TILE, .y = sums };
    conv_job job = { .kernels = dc_kernels_pick(), .w = window, .l = &l, .tiles = &tiles,
                     .planes = room, .n_tasks = product_tasks(a, l.n_pixels) };
    find_places(places, window, &l);
    for (uint32_t i = 0; i < n; i += l.n_together) {
        job.n = DC_MIN(l.n_together, n - i);
        job.x = x + (uint64_t)i * window->n_inputs * window->in[0] * window->in[1];
        job.y = y + (uint64_t)i * a->rows.n_rows * n_out;
        if (!l.is_direct)
            dc_pool_each(window->n_inputs, copy_input, &job);
        dc_pool_each(job.n_tasks, rows_task, &job);
    }
}
