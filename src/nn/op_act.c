/* SPDX-License-Identifier: MIT
 *
 * Ops on single values.
 *
 * ReLU passes NaN on, so that a run that went wrong is seen; its gradient at 0 is 0. Dropout is the
 * inverted kind: in training a value is dropped with probability `ratio` and survivors are scaled
 * by 1 / (1 - ratio), so that prediction is the identity. Whether value i of the batch survives is
 * a hash of (seed, i): no state, the same on any number of jobs. Softmax is over channels, at each
 * place of the picture.
 */
#include "op_tools.h"

#include <math.h>
#include <string.h>

static uint64_t n_values(const dc_op_args *args)
{
    return args->n * dc_shape_count(&args->node->shape);
}

/* ---- relu ----------------------------------------------------------------------------------- */

/* x, y (N,...) of one shape; y overwritten. */
static void relu_forward(const dc_op_args *args)
{
    const float *x = args->x[0];
    for (uint64_t i = 0, n = n_values(args); i < n; i++)
        args->y[i] = x[i] <= 0 ? 0 : x[i];
}

/* y, dy (N,...); dx (N,...) accumulated. */
static void relu_backward(const dc_op_args *args)
{
    float *dx = args->dx[0];
    if (dx == NULL)
        return;
    for (uint64_t i = 0, n = n_values(args); i < n; i++)
        dx[i] += args->y[i] > 0 ? args->dy[i] : 0;
}

/* ---- dropout -------------------------------------------------------------------------------- */

/* Uniform in [0, 1) from the place alone: the finisher of splitmix64 over a Weyl sequence. */
static double unit_at(uint64_t seed, uint64_t place)
{
    uint64_t z = seed + (place + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-53;
}

static float survivor_scale(const dc_op_args *args)
{
    return args->ratio < 1 ? (float)(1 / (1 - args->ratio)) : 0;
}

static uint64_t dropout_cache_bytes(const dc_node *node, const dc_shape *const *x_shapes,
                                    uint32_t n, bool is_training)
{
    (void)x_shapes;
    return is_training ? n * dc_shape_count(&node->shape) : 0;
}

/* x, y (N,...) of one shape; y overwritten; cache: 1 where a value survives (N,...). */
static void dropout_forward(const dc_op_args *args)
{
    const uint64_t n = n_values(args);
    if (!args->is_training) {
        memmove(args->y, args->x[0], n * sizeof *args->y);
        return;
    }
    uint8_t *survives = args->cache;
    const float scale = survivor_scale(args);
    for (uint64_t i = 0; i < n; i++) {
        survives[i] = unit_at(args->seed, i) >= args->ratio;
        args->y[i] = survives[i] ? args->x[0][i] * scale : 0;
    }
}

/* dy (N,...), cache; dx (N,...) accumulated. */
static void dropout_backward(const dc_op_args *args)
{
    const uint8_t *survives = args->cache;
    const float scale = survivor_scale(args);
    float *dx = args->dx[0];
    if (dx == NULL)
        return;
    for (uint64_t i = 0, n = n_values(args); i < n; i++)
        dx[i] += survives[i] ? args->dy[i] * scale : 0;
}

/* ---- flatten -------------------------------------------------------------------------------- */

/* x (N,...); y (N,K), the same values, overwritten. */
static void flatten_forward(const dc_op_args *args)
{
    memmove(args->y, args->x[0], n_values(args) * sizeof *args->y);
}

/* dy (N,K); dx (N,...) accumulated. */
static void flatten_backward(const dc_op_args *args)
{
    if (args->dx[0] != NULL)
        axpy(args->dx[0], args->dy, 1, n_values(args));
}

const dc_op_code dc_op_relu = { DC_OP_RELU, NULL, relu_forward, relu_backward };
const dc_op_code dc_op_dropout = { DC_OP_DROPOUT, dropout_cache_bytes, dropout_forward,
                                   dropout_backward };
const dc_op_code dc_op_flatten = { DC_OP_FLATTEN, NULL, flatten_forward, flatten_backward };
