/* SPDX-License-Identifier: MIT
 *
 * Normalization.
 *
 * Batch norm, per channel over the batch and the picture (M values):
 *   y = scale * h + shift,   h = (x - mean) / sqrt(variance + epsilon)
 * In training mean and variance (biased, over M) are the batch's own, and the running state moves:
 *   state = (1 - momentum) * state + momentum * batch's,  the variance there unbiased, over M - 1,
 * as PyTorch and Caffe keep it. In prediction they are the running state. Gradients:
 *   d_scale = sum of dy h     d_shift = sum of dy
 *   dx += scale / sqrt(variance + epsilon) * (dy - d_shift / M - h d_scale / M)
 *
 * LRN, across channels, over `size` channels centred at c and cut at the ends:
 *   y_c = x_c u_c^-beta,   u_c = k + alpha / size * sum of x_j^2 over the window
 *   dx_i += dy_i u_i^-beta - 2 alpha beta / size * x_i * sum of dy_j y_j / u_j over the window
 *
 * Sums of batch norm run in double, in a fixed order; a task is a channel, or for LRN a sample.
 */
#include "op_tools.h"

#include <math.h>

/* ---- batch norm ----------------------------------------------------------------------------- */

enum { SCALE, SHIFT, MEAN, VARIANCE };

typedef struct batch_norm {
    const dc_op_args *args;
    uint64_t n_channels, plane;
    float *means, *factors; /* of the batch, (C): the cache */
} batch_norm;

static batch_norm batch_norm_of(const dc_op_args *args)
{
    const uint64_t n_channels = args->node->shape.dims[0];
    float *means = args->cache;
    return (batch_norm){ args, n_channels, plane_of(&args->node->shape), means,
                         means != NULL ? means + n_channels : NULL };
}

static const float *channel_of(const batch_norm *b, const float *values, uint64_t n, uint64_t c)
{
    return values + (n * b->n_channels + c) * b->plane;
}

/* Sum of (x - centre)^power over channel c, power 1 or 2. */
static double channel_sum(const batch_norm *b, uint64_t c, double centre, int power)
{
    double sum = 0;
    for (uint64_t n = 0; n < b->args->n; n++) {
        const float *x = channel_of(b, b->args->x[0], n, c);
        for (uint64_t i = 0; i < b->plane; i++) {
            const double d = (double)x[i] - centre;
            sum += power == 1 ? d : d * d;
        }
    }
    return sum;
}

static void move_state(const dc_op_args *args, int which, uint64_t c, double target)
{
    const double momentum = dc_node_number(args->node, DC_ATTR_MOMENTUM);
    if (args->p_state == NULL || args->p_state[which] == NULL)
        return;
    float *state = &args->p_state[which][c];
    *state = (float)((1 - momentum) * (double)*state + momentum * target);
}

/* 1 / sqrt(variance + epsilon) */
static float factor_of(const dc_node *node, double variance)
{
    return (float)(1 / sqrt(variance + dc_node_number(node, DC_ATTR_EPSILON)));
}

/* Statistics of channel c in training: to the cache, and into the running state. */
static void measure(const batch_norm *b, uint64_t c)
{
    const double count = (double)(b->args->n * b->plane);
    const double mean = channel_sum(b, c, 0, 1) / count;
    const double squares = channel_sum(b, c, mean, 2);
    b->means[c] = (float)mean;
    b->factors[c] = factor_of(b->args->node, squares / count);
    move_state(b->args, MEAN, c, mean);
    move_state(b->args, VARIANCE, c, squares / DC_MAX(count - 1, 1));
}

/* Channel c of y (N,C,...), from x (N,C,...), scale, shift, mean, variance (C). */
static void batch_norm_channel(void *payload, uint64_t c)
{
    const batch_norm *b = payload;
    const dc_op_args *args = b->args;
    float mean, factor;
    if (args->is_training) {
        measure(b, c);
        mean = b->means[c];
        factor = b->factors[c];
    } else {
        mean = args->p[MEAN][c];
        factor = factor_of(args->node, (double)args->p[VARIANCE][c]);
    }
    factor *= args->p[SCALE][c];
    for (uint64_t n = 0; n < args->n; n++) {
        const float *x = channel_of(b, args->x[0], n, c);
        float *y = args->y + (x - args->x[0]);
        for (uint64_t i = 0; i < b->plane; i++)
            y[i] = (x[i] - mean) * factor + args->p[SHIFT][c];
    }
}

/* Channel c: d_scale, d_shift (C) overwritten, dx (N,C,...) accumulated, from dy and x (N,C,...),
 * scale (C), cache. */
static void batch_norm_channel_backward(void *payload, uint64_t c)
{
    const batch_norm *b = payload;
    const dc_op_args *args = b->args;
    const float mean = b->means[c], factor = b->factors[c];
    double d_scale = 0, d_shift = 0;
    for (uint64_t n = 0; n < args->n; n++) {
        const float *x = channel_of(b, args->x[0], n, c), *dy = args->dy + (x - args->x[0]);
        for (uint64_t i = 0; i < b->plane; i++) {
            d_scale += (double)dy[i] * (double)((x[i] - mean) * factor);
            d_shift += (double)dy[i];
        }
    }
    if (args->dp[SCALE] != NULL)
        args->dp[SCALE][c] = (float)d_scale;
    if (args->dp[SHIFT] != NULL)
        args->dp[SHIFT][c] = (float)d_shift;
    if (args->dx[0] == NULL)
        return;
    const double count = (double)(args->n * b->plane);
    const float along = (float)(d_scale / count), level = (float)(d_shift / count);
    for (uint64_t n = 0; n < args->n; n++) {
        const float *x = channel_of(b, args->x[0], n, c), *dy = args->dy + (x - args->x[0]);
        float *dx = args->dx[0] + (x - args->x[0]);
        for (uint64_t i = 0; i < b->plane; i++)
            dx[i] += args->p[SCALE][c] * factor * (dy[i] - level - (x[i] - mean) * factor * along);
    }
}

static uint64_t batch_norm_cache_bytes(const dc_node *node, const dc_shape *const *x_shapes,
                                       uint32_t n, bool is_training)
{
    (void)x_shapes, (void)n;
    return is_training ? (uint64_t)node->shape.dims[0] * 2 * sizeof(float) : 0;
}

/* x (N,C,...), scale, shift, mean, variance (C); y (N,C,...) overwritten; in training p_state's
 * mean and variance (C) move, cache: mean and factor (2,C). */
static void batch_norm_forward(const dc_op_args *args)
{
    const batch_norm b = batch_norm_of(args);
    dc_op_each(b.n_channels, batch_norm_channel, &b);
}

/* dy, x (N,C,...), scale (C), cache of a training forward; d_scale, d_shift (C) overwritten,
 * dx (N,C,...) accumulated. The running state has no gradient: its dp are not touched. */
static void batch_norm_backward(const dc_op_args *args)
{
    const batch_norm b = batch_norm_of(args);
    dc_op_each(b.n_channels, batch_norm_channel_backward, &b);
}

/* ---- local response normalization ----------------------------------------------------------- */

typedef struct lrn {
    const dc_op_args *args;
    uint64_t n_channels, plane, reach; /* channels to either side */
    float k, beta, share;              /* share = alpha / size    */
} lrn;

static lrn lrn_of(const dc_op_args *args)
{
    const dc_node *node = args->node;
    const double size = dc_node_number(node, DC_ATTR_SIZE);
    return (lrn){ args, node->shape.dims[0], plane_of(&node->shape), (uint64_t)size / 2,
                  (float)dc_node_number(node, DC_ATTR_K), (float)dc_node_number(node, DC_ATTR_BETA),
                  (float)(dc_node_number(node, DC_ATTR_ALPHA) / size) };
}

/* u of value i in channel c of the sample x (C,H,W). */
static float base_at(const lrn *l, const float *x, uint64_t c, uint64_t i)
{
    const uint64_t from = c > l->reach ? c - l->reach : 0;
    const uint64_t end = DC_MIN(c + l->reach + 1, l->n_channels);
    float sum = 0;
    for (uint64_t j = from; j < end; j++)
        sum += x[j * l->plane + i] * x[j * l->plane + i];
    return l->k + l->share * sum;
}

/* Sample n of y (C,H,W), from its x (C,H,W). */
static void lrn_sample(void *payload, uint64_t n)
{
    const lrn *l = payload;
    const float *x = l->args->x[0] + n * l->n_channels * l->plane;
    float *y = l->args->y + n * l->n_channels * l->plane;
    float *bases = l->args->is_training ? l->args->cache : NULL;
    for (uint64_t c = 0; c < l->n_channels; c++)
        for (uint64_t i = 0; i < l->plane; i++) {
            const uint64_t at = c * l->plane + i;
            const float base = base_at(l, x, c, i);
            y[at] = x[at] * powf(base, -l->beta);
            if (bases != NULL)
                bases[n * l->n_channels * l->plane + at] = base;
        }
}

/* Sample n of dx (C,H,W), accumulated, from its dy, x, y, u (C,H,W). */
static void lrn_sample_backward(void *payload, uint64_t n)
{
    const lrn *l = payload;
    const uint64_t start = n * l->n_channels * l->plane;
    const float *x = l->args->x[0] + start, *y = l->args->y + start, *dy = l->args->dy + start;
    const float *bases = (const float *)l->args->cache + start;
    float *dx = l->args->dx[0] + start;
    for (uint64_t c = 0; c < l->n_channels; c++) {
        const uint64_t from = c > l->reach ? c - l->reach : 0;
        const uint64_t end = DC_MIN(c + l->reach + 1, l->n_channels);
        for (uint64_t i = 0; i < l->plane; i++) {
            const uint64_t at = c * l->plane + i;
            float sum = 0;
            for (uint64_t j = from * l->plane + i; j < end * l->plane; j += l->plane)
                sum += dy[j] * y[j] / bases[j];
            dx[at] += dy[at] * powf(bases[at], -l->beta) - 2 * l->share * l->beta * x[at] * sum;
        }
    }
}

static uint64_t lrn_cache_bytes(const dc_node *node, const dc_shape *const *x_shapes,
                                uint32_t n, bool is_training)
{
    (void)x_shapes;
    return is_training ? n * dc_shape_count(&node->shape) * sizeof(float) : 0;
}

/* x (N,C,H,W); y (N,C,H,W) overwritten; cache: u (N,C,H,W), in training. */
static void lrn_forward(const dc_op_args *args)
{
    const lrn l = lrn_of(args);
    dc_op_each(args->n, lrn_sample, &l);
}

/* dy, x, y (N,C,H,W), cache; dx (N,C,H,W) accumulated. */
static void lrn_backward(const dc_op_args *args)
{
    const lrn l = lrn_of(args);
    if (args->dx[0] != NULL)
        dc_op_each(args->n, lrn_sample_backward, &l);
}

const dc_op_code dc_op_batch_norm = { DC_OP_BATCH_NORM, batch_norm_cache_bytes, batch_norm_forward,
                                      batch_norm_backward };
const dc_op_code dc_op_lrn = { DC_OP_LRN, lrn_cache_bytes, lrn_forward, lrn_backward };
