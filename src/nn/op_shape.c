/* SPDX-License-Identifier: MIT
 *
 * Ops that move values and change none: slice, reshape, transpose, pad; and the constant, which has
 * no input and shows its parameter in every sample. A task writes, or adds to, values of its own.
 */
#include "op_tools.h"

#include <string.h>

/* ---- slice ---------------------------------------------------------------------------------- */

/* All samples: n_rows times n_runs runs of y, each out of x: `hop` behind the one before it (below
 * 0: in front of it), `of` behind the first of the row before. In values. */
typedef struct cut {
    uint64_t n_rows, n_runs, run, from;
    int64_t hop;
    uint64_t of;
} cut;

static cut cut_of(const dc_op_args *args)
{
    const uint32_t axis = dc_node_whole(args->node, DC_ATTR_AXIS);
    const uint64_t begin = dc_node_whole(args->node, DC_ATTR_BEGIN);
    const int64_t step = (int64_t)dc_node_number(args->node, DC_ATTR_STEP);
    const uint64_t size = args->node->shape.dims[axis];
    const dc_shape *in = args->x_shapes[0];
    uint64_t inner = 1, n_rows = args->n;
    for (uint32_t d = 0; d < in->n_dims; d++) {
        inner *= d > axis ? in->dims[d] : 1;
        n_rows *= d < axis ? in->dims[d] : 1;
    }
    return (cut){ n_rows, step == 1 ? 1 : size, step == 1 ? size * inner : inner, begin * inner,
                  step * (int64_t)inner, in->dims[axis] * inner };
}

/* Where run `i` of a row lies in x. */
static uint64_t run_at(const cut *c, uint64_t row, uint64_t i)
{
    return row * c->of + (uint64_t)((int64_t)c->from + (int64_t)i * c->hop);
}

/* x (N,...); y (N,...), `size` places of one dim, overwritten. */
static void slice_forward(const dc_op_args *args)
{
    const cut c = cut_of(args);
    float *y = args->y;
    for (uint64_t row = 0; row < c.n_rows; row++)
        for (uint64_t i = 0; i < c.n_runs; i++, y += c.run)
            memcpy(y, args->x[0] + run_at(&c, row, i), c.run * sizeof *y);
}

/* dy (N,...); dx (N,...) accumulated. */
static void slice_backward(const dc_op_args *args)
{
    const cut c = cut_of(args);
    const float *dy = args->dy;
    for (uint64_t row = 0; args->dx[0] != NULL && row < c.n_rows; row++)
        for (uint64_t i = 0; i < c.n_runs; i++, dy += c.run)
            axpy(args->dx[0] + run_at(&c, row, i), dy, 1, c.run);
}

/* ---- reshape -------------------------------------------------------------------------------- */

static uint64_t n_values(const dc_op_args *args)
{
    return args->n * dc_shape_count(&args->node->shape);
}

/* x (N,...); y (N,...), the same values, overwritten. */
static void reshape_forward(const dc_op_args *args)
{
    memmove(args->y, args->x[0], n_values(args) * sizeof *args->y);
}

/* dy (N,...); dx (N,...) accumulated. */
static void reshape_backward(const dc_op_args *args)
{
    if (args->dx[0] != NULL)
        axpy(args->dx[0], args->dy, 1, n_values(args));
}

/* ---- transpose ------------------------------------------------------------------------------ */

typedef struct order { /* of one sample, filled up with dims of 1 in front */
    uint64_t counts[DC_MAX_DIMS]; /* of y                          */
    uint64_t steps[DC_MAX_DIMS];  /* in x, of a step in y's dim    */
    uint64_t n_values;
} order;

static order order_of(const dc_op_args *args)
{
    const dc_shape *in = args->x_shapes[0], *out = &args->node->shape;
    const uint32_t n_more = DC_MAX_DIMS - in->n_dims;
    uint64_t steps[DC_MAX_DIMS] = { 0 }, step = 1;
    order o = { .counts = { 1, 1, 1, 1 }, .n_values = dc_shape_count(in) };
    for (uint32_t d = in->n_dims; d-- > 0; step *= in->dims[d])
        steps[d] = step;
    for (uint32_t d = 0; d < out->n_dims; d++) {
        o.counts[n_more + d] = out->dims[d];
        o.steps[n_more + d] = steps[(int64_t)dc_node_whole(args->node, DC_ATTR_DIM_0 + d) - 1];
    }
    return o;
}

/* One plane of y (its last two dims), in order; forward y = x, backward dx += dy. */
static void walk(const dc_op_args *args, uint64_t plane, bool is_forward)
{
    const order o = order_of(args);
    const uint64_t n_planes = o.counts[0] * o.counts[1], sample = plane / n_planes;
    const uint64_t a = plane % n_planes / o.counts[1], b = plane % o.counts[1];
    uint64_t at = plane * o.counts[2] * o.counts[3];
    for (uint64_t c = 0; c < o.counts[2]; c++, at += o.counts[3]) {
        const uint64_t from =
            sample * o.n_values + a * o.steps[0] + b * o.steps[1] + c * o.steps[2];
        for (uint64_t d = 0; is_forward && d < o.counts[3]; d++)
            args->y[at + d] = args->x[0][from + d * o.steps[3]];
        for (uint64_t d = 0; !is_forward && d < o.counts[3]; d++)
            args->dx[0][from + d * o.steps[3]] += args->dy[at + d];
    }
}

static uint64_t n_planes(const dc_op_args *args)
{
    const order o = order_of(args);
    return args->n * o.counts[0] * o.counts[1];
}

static void walk_up(void *args, uint64_t plane)
{
    walk(args, plane, true);
}

static void walk_down(void *args, uint64_t plane)
{
    walk(args, plane, false);
}

/* x (N,...); y (N,...), dims in another order, overwritten. */
static void transpose_forward(const dc_op_args *args)
{
    dc_op_each(n_planes(args), walk_up, args);
}

/* dy (N,...); dx (N,...) accumulated. */
static void transpose_backward(const dc_op_args *args)
{
    if (args->dx[0] != NULL)
        dc_op_each(n_planes(args), walk_down, args);
}

/* ---- pad ------------------------------------------------------------------------------------ */

/* Where row `row` of plane `plane` of x lies in y. */
static uint64_t inside(const dc_op_args *args, uint64_t plane, uint64_t row)
{
    const uint32_t *out = args->node->shape.dims;
    const uint64_t top = dc_node_whole(args->node, DC_ATTR_PAD_TOP);
    const uint64_t left = dc_node_whole(args->node, DC_ATTR_PAD_LEFT);
    return (plane * out[1] + top + row) * out[2] + left;
}

static void pad_plane(void *payload, uint64_t plane)
{
    const dc_op_args *args = payload;
    const uint64_t height = args->x_shapes[0]->dims[1], width = args->x_shapes[0]->dims[2];
    const uint64_t n_out = plane_of(&args->node->shape);
    memset(args->y + plane * n_out, 0, n_out * sizeof *args->y);
    for (uint64_t row = 0; row < height; row++)
        memcpy(args->y + inside(args, plane, row), args->x[0] + (plane * height + row) * width,
               width * sizeof *args->y);
}

static void pad_plane_back(void *payload, uint64_t plane)
{
    const dc_op_args *args = payload;
    const uint64_t height = args->x_shapes[0]->dims[1], width = args->x_shapes[0]->dims[2];
    for (uint64_t row = 0; row < height; row++)
        axpy(args->dx[0] + (plane * height + row) * width, args->dy + inside(args, plane, row), 1,
             width);
}

/* x (N,C,H,W); y (N,C,H',W'), zeros around, overwritten. */
static void pad_forward(const dc_op_args *args)
{
    dc_op_each((uint64_t)args->n * args->node->shape.dims[0], pad_plane, args);
}

/* dy (N,C,H',W'); dx (N,C,H,W) accumulated. */
static void pad_backward(const dc_op_args *args)
{
    if (args->dx[0] != NULL)
        dc_op_each((uint64_t)args->n * args->node->shape.dims[0], pad_plane_back, args);
}

/* ---- constant ------------------------------------------------------------------------------- */

/* value (...); y (N,...) overwritten. */
static void constant_forward(const dc_op_args *args)
{
    const uint64_t n = dc_shape_count(&args->node->shape);
    for (uint64_t sample = 0; sample < args->n; sample++)
        memcpy(args->y + sample * n, args->p[0], n * sizeof *args->y);
}

/* dy (N,...); d_value (...) overwritten by the sum over samples. */
static void constant_backward(const dc_op_args *args)
{
    const uint64_t n = dc_shape_count(&args->node->shape);
    for (uint64_t i = 0; args->dp[0] != NULL && i < n; i++) {
        double sum = 0;
        for (uint64_t sample = 0; sample < args->n; sample++)
            sum += (double)args->dy[sample * n + i];
        args->dp[0][i] = (float)sum;
    }
}

const dc_op_code dc_op_slice = { DC_OP_SLICE, NULL, slice_forward, slice_backward };
const dc_op_code dc_op_reshape = { DC_OP_RESHAPE, NULL, reshape_forward, reshape_backward };
const dc_op_code dc_op_transpose = { DC_OP_TRANSPOSE, NULL, transpose_forward,
                                     transpose_backward };
const dc_op_code dc_op_pad = { DC_OP_PAD, NULL, pad_forward, pad_backward };
const dc_op_code dc_op_constant = { DC_OP_CONSTANT, NULL, constant_forward, constant_backward };
