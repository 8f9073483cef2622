/* SPDX-License-Identifier: MIT
 *
 * What the files of the reference ops share: their rows, and small helpers.
 */
#ifndef DC_NN_OP_TOOLS_H
#define DC_NN_OP_TOOLS_H

#include "op.h"

/* Calls task(payload, 0..n_tasks-1) on all cores. Tasks cannot fail and write disjoint memory, and
 * each sums in a fixed order, so that results do not depend on the number of jobs. */
void dc_op_each(uint64_t n, dc_each *each, const void *payload);

/* Whether a layer over time goes on where other samples ended. */
static inline bool dc_op_goes_on(const dc_op_args *args)
{
    return args->state != NULL && args->n_inputs == 1 &&
           dc_node_whole(args->node, DC_ATTR_REVERSE) == 0;
}

/* How many of a sample's `n_steps` count. */
static inline uint64_t dc_op_length(const dc_op_args *args, uint64_t sample, uint64_t n_steps)
{
    return args->lengths != NULL ? DC_MIN((uint64_t)args->lengths[sample], n_steps) : n_steps;
}

/* Values of one channel: H * W of (C,H,W), 1 of (C). */
static inline uint64_t plane_of(const dc_shape *shape)
{
    uint64_t plane = 1;
    for (uint32_t i = 1; i < shape->n_dims; i++)
        plane *= shape->dims[i];
    return plane;
}

/* y += a * x over n values. */
static inline void axpy(float *restrict y, const float *restrict x, float a, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++)
        y[i] += a * x[i];
}

/* Partial sums of a dot product: value i goes to lane i % DC_LANES, on any machine. */
#define DC_LANES 16

static inline void dot_into(float lanes[DC_LANES], const float *restrict a, const float *restrict b,
                            uint64_t n)
{
    uint64_t i = 0;
    for (; i + DC_LANES <= n; i += DC_LANES)
        for (uint64_t lane = 0; lane < DC_LANES; lane++)
            lanes[lane] += a[i + lane] * b[i + lane];
    for (; i < n; i++)
        lanes[i % DC_LANES] += a[i] * b[i];
}

static inline float lane_sum(const float lanes[DC_LANES])
{
    double sum = 0;
    for (int lane = 0; lane < DC_LANES; lane++)
        sum += (double)lanes[lane];
    return (float)sum;
}

#endif
