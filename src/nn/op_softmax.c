/* SPDX-License-Identifier: MIT
 *
 * Softmax and its logarithm, over one dim:
 *
 *   softmax       y_c = exp(x_c - t) / s            dx_c += y_c (dy_c - sum of dy y)
 *   log_softmax   y_c = x_c - t - log(s)            dx_c += dy_c - exp(y_c) (sum of dy)
 *
 * where t is the greatest x and s the sum of exp(x - t). A task is a block: the values of a sample
 * that have their place in the dims before `axis` in common.
 */
#include "op_tools.h"

#include <math.h>

/* One place in the other dims: n values `step` apart. */
typedef void place_fn(const dc_op_args *args, uint64_t at, uint64_t n, uint64_t step);

static inline double largest(const float *x, uint64_t n, uint64_t step)
{
    float top = x[0];
    for (uint64_t c = 1; c < n; c++)
        top = x[c * step] > top ? x[c * step] : top;
    return (double)top;
}

static void softmax_at(const dc_op_args *args, uint64_t at, uint64_t n, uint64_t step)
{
    const float *x = args->x[0] + at;
    float *y = args->y + at;
    const float top = (float)largest(x, n, step);
    double sum = 0;
    for (uint64_t c = 0; c < n; c++) {
        y[c * step] = expf(x[c * step] - top);
        sum += (double)y[c * step];
    }
    for (uint64_t c = 0; c < n; c++)
        y[c * step] = (float)((double)y[c * step] / sum);
}

static void softmax_back_at(const dc_op_args *args, uint64_t at, uint64_t n, uint64_t step)
{
    const float *dy = args->dy + at, *y = args->y + at;
    float *dx = args->dx[0] + at;
    double mean = 0;
    for (uint64_t c = 0; c < n; c++)
        mean += (double)dy[c * step] * (double)y[c * step];
    for (uint64_t c = 0; c < n; c++)
        dx[c * step] += y[c * step] * (float)((double)dy[c * step] - mean);
}

static void log_softmax_at(const dc_op_args *args, uint64_t at, uint64_t n, uint64_t step)
{
    const float *x = args->x[0] + at;
    const double top = largest(x, n, step);
    double sum = 0;
    for (uint64_t c = 0; c < n; c++)
        sum += exp((double)x[c * step] - top);
    const double whole = top + log(sum);
    for (uint64_t c = 0; c < n; c++)
        args->y[at + c * step] = (float)((double)x[c * step] - whole);
}

static void log_softmax_back_at(const dc_op_args *args, uint64_t at, uint64_t n, uint64_t step)
{
    const float *dy = args->dy + at, *y = args->y + at;
    double sum = 0;
    for (uint64_t c = 0; c < n; c++)
        sum += (double)dy[c * step];
    for (uint64_t c = 0; c < n; c++)
        args->dx[0][at + c * step] +=
            (float)((double)dy[c * step] - exp((double)y[c * step]) * sum);
}

/* ---- places --------------------------------------------------------------------------------- */

static uint64_t product(const dc_shape *shape, uint32_t begin, uint32_t end)
{
    uint64_t n = 1;
    for (uint32_t i = begin; i < end; i++)
        n *= shape->dims[i];
    return n;
}

static uint64_t n_blocks(const dc_op_args *args)
{
    return args->n * product(&args->node->shape, 0, dc_node_whole(args->node, DC_ATTR_AXIS));
}

/* Compiled for each op by itself, so that its call is inlined. */
static inline void each_place(const dc_op_args *args, uint64_t block, place_fn *f)
{
    const dc_shape *shape = &args->node->shape;
    const uint32_t axis = dc_node_whole(args->node, DC_ATTR_AXIS);
    const uint64_t n = shape->dims[axis], step = product(shape, axis + 1, shape->n_dims);
    for (uint64_t i = 0; i < step; i++)
        f(args, block * n * step + i, n, step);
}

static void softmax_up(void *args, uint64_t block)
{
    each_place(args, block, softmax_at);
}

static void softmax_down(void *args, uint64_t block)
{
    each_place(args, block, softmax_back_at);
}

static void log_softmax_up(void *args, uint64_t block)
{
    each_place(args, block, log_softmax_at);
}

static void log_softmax_down(void *args, uint64_t block)
{
    each_place(args, block, log_softmax_back_at);
}

/* x, y (N,...) of one shape; y overwritten. */
static void softmax_forward(const dc_op_args *args)
{
    dc_op_each(n_blocks(args), softmax_up, args);
}

/* y, dy (N,...); dx (N,...) accumulated. */
static void softmax_backward(const dc_op_args *args)
{
    if (args->dx[0] != NULL)
        dc_op_each(n_blocks(args), softmax_down, args);
}

/* x, y (N,...) of one shape; y overwritten. */
static void log_softmax_forward(const dc_op_args *args)
{
    dc_op_each(n_blocks(args), log_softmax_up, args);
}

/* y, dy (N,...); dx (N,...) accumulated. */
static void log_softmax_backward(const dc_op_args *args)
{
    if (args->dx[0] != NULL)
        dc_op_each(n_blocks(args), log_softmax_down, args);
}

const dc_op_code dc_op_softmax = { DC_OP_SOFTMAX, NULL, softmax_forward, softmax_backward };
const dc_op_code dc_op_log_softmax = { DC_OP_LOG_SOFTMAX, NULL, log_softmax_forward,
                                       log_softmax_backward };
