/* SPDX-License-Identifier: MIT
 *
 * Linear: y = W x + b for each sample; the input is flattened, whatever its shape.
 *
 *   y(n,k)  = b(k) + sum over c of w(k,c) x(n,c)
 *   dx(n,c) += sum over k of w(k,c) dy(n,k)
 *   dw(k,c) = sum over n of dy(n,k) x(n,c)        db(k) = sum over n of dy(n,k)
 *
 * Work is divided by row k (y, dw, db) or by sample (dx); every sum runs in one fixed order.
 */
#include "op_tools.h"

#include <string.h>

enum { WEIGHT, BIAS };

static uint64_t n_inputs_of(const dc_op_args *args)
{
    return dc_shape_count(args->x_shapes[0]);
}

/* Column k of y (N,K), from x (N,C), w (K,C), b (K). */
static dc_status forward_row(void *payload, uint64_t k)
{
    const dc_op_args *args = payload;
    const uint64_t n_in = n_inputs_of(args), n_out = args->node->shape.dims[0];
    const float bias = args->p[BIAS] != NULL ? args->p[BIAS][k] : 0.0f;
    for (uint64_t n = 0; n < args->n; n++) {
        float lanes[DC_LANES] = { bias };
        dot_into(lanes, args->p[WEIGHT] + k * n_in, args->x[0] + n * n_in, n_in);
        args->y[n * n_out + k] = lane_sum(lanes);
    }
    return DC_OK;
}

/* x (N,C), w (K,C), b (K) or NULL; y (N,K) overwritten. */
static void forward(const dc_op_args *args)
{
    dc_op_each(args->node->shape.dims[0], forward_row, args);
}

/* Row k of dw (K,C) and of db (K), overwritten, from dy (N,K), x (N,C). */
static dc_status backward_row(void *payload, uint64_t k)
{
    const dc_op_args *args = payload;
    const uint64_t n_in = n_inputs_of(args), n_out = args->node->shape.dims[0];
    float *dw = args->dp[WEIGHT] != NULL ? args->dp[WEIGHT] + k * n_in : NULL;
    double sum = 0;
    if (dw != NULL)
        memset(dw, 0, n_in * sizeof *dw);
    for (uint64_t n = 0; n < args->n; n++) {
        const float dy = args->dy[n * n_out + k];
        sum += (double)dy;
        if (dw != NULL)
            axpy(dw, args->x[0] + n * n_in, dy, n_in);
    }
    if (args->dp[BIAS] != NULL)
        args->dp[BIAS][k] = (float)sum;
    return DC_OK;
}

/* Row n of dx (N,C), accumulated, from dy (N,K), w (K,C). */
static dc_status backward_sample(void *payload, uint64_t n)
{
    const dc_op_args *args = payload;
    const uint64_t n_in = n_inputs_of(args), n_out = args->node->shape.dims[0];
    for (uint64_t k = 0; k < n_out; k++)
        axpy(args->dx[0] + n * n_in, args->p[WEIGHT] + k * n_in, args->dy[n * n_out + k], n_in);
    return DC_OK;
}

/* dy (N,K), x (N,C), w (K,C); dw (K,C) and db (K) overwritten, dx (N,C) accumulated. */
static void backward(const dc_op_args *args)
{
    if (args->dp[WEIGHT] != NULL || args->dp[BIAS] != NULL)
        dc_op_each(args->node->shape.dims[0], backward_row, args);
    if (args->dx[0] != NULL)
        dc_op_each(args->n, backward_sample, args);
}

const dc_op_code dc_op_linear = { DC_OP_LINEAR, NULL, forward, backward };
