/* SPDX-License-Identifier: MIT
 *
 * Ops with several inputs: the sum of equal shapes, and concatenation along channels. In row-major
 * order a sample's channels lie one after another, so concatenation copies one run of values an
 * input.
 */
#include "op_tools.h"

#include <string.h>

/* x[i], y (N,...) of one shape; y overwritten. */
static void add_forward(const dc_op_args *args)
{
    const uint64_t n_values = args->n * dc_shape_count(&args->node->shape);
    memmove(args->y, args->x[0], n_values * sizeof *args->y);
    for (uint32_t i = 1; i < args->n_inputs; i++)
        for (uint64_t j = 0; j < n_values; j++)
            args->y[j] += args->x[i][j];
}

/* dy (N,...); each dx[i] (N,...) accumulated. */
static void add_backward(const dc_op_args *args)
{
    const uint64_t n_values = args->n * dc_shape_count(&args->node->shape);
    for (uint32_t i = 0; i < args->n_inputs; i++)
        if (args->dx[i] != NULL)
            axpy(args->dx[i], args->dy, 1, n_values);
}

/* x[i] (N,C_i,...); y (N, sum of C_i,...) overwritten. */
static void concat_forward(const dc_op_args *args)
{
    float *y = args->y;
    for (uint64_t n = 0; n < args->n; n++)
        for (uint32_t i = 0; i < args->n_inputs; i++) {
            const uint64_t run = dc_shape_count(args->x_shapes[i]);
            memcpy(y, args->x[i] + n * run, run * sizeof *y);
            y += run;
        }
}

/* dy (N, sum of C_i,...); each dx[i] (N,C_i,...) accumulated. */
static void concat_backward(const dc_op_args *args)
{
    const float *dy = args->dy;
    for (uint64_t n = 0; n < args->n; n++)
        for (uint32_t i = 0; i < args->n_inputs; i++) {
            const uint64_t run = dc_shape_count(args->x_shapes[i]);
            if (args->dx[i] != NULL)
                axpy(args->dx[i] + n * run, dy, 1, run);
            dy += run;
        }
}

const dc_op_code dc_op_add = { DC_OP_ADD, NULL, add_forward, add_backward };
const dc_op_code dc_op_concat = { DC_OP_CONCAT, NULL, concat_forward, concat_backward };
