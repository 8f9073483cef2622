/* SPDX-License-Identifier: MIT
 *
 * Pooling: maximum, average, global average. A window begins at o * stride - pad and is cut at the
 * picture with its trailing pad, then at the picture: the maximum and the sum see pixels only. An
 * average is divided by the pixels it saw, or with count_pad by the window's size before the second
 * cut, pads included, as Caffe and PyTorch do; beyond the trailing pad, where ceil_mode may lead,
 * nothing counts. A pad is smaller than the kernel and no window begins beyond the picture, so none
 * is empty.
 *
 * A maximum's gradient goes to the first winner in row-major order, remembered as its place in the
 * window. NaN wins, so that it is not hidden. Work is divided by plane (n,c).
 */
#include "op_tools.h"

typedef struct pool {
    const dc_op_args *args;
    int64_t height, width, out_height, out_width, kernel_h, kernel_w, stride_h, stride_w;
    int64_t pad_top, pad_left, pad_bottom, pad_right;
    bool counts_pad;
} pool;

static pool pool_of(const dc_op_args *args)
{
    const dc_node *node = args->node;
    return (pool){ .args = args,
                   .height = args->x_shapes[0]->dims[1],
                   .width = args->x_shapes[0]->dims[2],
                   .out_height = node->shape.dims[1],
                   .out_width = node->shape.dims[2],
                   .kernel_h = (int64_t)dc_node_whole(node, DC_ATTR_KERNEL_H),
                   .kernel_w = (int64_t)dc_node_whole(node, DC_ATTR_KERNEL_W),
                   .stride_h = (int64_t)dc_node_whole(node, DC_ATTR_STRIDE_H),
                   .stride_w = (int64_t)dc_node_whole(node, DC_ATTR_STRIDE_W),
                   .pad_top = (int64_t)dc_node_whole(node, DC_ATTR_PAD_TOP),
                   .pad_left = (int64_t)dc_node_whole(node, DC_ATTR_PAD_LEFT),
                   .pad_bottom = (int64_t)dc_node_whole(node, DC_ATTR_PAD_BOTTOM),
                   .pad_right = (int64_t)dc_node_whole(node, DC_ATTR_PAD_RIGHT),
                   .counts_pad = (int64_t)dc_node_whole(node, DC_ATTR_COUNT_PAD) != 0 };
}

static uint64_t n_planes(const dc_op_args *args)
{
    return (uint64_t)args->n * args->x_shapes[0]->dims[0];
}

/* Pixels top..bottom-1, left..right-1; the window itself begins at (top_edge, left_edge). */
typedef struct window {
    int64_t top_edge, left_edge, top, bottom, left, right;
    float divisor;
} window;

static window window_at(const pool *p, int64_t h, int64_t w)
{
    const int64_t top = h * p->stride_h - p->pad_top, left = w * p->stride_w - p->pad_left;
    const int64_t bottom = DC_MIN(top + p->kernel_h, p->height + p->pad_bottom);
    const int64_t right = DC_MIN(left + p->kernel_w, p->width + p->pad_right);
    window seen = { top, left, DC_MAX(top, 0), DC_MIN(bottom, p->height),
                    DC_MAX(left, 0), DC_MIN(right, p->width), 0 };
    if (p->counts_pad)
        seen.divisor = (float)((bottom - top) * (right - left));
    else
        seen.divisor = (float)((seen.bottom - seen.top) * (seen.right - seen.left));
    return seen;
}

/* ---- maximum -------------------------------------------------------------------------------- */

/* The winner's place in its window, and its value, from x (H,W). */
static uint32_t winner_of(float *value, const pool *p, const window *seen, const float *x)
{
    int64_t row = seen->top, col = seen->left;
    float best = x[row * p->width + col];
    for (int64_t h = seen->top; h < seen->bottom; h++)
        for (int64_t w = seen->left; w < seen->right; w++) {
            const float rival = x[h * p->width + w];
            if (rival > best || (rival != rival && best == best)) {
                best = rival;
                row = h;
                col = w;
            }
        }
    *value = best;
    return (uint32_t)((row - seen->top_edge) * p->kernel_w + col - seen->left_edge);
}

/* Plane y (OH,OW) and winners (OH,OW) from x (H,W). */
static void max_plane(void *payload, uint64_t plane)
{
    const pool *p = payload;
    const dc_op_args *args = p->args;
    const float *x = args->x[0] + plane * (uint64_t)(p->height * p->width);
    uint64_t out = plane * (uint64_t)(p->out_height * p->out_width);
    uint32_t *winners = args->is_training ? args->cache : NULL;
    for (int64_t h = 0; h < p->out_height; h++)
        for (int64_t w = 0; w < p->out_width; w++, out++) {
            const window seen = window_at(p, h, w);
            const uint32_t winner = winner_of(&args->y[out], p, &seen, x);
            if (winners != NULL)
                winners[out] = winner;
        }
}

/* Plane dx (H,W), accumulated, from dy (OH,OW) and the winners. */
static void max_plane_backward(void *payload, uint64_t plane)
{
    const pool *p = payload;
    const dc_op_args *args = p->args;
    const uint32_t *winners = args->cache;
    float *dx = args->dx[0] + plane * (uint64_t)(p->height * p->width);
    uint64_t out = plane * (uint64_t)(p->out_height * p->out_width);
    for (int64_t h = 0; h < p->out_height; h++)
        for (int64_t w = 0; w < p->out_width; w++, out++) {
            const int64_t row = h * p->stride_h - p->pad_top + winners[out] / p->kernel_w;
            const int64_t col = w * p->stride_w - p->pad_left + winners[out] % p->kernel_w;
            dx[row * p->width + col] += args->dy[out];
        }
}

static uint64_t max_cache_bytes(const dc_node *node, const dc_shape *const *x_shapes,
                                uint32_t n, bool is_training)
{
    (void)x_shapes;
    return is_training ? n * dc_shape_count(&node->shape) * sizeof(uint32_t) : 0;
}

/* x (N,C,H,W); y (N,C,OH,OW) overwritten; cache: winners (N,C,OH,OW), in training. */
static void max_forward(const dc_op_args *args)
{
    const pool p = pool_of(args);
    dc_op_each(n_planes(args), max_plane, &p);
}

/* dy (N,C,OH,OW), cache; dx (N,C,H,W) accumulated. */
static void max_backward(const dc_op_args *args)
{
    const pool p = pool_of(args);
    if (args->dx[0] != NULL)
        dc_op_each(n_planes(args), max_plane_backward, &p);
}

/* ---- average -------------------------------------------------------------------------------- */

/* Plane y (OH,OW) from x (H,W). */
static void average_plane(void *payload, uint64_t plane)
{
    const pool *p = payload;
    const float *x = p->args->x[0] + plane * (uint64_t)(p->height * p->width);
    float *y = p->args->y + plane * (uint64_t)(p->out_height * p->out_width);
    for (int64_t h = 0; h < p->out_height; h++)
        for (int64_t w = 0; w < p->out_width; w++) {
            const window seen = window_at(p, h, w);
            float sum = 0;
            for (int64_t row = seen.top; row < seen.bottom; row++)
                for (int64_t col = seen.left; col < seen.right; col++)
                    sum += x[row * p->width + col];
            *y++ = sum / seen.divisor;
        }
}

/* Plane dx (H,W), accumulated, from dy (OH,OW). */
static void average_plane_backward(void *payload, uint64_t plane)
{
    const pool *p = payload;
    float *dx = p->args->dx[0] + plane * (uint64_t)(p->height * p->width);
    const float *dy = p->args->dy + plane * (uint64_t)(p->out_height * p->out_width);
    for (int64_t h = 0; h < p->out_height; h++)
        for (int64_t w = 0; w < p->out_width; w++) {
            const window seen = window_at(p, h, w);
            const float share = *dy++ / seen.divisor;
            for (int64_t row = seen.top; row < seen.bottom; row++)
                for (int64_t col = seen.left; col < seen.right; col++)
                    dx[row * p->width + col] += share;
        }
}

/* x (N,C,H,W); y (N,C,OH,OW) overwritten. */
static void average_forward(const dc_op_args *args)
{
    const pool p = pool_of(args);
    dc_op_each(n_planes(args), average_plane, &p);
}

/* dy (N,C,OH,OW); dx (N,C,H,W) accumulated. */
static void average_backward(const dc_op_args *args)
{
    const pool p = pool_of(args);
    if (args->dx[0] != NULL)
        dc_op_each(n_planes(args), average_plane_backward, &p);
}

/* ---- global average ------------------------------------------------------------------------- */

/* x (N,C,H,W); y (N,C) overwritten. */
static void global_forward(const dc_op_args *args)
{
    const uint64_t plane = plane_of(args->x_shapes[0]);
    for (uint64_t i = 0; i < n_planes(args); i++) {
        float lanes[DC_LANES] = { 0 };
        for (uint64_t j = 0; j < plane; j++)
            lanes[j % DC_LANES] += args->x[0][i * plane + j];
        args->y[i] = lane_sum(lanes) / (float)plane;
    }
}

/* dy (N,C); dx (N,C,H,W) accumulated. */
static void global_backward(const dc_op_args *args)
{
    const uint64_t plane = plane_of(args->x_shapes[0]);
    if (args->dx[0] == NULL)
        return;
    for (uint64_t i = 0; i < n_planes(args); i++)
        for (uint64_t j = 0; j < plane; j++)
            args->dx[0][i * plane + j] += args->dy[i] / (float)plane;
}

const dc_op_code dc_op_max_pool = { DC_OP_MAX_POOL, max_cache_bytes, max_forward, max_backward };
const dc_op_code dc_op_average_pool = { DC_OP_AVERAGE_POOL, NULL, average_forward,
                                        average_backward };
const dc_op_code dc_op_global_average_pool = { DC_OP_GLOBAL_AVERAGE_POOL, NULL, global_forward,
                                               global_backward };
