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
    int64_t height, width, out_height, out_width;
} pool;

static pool pool_of(const dc_op_args *args)
{
    const uint32_t *in = args->x_shapes[0]->dims, *out = args->node->shape.dims;
    return (pool){ args, in[1], in[2], out[1], out[2] };
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
    const dc_node *node = p->args->node;
    const int64_t top = h * attr_int(node, DC_ATTR_STRIDE_H) - attr_int(node, DC_ATTR_PAD_TOP);
    const int64_t left = w * attr_int(node, DC_ATTR_STRIDE_W) - attr_int(node, DC_ATTR_PAD_LEFT);
    const int64_t bottom = DC_MIN(top + attr_int(node, DC_ATTR_KERNEL_H),
                                  p->height + attr_int(node, DC_ATTR_PAD_BOTTOM));
    const int64_t right = DC_MIN(left + attr_int(node, DC_ATTR_KERNEL_W),
                                 p->width + attr_int(node, DC_ATTR_PAD_RIGHT));
    window seen = { top, left, DC_MAX(top, 0), DC_MIN(bottom, p->height),
                    DC_MAX(left, 0), DC_MIN(right, p->width), 0 };
    if (attr_int(node, DC_ATTR_COUNT_PAD) != 0)
        seen.divisor = (float)((bottom - top) * (right - left));
    else
        seen.divisor = (float)((seen.bottom - seen.top) * (seen.right - seen.left));
    return seen;
}

/* ---- maximum -------------------------------------------------------------------------------- */

/* The winner's index in its plane x (H,W). */
static int64_t winner_of(const pool *p, const window *seen, const float *x)
{
    int64_t best = seen->top * p->width + seen->left;
    for (int64_t h = seen->top; h < seen->bottom; h++)
        for (int64_t i = h * p->width + seen->left; i < h * p->width + seen->right; i++)
            if (x[i] > x[best] || x[i] != x[i])
                best = x[best] != x[best] ? best : i;
    return best;
}

/* Plane y (OH,OW) and winners (OH,OW) from x (H,W). */
static dc_status max_plane(void *payload, uint64_t plane)
{
    const pool *p = payload;
    const dc_op_args *args = p->args;
    const float *x = args->x[0] + plane * (uint64_t)(p->height * p->width);
    uint64_t out = plane * (uint64_t)(p->out_height * p->out_width);
    uint32_t *winners = args->is_training ? args->cache : NULL;
    const int64_t kernel_w = attr_int(args->node, DC_ATTR_KERNEL_W);
    for (int64_t h = 0; h < p->out_height; h++)
        for (int64_t w = 0; w < p->out_width; w++, out++) {
            const window seen = window_at(p, h, w);
            const int64_t best = winner_of(p, &seen, x);
            args->y[out] = x[best];
            if (winners != NULL)
                winners[out] = (uint32_t)((best / p->width - seen.top_edge) * kernel_w
                                          + best % p->width - seen.left_edge);
        }
    return DC_OK;
}

/* Plane dx (H,W), accumulated, from dy (OH,OW) and the winners. */
static dc_status max_plane_backward(void *payload, uint64_t plane)
{
    const pool *p = payload;
    const dc_op_args *args = p->args;
    const uint32_t *winners = args->cache;
    float *dx = args->dx[0] + plane * (uint64_t)(p->height * p->width);
    uint64_t out = plane * (uint64_t)(p->out_height * p->out_width);
    const int64_t kernel_w = attr_int(args->node, DC_ATTR_KERNEL_W);
    for (int64_t h = 0; h < p->out_height; h++)
        for (int64_t w = 0; w < p->out_width; w++, out++) {
            const window seen = window_at(p, h, w);
            const int64_t row = seen.top_edge + winners[out] / kernel_w;
            dx[row * p->width + seen.left_edge + winners[out] % kernel_w] += args->dy[out];
        }
    return DC_OK;
}

static uint64_t max_cache_bytes(const dc_node *node, const dc_shape *const *x_shapes, uint32_t n)
{
    (void)x_shapes;
    return n * dc_shape_count(&node->shape) * sizeof(uint32_t);
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
static dc_status average_plane(void *payload, uint64_t plane)
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
    return DC_OK;
}

/* Plane dx (H,W), accumulated, from dy (OH,OW). */
static dc_status average_plane_backward(void *payload, uint64_t plane)
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
    return DC_OK;
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
