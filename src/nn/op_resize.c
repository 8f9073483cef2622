/* SPDX-License-Identifier: MIT
 *
 * Resizing of pictures (C,H,W) to (C,H',W'), each side for itself. Pixel i of the result lies at
 * place p of the source side of n pixels, which becomes m:
 *   half_pixel     p = (i + 1/2) n / m - 1/2
 *   asymmetric     p = i n / m
 *   align_corners  p = i (n - 1) / (m - 1), 0 where m is 1
 * or with another scale s than m / n, which then stands for it. Nearest takes one pixel, p rounded;
 * linear two, weighted by how near they are; a place outside the picture is its edge.
 *
 * A task is a plane.
 */
#include <math.h>

#include "op_tools.h"

typedef struct source {
    uint64_t low, high; /* pixels         */
    float share;        /* of the high one */
} source;

static double place_of(const dc_node *node, uint32_t axis, double i, double n, double m)
{
    const double scale = dc_node_number(node, (dc_attr)(DC_ATTR_SCALE_H + axis));
    const double step = scale > 0 ? 1 / scale : n / m;
    const double last = (scale > 0 ? scale * n : m) - 1;
    switch (dc_node_whole(node, DC_ATTR_PLACES)) {
    case DC_PLACES_ASYMMETRIC: return i * step;
    case DC_PLACES_ALIGN_CORNERS: return last > 0 ? i * (n - 1) / last : 0;
    case DC_PLACES_PYTORCH: return m > 1 ? (i + 0.5) * step - 0.5 : 0;
    default: return (i + 0.5) * step - 0.5;
    }
}

static double rounded(const dc_node *node, double place)
{
    switch (dc_node_whole(node, DC_ATTR_ROUNDING)) {
    case DC_ROUND_DOWN: return floor(place);
    case DC_ROUND_UP: return ceil(place);
    case DC_ROUND_HALF_UP: return floor(place + 0.5);
    default: return ceil(place - 0.5); /* half down */
    }
}

static source source_of(const dc_node *node, uint32_t axis, uint64_t i, uint64_t n)
{
    const uint64_t m = node->shape.dims[1 + axis];
    const double last = (double)(n - 1);
    double place = place_of(node, axis, (double)i, (double)n, (double)m);
    if (dc_node_whole(node, DC_ATTR_LINEAR) == 0)
        place = rounded(node, place);
    place = DC_MIN(DC_MAX(place, 0), last);
    const double low = floor(place);
    return (source){ (uint64_t)low, (uint64_t)DC_MIN(low + 1, last), (float)(place - low) };
}

#define BLOCK 512u /* columns whose sources are found once for all rows */

typedef struct strip { /* of columns: `n` from `first` on */
    uint64_t first, n;
    source columns[BLOCK];
} strip;

/* One row of the strip: of y, or with dy of dx; `x` and `to` are planes. */
static void each_pixel(const strip *s, uint64_t n_cols, const source *row, const float *x,
                       float *y, float *dx, const float *dy)
{
    for (uint64_t w = 0; w < s->n; w++) {
        const source *c = &s->columns[w];
        const uint64_t at[4] = { row->low * n_cols + c->low, row->low * n_cols + c->high,
                                 row->high * n_cols + c->low, row->high * n_cols + c->high };
        const float share[4] = { (1 - row->share) * (1 - c->share), (1 - row->share) * c->share,
                                 row->share * (1 - c->share), row->share * c->share };
        float sum = 0;
        for (int i = 0; i < 4; i++) {
            if (share[i] == 0)
                continue;
            if (dx != NULL)
                dx[at[i]] += share[i] * dy[w];
            else
                sum += share[i] * x[at[i]];
        }
        if (dx == NULL)
            y[w] = sum;
    }
}

static void each_strip(const dc_op_args *args, uint64_t plane, bool is_down)
{
    const dc_node *node = args->node;
    const uint64_t n_rows = args->x_shapes[0]->dims[1], n_cols = args->x_shapes[0]->dims[2];
    const uint64_t height = node->shape.dims[1], width = node->shape.dims[2];
    const uint64_t from = plane * n_rows * n_cols;
    strip s;
    for (s.first = 0; s.first < width; s.first += BLOCK) {
        s.n = DC_MIN(width - s.first, (uint64_t)BLOCK);
        for (uint64_t w = 0; w < s.n; w++)
            s.columns[w] = source_of(node, 1, s.first + w, n_cols);
        for (uint64_t h = 0; h < height; h++) {
            const source row = source_of(node, 0, h, n_rows);
            const uint64_t to = (plane * height + h) * width + s.first;
            if (is_down)
                each_pixel(&s, n_cols, &row, NULL, NULL, args->dx[0] + from, args->dy + to);
            else
                each_pixel(&s, n_cols, &row, args->x[0] + from, args->y + to, NULL, NULL);
        }
    }
}

static void resize_up(void *payload, uint64_t plane)
{
    each_strip(payload, plane, false);
}

static void resize_down(void *payload, uint64_t plane)
{
    each_strip(payload, plane, true);
}

/* x (N,C,H,W); y (N,C,H',W') overwritten. */
static void resize_forward(const dc_op_args *args)
{
    dc_op_each((uint64_t)args->n * args->node->shape.dims[0], resize_up, args);
}

/* dy (N,C,H',W'); dx (N,C,H,W) accumulated. */
static void resize_backward(const dc_op_args *args)
{
    if (args->dx[0] != NULL)
        dc_op_each((uint64_t)args->n * args->node->shape.dims[0], resize_down, args);
}

const dc_op_code dc_op_resize = { DC_OP_RESIZE, NULL, resize_forward, resize_backward };
