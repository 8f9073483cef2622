/* SPDX-License-Identifier: MIT
 *
 * What each output place reads is a column of a matrix, made some output rows at a time, so that it
 * stays in the cache; weights times that are all channels of those rows.
 */
#include "walk_conv.h"

#include <string.h>

#include "dcomp/kernels.h"
#include "layer_places.h"

#define COLUMNS 256u /* places at once, about */
#define MIN_ROWS 8u  /* of weights: with fewer the matrix is dearer than the plain op */

typedef struct conv_work {
    layer_places places;
    uint64_t n, n_groups, n_rows; /* weights of a row; rows of a group */
    uint64_t tile;                /* output rows at once               */
    uint64_t n_tiles;
    const float *weights, *bias;  /* the second or NULL                */
    const float *x;
    float *y;
} conv_work;

bool walk_conv_does(const dc_model *model, const dc_node *node)
{
    return node->op == DC_OP_CONV && model->params[dc_node_param(node, 0)].values != NULL &&
           node->shape.dims[0] / dc_node_whole(node, DC_ATTR_GROUPS) >= MIN_ROWS;
}

/* One row of the matrix: what the kernel's place (r, s) reads of a channel, for output rows `from`
 * .. end - 1. */
static void take_row(float *to, const layer_places *p, const float *channel, int64_t r, int64_t s,
                     int64_t from, int64_t end)
{
    const int64_t left = s * p->dilation_w - p->right;
    for (int64_t row = from; row < end; row++, to += p->out_width) {
        const int64_t h = row * p->stride_h - p->down + r * p->dilation_h;
        const float *x = channel + h * p->width;
        if (h < 0 || h >= p->height) {
            memset(to, 0, (uint64_t)p->out_width * sizeof *to);
            continue;
        }
        for (int64_t i = 0; i < p->out_width; i++) {
            const int64_t k = left + i * p->stride_w;
            to[i] = k >= 0 && k < p->width ? x[k] : 0;
        }
    }
}

static void run_group(const conv_work *w, float *columns, const float *x, float *y, uint64_t group,
                      int64_t from, int64_t end)
{
    const layer_places *p = &w->places;
    const uint64_t n_cols = (uint64_t)((end - from) * p->out_width);
    const uint64_t n_there = layer_places_count(p), first = (uint64_t)(from * p->out_width);
    const int64_t n_channels = p->channels / (int64_t)w->n_groups;
    float *to = columns;
    for (int64_t c = (int64_t)group * n_channels; c < ((int64_t)group + 1) * n_channels; c++)
        for (int64_t r = 0; r < p->kernel_h; r++)
            for (int64_t s = 0; s < p->kernel_w; s++, to += n_cols)
                take_row(to, p, x + c * p->height * p->width, r, s, from, end);
    for (uint64_t row = group * w->n_rows; row < (group + 1) * w->n_rows; row++)
        for (uint64_t i = 0; i < n_cols; i++)
            y[row * n_there + first + i] = w->bias != NULL ? w->bias[row] : 0;
    const dc_matmul m = { .n_rows = w->n_rows, .n_cols = n_cols, .n_terms = w->n,
                          .a_row = w->n, .a_term = 1, .b_row = n_cols, .y_row = n_there,
                          .a = w->weights + group * w->n_rows * w->n, .b = columns,
                          .y = y + group * w->n_rows * n_there + first };
    dc_kernels_pick()->matmul(&m);
}

static dc_status run_tile(void *payload, uint64_t index)
{
    const conv_work *w = payload;
    const layer_places *p = &w->places;
    const uint64_t sample = index / w->n_tiles;
    const uint64_t n_in = (uint64_t)(p->channels * p->height * p->width);
    const int64_t from = (int64_t)(index % w->n_tiles * w->tile);
    const int64_t end = DC_MIN(from + (int64_t)w->tile, p->out_height);
    const uint64_t n_out = w->n_groups * w->n_rows * layer_places_count(p);
    float *columns = dc_grow(NULL, w->n * w->tile * (uint64_t)p->out_width, sizeof *columns);
    if (columns == NULL)
        return DC_ENOMEM;
    for (uint64_t group = 0; group < w->n_groups; group++)
        run_group(w, columns, w->x + sample * n_in, w->y + sample * n_out, group, from, end);
    dc_release(columns);
    return DC_OK;
}

dc_status walk_conv(const dc_model *model, const dc_node *node, uint32_t n, const float *x,
                    float *y)
{
    const dc_param *weights = &model->params[dc_node_param(node, 0)];
    const uint32_t bias = dc_node_param(node, 1);
    const uint64_t n_groups = dc_node_whole(node, DC_ATTR_GROUPS);
    conv_work w = { .n = weights->n_values / weights->shape.dims[0], .n_groups = n_groups,
                    .n_rows = weights->shape.dims[0] / n_groups, .weights = weights->values,
                    .bias = bias != DC_NONE ? model->params[bias].values : NULL, .x = x, .y = y };
    w.places = layer_places_of(model, node, w.n);
    const uint64_t width = (uint64_t)w.places.out_width, height = (uint64_t)w.places.out_height;
    w.tile = DC_MIN(DC_MAX(COLUMNS / width, UINT64_C(1)), height);
    w.n_tiles = (height + w.tile - 1) / w.tile;
    return dc_pool_run(n * w.n_tiles, run_tile, &w);
}
