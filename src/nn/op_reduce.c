/* SPDX-License-Identifier: MIT
 *
 * One number of many: the largest, smallest, sum, mean or product over some dims, and the place of
 * the largest or smallest along one.
 *
 * A sample's dims fall into those that are kept and those that are gone through; a task is a
 * sample. A largest or smallest value has its gradient at the first place of those that are
 * equal, and its place has none.
 */
#include <math.h>

#include "op_tools.h"

/* Some dims of a shape, row-major. */
typedef struct walk {
    uint32_t n_dims;
    uint64_t n, dims[DC_MAX_DIMS], strides[DC_MAX_DIMS];
} walk;

typedef struct reduction {
    const dc_op_args *args;
    uint64_t n_values; /* of a sample */
    walk kept, gone;
    dc_op op;
} reduction;

static void add_dim(walk *w, uint64_t dim, uint64_t stride)
{
    w->dims[w->n_dims] = dim;
    w->strides[w->n_dims++] = stride;
    w->n *= dim;
}

static bool is_reduced(const dc_node *node, uint32_t dim)
{
    if (dc_attr_rule_of(node->kind, DC_ATTR_AXIS) != NULL)
        return dc_node_whole(node, DC_ATTR_AXIS) == dim;
    for (uint32_t i = 0; i < DC_MAX_DIMS; i++)
        if (dc_node_whole(node, (dc_attr)(DC_ATTR_DIM_0 + i)) == dim + 1)
            return true;
    return false;
}

static reduction reduction_of(const dc_op_args *args)
{
    const dc_shape *in = args->x_shapes[0];
    reduction r = { .args = args, .n_values = dc_shape_count(in), .kept = { .n = 1 },
                    .gone = { .n = 1 }, .op = args->node->op };
    uint64_t stride = r.n_values;
    for (uint32_t i = 0; i < in->n_dims; i++) {
        stride /= in->dims[i];
        add_dim(is_reduced(args->node, i) ? &r.gone : &r.kept, in->dims[i], stride);
    }
    return r;
}

static uint64_t offset_of(const walk *w, uint64_t index)
{
    uint64_t offset = 0;
    for (uint32_t i = w->n_dims; i-- > 0; index /= w->dims[i])
        offset += index % w->dims[i] * w->strides[i];
    return offset;
}

/* The place, among those gone through, of the largest or smallest value; NaN is either. */
static uint64_t best_place(const reduction *r, const float *x)
{
    const bool is_max = r->op == DC_OP_REDUCE_MAX || r->op == DC_OP_ARG_MAX;
    const bool is_last = dc_node_whole(r->args->node, DC_ATTR_LAST) != 0;
    uint64_t best = 0;
    for (uint64_t j = 1; j < r->gone.n; j++) {
        const float value = x[offset_of(&r->gone, j)], top = x[offset_of(&r->gone, best)];
        if (isnan(top))
            break;
        if (isnan(value) || (is_max ? value > top : value < top) || (is_last && value == top))
            best = j;
    }
    return best;
}

static double sum_of(const reduction *r, const float *x)
{
    double sum = 0;
    for (uint64_t j = 0; j < r->gone.n; j++)
        sum += (double)x[offset_of(&r->gone, j)];
    return sum;
}

/* Of all values but that at `place`. */
static double product_of(const reduction *r, const float *x, uint64_t place)
{
    double product = 1;
    for (uint64_t j = 0; j < r->gone.n; j++)
        product *= j != place ? (double)x[offset_of(&r->gone, j)] : 1;
    return product;
}

static double value_of(const reduction *r, const float *x)
{
    switch (r->op) {
    case DC_OP_REDUCE_SUM: return sum_of(r, x);
    case DC_OP_REDUCE_MEAN: return sum_of(r, x) / (double)r->gone.n;
    case DC_OP_REDUCE_PROD: return product_of(r, x, UINT64_MAX);
    case DC_OP_ARG_MAX:
    case DC_OP_ARG_MIN: return (double)best_place(r, x);
    default: return (double)x[offset_of(&r->gone, best_place(r, x))];
    }
}

static void sample_up(void *payload, uint64_t n)
{
    const reduction *r = payload;
    const float *x = r->args->x[0] + n * r->n_values;
    for (uint64_t i = 0; i < r->kept.n; i++)
        r->args->y[n * r->kept.n + i] = (float)value_of(r, x + offset_of(&r->kept, i));
}

/* dy / dx of the value at place j. */
static double slope_at(const reduction *r, const float *x, uint64_t j)
{
    switch (r->op) {
    case DC_OP_REDUCE_SUM: return 1;
    case DC_OP_REDUCE_MEAN: return 1 / (double)r->gone.n;
    case DC_OP_REDUCE_PROD: return product_of(r, x, j);
    default: return 0;
    }
}

static void sample_down(void *payload, uint64_t n)
{
    const reduction *r = payload;
    const bool is_best = r->op == DC_OP_REDUCE_MAX || r->op == DC_OP_REDUCE_MIN;
    for (uint64_t i = 0; i < r->kept.n; i++) {
        const uint64_t at = n * r->n_values + offset_of(&r->kept, i);
        const float *x = r->args->x[0] + at, dy = r->args->dy[n * r->kept.n + i];
        float *dx = r->args->dx[0] + at;
        if (is_best)
            dx[offset_of(&r->gone, best_place(r, x))] += dy;
        for (uint64_t j = 0; !is_best && j < r->gone.n; j++)
            dx[offset_of(&r->gone, j)] += (float)((double)dy * slope_at(r, x, j));
    }
}

/* x (N,...); y (N,...) without the dims gone through, overwritten. */
static void reduce_forward(const dc_op_args *args)
{
    const reduction r = reduction_of(args);
    dc_op_each(args->n, sample_up, &r);
}

/* dy, x; dx (N,...) accumulated. */
static void reduce_backward(const dc_op_args *args)
{
    const reduction r = reduction_of(args);
    if (args->dx[0] != NULL && r.op != DC_OP_ARG_MAX && r.op != DC_OP_ARG_MIN)
        dc_op_each(args->n, sample_down, &r);
}

#define REDUCE(id, name) \
    const dc_op_code dc_op_##name = { id, NULL, reduce_forward, reduce_backward }
REDUCE(DC_OP_REDUCE_MAX, reduce_max);
REDUCE(DC_OP_REDUCE_MIN, reduce_min);
REDUCE(DC_OP_REDUCE_SUM, reduce_sum);
REDUCE(DC_OP_REDUCE_MEAN, reduce_mean);
REDUCE(DC_OP_REDUCE_PROD, reduce_prod);
REDUCE(DC_OP_ARG_MAX, arg_max);
REDUCE(DC_OP_ARG_MIN, arg_min);
