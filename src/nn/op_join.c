/* SPDX-License-Identifier: MIT
 *
 * Concatenation along channels. In row-major order a sample's channels lie one after another, so
 * one run of values is copied for each input. Sums and products are in op_arith.c.
 */
#include "op_tools.h"

#include <string.h>

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

const dc_op_code dc_op_concat = { DC_OP_CONCAT, NULL, concat_forward, concat_backward };
