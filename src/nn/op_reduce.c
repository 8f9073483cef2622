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

/* A place of a walk, gone to without a division. */
typedef struct cursor {
    uint64_t offset, at[DC_MAX_DIMS];
} cursor;

static inline void advance(cursor *c, const walk *w)
{
    for (uint32_t i = w->n_dims; i-- > 0;) {
        c->offset += w->strides[i];
        if (++c->at[i] < w->dims[i])
            return;
        c->offset -= w->dims[i] * w->strides[i];
        c->at[i] = 0;
    }
}

typedef struct best {
    uint64_t place, offset;
} best;

/* Among those gone through, the largest or smallest value; NaN is either. */
static best best_of(const reduction *r, const float *x)
{
    const bool is_max = r->op == DC_OP_REDUCE_MAX || r->op == DC_OP_ARG_MAX;
    const bool is_last = dc_node_whole(r->args->node, DC_ATTR_LAST) != 0;
    best b = { 0 };
    cursor c = { 0 };
    float top = x[0];
    for (uint64_t j = 1; j < r->gone.n && !isnan(top); j++) {
        advance(&c, &r->gone);
        const float value = x[c.offset];
        if (isnan(value) || (is_max ? value > top : value < top) || (is_last && value == top)) {
            b = (best){ j, c.offset };
            top = value;
        }
    }
    return b;
}

static double sum_of(const reduction *r, const float *x)
{
    double sum = 0;
    cursor c = { 0 };
    for (uint64_t j = 0; j < r->gone.n; j++, advance(&c, &r->gone))
        sum += (double)x[c.offset];
    return sum;
}

typedef struct product {
    double value, of_nonzero;
    uint64_t n_zeros;
} product;

static product product_of(const reduction *r, const float *x)
{
    product p = { 1, 1, 0 };
    cursor c = { 0 };
    for (uint64_t j = 0; j < r->gone.n; j++, advance(&c, &r->gone)) {
        p.value *= (double)x[c.offset];
        if (x[c.offset] == 0)
            p.n_zeros++;
        else
            p.of_nonzero *= (double)x[c.offset];
    }
    return p;
}

static double value_of(const reduction *r, const float *x)
{
    switch (r->op) {
    case DC_OP_REDUCE_SUM: return sum_of(r, x);
    case DC_OP_REDUCE_MEAN: return sum_of(r, x) / (double)r->gone.n;
    case DC_OP_REDUCE_PROD: return product_of(r, x).value;
    case DC_OP_ARG_MAX:
    case DC_OP_ARG_MIN: return (double)best_of(r, x).place;
    default: return (double)x[best_of(r, x).offset];
    }
}

static void sample_up(void *payload, uint64_t n)
{
    const reduction *r = payload;
    const float *x = r->args->x[0] + n * r->n_values;
    cursor c = { 0 };
    for (uint64_t i = 0; i < r->kept.n; i++, advance(&c, &r->kept))
        r->args->y[n * r->kept.n + i] = (float)value_of(r, x + c.offset);
}

/* dy / dx of a product, at the value x: that of all others. */
static double others(const product *p, float x)
{
    if (x == 0)
        return p->n_zeros == 1 ? p->of_nonzero : 0;
    return p->n_zeros == 0 ? p->of_nonzero / (double)x : 0;
}

static void all_down(const reduction *r, const float *x, float dy, float *dx)
{
    const double share = r->op == DC_OP_REDUCE_MEAN ? 1 / (double)r->gone.n : 1;
    const bool is_product = r->op == DC_OP_REDUCE_PROD;
    const product p = is_product ? product_of(r, x) : (product){ 0 };
    cursor c = { 0 };
    for (uint64_t j = 0; j < r->gone.n; j++, advance(&c, &r->gone)) {
        const double slope = is_product ? others(&p, x[c.offset]) : share;
        dx[c.offset] += (float)((double)dy * slope);
    }
}

static void sample_down(void *payload, uint64_t n)
{
    const reduction *r = payload;
    const bool is_best = r->op == DC_OP_REDUCE_MAX || r->op == DC_OP_REDUCE_MIN;
    cursor c = { 0 };
    for (uint64_t i = 0; i < r->kept.n; i++, advance(&c, &r->kept)) {
        const float *x = r->args->x[0] + n * r->n_values + c.offset;
        const float dy = r->args->dy[n * r->kept.n + i];
        float *dx = r->args->dx[0] + n * r->n_values + c.offset;
        if (is_best)
            dx[best_of(r, x).offset] += dy;
        else
            all_down(r, x, dy, dx);
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
