/* SPDX-License-Identifier: MIT
 *
 * Convolutions. The input is copied once, with its pads, such that what an entry multiplies lies
 * side by side: a plane for each input and phase (the pixels that are a multiple of the stride
 * apart), in it the samples one after the other, each (height, width) with room for the window. Then
 * pixel p of the output, counted along such planes, has the term
 *
 *     weight[row][input, r, s] * plane[input, phase of (r, s)][p + place of (r, s)]
 *
 * for all p, and a tile of outputs stays in registers while the entries of a row go by. Pixels
 * between the lines and samples are computed too, and dropped. There is no im2col.
 */
#include "product.h"

#include <string.h>

#define TILE 384u           /* pixels                                              */
#define PART_FLOATS 8192u   /* of x, for the pixels of a tile: two thirds of L1    */
#define SIDE_BY_SIDE 256u   /* pixels: smaller pictures of some samples go together */

typedef struct layout {
    uint32_t height, width; /* of a sample in a plane     */
    uint32_t n_phases;
    uint32_t n_together;    /* samples                    */
    uint64_t n_plane;       /* numbers of a plane, with what tiles read behind its end */
    uint64_t n_pixels;      /* outputs of the samples     */
} layout;

static layout layout_of(const dc_sparse_window *w, uint32_t n)
{
    layout l = { .n_phases = w->stride[0] * w->stride[1] };
    l.height = w->out[0] + (w->kernel[0] - 1) * w->dilation[0] / w->stride[0];
    l.width = w->out[1] + (w->kernel[1] - 1) * w->dilation[1] / w->stride[1];
    const uint64_t n_sample = (uint64_t)l.height * l.width;
    l.n_together = (uint32_t)DC_MIN(DC_MAX(SIDE_BY_SIDE / n_sample, UINT64_C(1)), (uint64_t)n);
    l.n_pixels = (l.n_together - 1) * n_sample + (w->out[0] - 1) * (uint64_t)l.width + w->out[1];
    l.n_pixels = product_sixteens(l.n_pixels);
    const uint64_t n_behind = l.n_pixels + (uint64_t)(l.height - w->out[0]) * l.width +
                              (l.width - w->out[1]);
    l.n_plane = product_sixteens(DC_MAX(n_behind, l.n_together * n_sample));
    return l;
}

uint64_t dc_sparse_conv_room(const dc_sparse *a, const dc_sparse_window *window, uint32_t n)
{
    const layout l = layout_of(window, n);
    return l.n_plane * l.n_phases * window->n_inputs + (uint64_t)TILE * a->rows.n_rows +
           product_sixteens(a->rows.n_cols) + product_cursors(a);
}

/* Lines of a plane: (y stride + phase - pad) of the input, where there are such. */
static void copy_plane(const dc_sparse_window *w, const layout *l, const float *x, uint32_t phase,
                       float *plane)
{
    const uint32_t step = w->stride[1];
    const int64_t first_y = (int64_t)(phase / step) - w->pad[0];
    const int64_t first_x = (int64_t)(phase % step) - w->pad[1];
    for (uint32_t line = 0; line < l->height; line++, plane += l->width) {
        const int64_t from = (int64_t)line * w->stride[0] + first_y;
        if (from < 0 || from >= w->in[0])
            continue;
        const float *pixels = x + (uint64_t)from * w->in[1];
        for (uint32_t i = 0; i < l->width; i++) {
            const int64_t at = (int64_t)i * step + first_x;
            plane[i] = at >= 0 && at < w->in[1] ? pixels[at] : 0;
        }
    }
}

typedef struct conv_job {
    const dc_sparse_window *w;
    const dc_sparse_end *end;
    const layout *l;
    const dc_sparse_tiles *tiles;
    const float *x;
    uint32_t n; /* samples together */
    float *planes, *y;
    uint64_t first; /* pixel of the tile */
} conv_job;

static void copy_input(void *payload, uint64_t input)
{
    const conv_job *job = payload;
    const dc_sparse_window *w = job->w;
    const uint64_t n_in = (uint64_t)w->in[0] * w->in[1];
    float *planes = job->planes + input * job->l->n_phases * job->l->n_plane;
    memset(planes, 0, job->l->n_phases * job->l->n_plane * sizeof *planes);
    for (uint32_t phase = 0; phase < job->l->n_phases; phase++)
        for (uint32_t i = 0; i < job->n; i++)
            copy_plane(w, job->l, job->x + (i * (uint64_t)w->n_inputs + input) * n_in, phase,
                       planes + phase * job->l->n_plane +
                           i * (uint64_t)job->l->height * job->l->width);
}

/* Where columns begin: (input, r, s). */
static void find_places(uint32_t *places, const dc_sparse_window *w, const layout *l)
{
    for (uint32_t input = 0; input < w->n_inputs; input++)
        for (uint32_t r = 0; r < w->kernel[0]; r++)
            for (uint32_t s = 0; s < w->kernel[1]; s++) {
                const uint32_t y = r * w->dilation[0], x = s * w->dilation[1];
                const uint32_t phase = y % w->stride[0] * w->stride[1] + x % w->stride[1];
                *places++ = (uint32_t)((input * l->n_phases + phase) * l->n_plane +
                                       (uint64_t)(y / w->stride[0]) * l->width +
                                       x / w->stride[1]);
            }
}

/* What of the tile are outputs goes to y. */
static void put_row(void *payload, uint64_t row)
{
    const conv_job *job = payload;
    const layout *l = job->l;
    const uint64_t n_sample = (uint64_t)l->height * l->width, end = job->first + job->tiles->n;
    const float *sums = job->tiles->y + row * job->tiles->y_row;
    const uint32_t *out = job->w->out;
    for (uint64_t at = job->first; at < end;) {
        const uint64_t sample = at / n_sample, line = at % n_sample / l->width;
        const uint64_t col = at % l->width;
        const uint64_t n = DC_MIN(l->width - col, end - at);
        if (sample < job->n && line < out[0] && col < out[1]) {
            float *y = job->y + (sample * job->tiles->a->n_rows + row) * out[0] * out[1];
            product_end(job->end, (uint32_t)row, y + line * out[1] + col, sums + at - job->first,
                        DC_MIN(n, out[1] - col));
        }
        at += n;
    }
}

static void together(const dc_kernels *kernels, const dc_sparse *a, conv_job *job,
                     dc_sparse_tiles *tiles)
{
    const uint64_t n_cols = (uint64_t)job->w->kernel[0] * job->w->kernel[1];
    const uint64_t n_tiles = (job->l->n_pixels + TILE - 1) / TILE;
    const uint64_t n_read = job->l->n_plane - job->l->n_pixels; /* besides its own pixels */
    dc_pool_each(job->w->n_inputs, copy_input, job);
    for (uint64_t i = 0; i < n_tiles; i++) {
        const uint64_t n = job->l->n_pixels / 16;
        job->first = i * n / n_tiles * 16;
        tiles->n = (i + 1) * n / n_tiles * 16 - job->first;
        tiles->x = job->planes + job->first;
        memset(tiles->y, 0, (uint64_t)tiles->y_row * a->rows.n_rows * sizeof *tiles->y);
        const uint64_t n_inputs = PART_FLOATS / (tiles->n + n_read) / job->l->n_phases;
        product_tiles(kernels, a, tiles, (uint32_t)(DC_MAX(n_inputs, UINT64_C(1)) * n_cols));
        dc_pool_each(a->rows.n_rows, put_row, job);
    }
}

void dc_sparse_conv(const dc_sparse *a, const dc_sparse_window *window, const dc_sparse_end *end,
                    const float *x, uint32_t n, float *y, float *room)
{
    const dc_kernels *kernels = dc_kernels_pick();
    const layout l = layout_of(window, n);
    float *planes = room, *sums = planes + l.n_plane * l.n_phases * window->n_inputs;
    uint32_t *places = (void *)(sums + (uint64_t)TILE * a->rows.n_rows);
    dc_sparse_tiles tiles = { .a = &a->rows,
                              .cursors = (void *)(places + product_sixteens(a->rows.n_cols)),
                              .places = places, .y_row = TILE, .y = sums };
    conv_job job = { .w = window, .end = end, .l = &l, .tiles = &tiles, .planes = planes };
    find_places(places, window, &l);
    for (uint32_t i = 0; i < n; i += l.n_together) {
        job.n = DC_MIN(l.n_together, n - i);
        job.x = x + (uint64_t)i * window->n_inputs * window->in[0] * window->in[1];
        job.y = y + (uint64_t)i * a->rows.n_rows * window->out[0] * window->out[1];
        together(kernels, a, &job, &tiles);
    }
}
