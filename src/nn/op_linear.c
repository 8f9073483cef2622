/* SPDX-License-Identifier: MIT
 *
 * Linear: y = W x + b for each vector. A sample is one vector, flattened, or with `axis` A one for
 * each place in its first A dims; N counts the vectors of all samples.
 *
 *   y(n,k)  = b(k) + sum over c of w(k,c) x(n,c)
 *   dx(n,c) += sum over k of w(k,c) dy(n,k)
 *   dw(k,c) = sum over n of dy(n,k) x(n,c)        db(k) = sum over n of dy(n,k)
 *
 * Work is divided by row k (y, dw, db) or by vector (dx); every sum runs in one fixed order.
 */
#include "op_tools.h"

#include <string.h>

enum { WEIGHT, BIAS };

/* N vectors of n_in values become N of n_out. */
typedef struct sizes {
    uint64_t n, n_in, n_out;
} sizes;

static sizes sizes_of(const dc_op_args *args)
{
    const dc_shape *shape = &args->node->shape;
    const uint64_t n_out = shape->dims[shape->n_dims - 1], n_each = dc_shape_count(shape) / n_out;
    return (sizes){ args->n * n_each, dc_shape_count(args->x_shapes[0]) / n_each, n_out };
}

/* Column k of y (N,K), from x (N,C), w (K,C), b (K). */
static void forward_row(void *payload, uint64_t k)
{
    const dc_op_args *args = payload;
    const sizes s = sizes_of(args);
    const float bias = args->p[BIAS] != NULL ? args->p[BIAS][k] : 0.0f;
    for (uint64_t n = 0; n < s.n; n++) {
        float lanes[DC_LANES] = { bias };
        dot_into(lanes, args->p[WEIGHT] + k * s.n_in, args->x[0] + n * s.n_in, s.n_in);
        args->y[n * s.n_out + k] = lane_sum(lanes);
    }
}

/* x (N,C), w (K,C), b (K) or NULL; y (N,K) overwritten. */
static void forward(const dc_op_args *args)
{
    dc_op_each(sizes_of(args).n_out, forward_row, args);
}

/* Row k of dw (K,C) and of db (K), overwritten, from dy (N,K), x (N,C). */
static void backward_row(void *payload, uint64_t k)
{
    const dc_op_args *args = payload;
    const sizes s = sizes_of(args);
    float *dw = args->dp[WEIGHT] != NULL ? args->dp[WEIGHT] + k * s.n_in : NULL;
    double sum = 0;
    if (dw != NULL)
        memset(dw, 0, s.n_in * sizeof *dw);
    for (uint64_t n = 0; n < s.n; n++) {
        const float dy = args->dy[n * s.n_out + k];
        sum += (double)dy;
        if (dw != NULL)
            axpy(dw, args->x[0] + n * s.n_in, dy, s.n_in);
    }
    if (args->dp[BIAS] != NULL)
        args->dp[BIAS][k] = (float)sum;
}

/* Row n of dx (N,C), accumulated, from dy (N,K), w (K,C). */
static void backward_vector(void *payload, uint64_t n)
{
    const dc_op_args *args = payload;
    const sizes s = sizes_of(args);
    for (uint64_t k = 0; k < s.n_out; k++)
        axpy(args->dx[0] + n * s.n_in, args->p[WEIGHT] + k * s.n_in, args->dy[n * s.n_out + k],
             s.n_in);
}

/* dy (N,K), x (N,C), w (K,C); dw (K,C) and db (K) overwritten, dx (N,C) accumulated. */
static void backward(const dc_op_args *args)
{
    if (args->dp[WEIGHT] != NULL || args->dp[BIAS] != NULL)
        dc_op_each(sizes_of(args).n_out, backward_row, args);
    if (args->dx[0] != NULL)
        dc_op_each(sizes_of(args).n, backward_vector, args);
}

const dc_op_code dc_op_linear = { DC_OP_LINEAR, NULL, forward, backward };
