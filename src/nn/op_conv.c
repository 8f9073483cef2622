/* SPDX-License-Identifier: MIT
 *
 * Convolution with groups, strides, dilation and a pad for each side:
 *
 *   y(n,k,h,w) = b(k) + sum over c,r,s of weight(k,c,r,s)
 *                * x(n, group * C/G + c, h * stride_h + r * dilation_h - pad_top,
 *                                        w * stride_w + s * dilation_w - pad_left)
 *
 * where x outside the picture is 0. Seen from one tap (r,s), an output row meets an input row
 * shifted by a constant, so each of the three passes walks taps outside and rows inside: the
 * innermost loop runs over the output's width without a test, which compilers vectorize. Work is
 * divided by (sample, out-channel), (sample, in-channel) and out-channel for y, dx and dw; each sum
 * runs in one fixed order.
 */
#include "op_tools.h"

enum { WEIGHT, BIAS };

typedef struct conv {
    const dc_op_args *args;
    uint64_t n_in, n_out;         /* channels                                                  */
    uint64_t group_in, group_out; /* channels of one group                                     */
    int64_t height, width, out_height, out_width, kernel_h, kernel_w, stride_h, stride_w;
} conv;

static conv conv_of(const dc_op_args *args)
{
    const dc_node *node = args->node;
    const dc_shape *in = args->x_shapes[0], *out = &node->shape;
    const uint64_t n_groups = (uint64_t)attr_int(node, DC_ATTR_GROUPS);
    return (conv){ .args = args,
                   .n_in = in->dims[0],
                   .n_out = out->dims[0],
                   .group_in = in->dims[0] / n_groups,
                   .group_out = out->dims[0] / n_groups,
                   .height = in->dims[1],
                   .width = in->dims[2],
                   .out_height = out->dims[1],
                   .out_width = out->dims[2],
                   .kernel_h = attr_int(node, DC_ATTR_KERNEL_H),
                   .kernel_w = attr_int(node, DC_ATTR_KERNEL_W),
                   .stride_h = attr_int(node, DC_ATTR_STRIDE_H),
                   .stride_w = attr_int(node, DC_ATTR_STRIDE_W) };
}

static uint64_t in_plane(const conv *c)
{
    return (uint64_t)(c->height * c->width);
}

static uint64_t out_plane(const conv *c)
{
    return (uint64_t)(c->out_height * c->out_width);
}

static uint64_t kernel_area(const conv *c)
{
    return (uint64_t)(c->kernel_h * c->kernel_w);
}

/* Output positions from..end-1 whose input position o * stride + offset lies in [0, size). */
typedef struct span {
    int64_t from, end, offset;
} span;

static span span_of(int64_t n_out, int64_t stride, int64_t offset, int64_t size)
{
    const int64_t from = offset < 0 ? (stride - 1 - offset) / stride : 0;
    const int64_t end = offset < size ? (size - offset + stride - 1) / stride : 0;
    return (span){ from, DC_MAX(DC_MIN(end, n_out), from), offset };
}

/* What tap (r,s) of the kernel touches. */
typedef struct tap {
    span rows, cols;
    uint64_t length; /* of a row */
} tap;

static tap tap_of(const conv *c, int64_t r, int64_t s)
{
    const dc_node *node = c->args->node;
    const int64_t down = r * attr_int(node, DC_ATTR_DILATION_H) - attr_int(node, DC_ATTR_PAD_TOP);
    const int64_t right = s * attr_int(node, DC_ATTR_DILATION_W) - attr_int(node, DC_ATTR_PAD_LEFT);
    span rows = span_of(c->out_height, c->stride_h, down, c->height);
    const span cols = span_of(c->out_width, c->stride_w, right, c->width);
    if (cols.from == cols.end)
        rows.end = rows.from; /* nothing to point at */
    return (tap){ rows, cols, (uint64_t)(cols.end - cols.from) };
}

/* Where the part of row h that the tap touches begins, in an output and in an input plane. */
static int64_t out_start(const conv *c, const tap *t, int64_t h)
{
    return h * c->out_width + t->cols.from;
}

static int64_t in_start(const conv *c, const tap *t, int64_t h)
{
    return (h * c->stride_h + t->rows.offset) * c->width + t->cols.from * c->stride_w
           + t->cols.offset;
}

/* One tap of weight w: y (OH,OW) accumulates from x (H,W). */
static void gather_tap(const conv *c, const tap *t, float *y, const float *x, float w)
{
    const uint64_t stride = (uint64_t)c->stride_w;
    for (int64_t h = t->rows.from; h < t->rows.end; h++) {
        float *restrict to = y + out_start(c, t, h);
        const float *restrict from = x + in_start(c, t, h);
        if (stride == 1)
            axpy(to, from, w, t->length);
        else
            for (uint64_t i = 0; i < t->length; i++)
                to[i] += w * from[i * stride];
    }
}

/* The transpose: dx (H,W) accumulates from dy (OH,OW). */
static void scatter_tap(const conv *c, const tap *t, float *dx, const float *dy, float w)
{
    const uint64_t stride = (uint64_t)c->stride_w;
    for (int64_t h = t->rows.from; h < t->rows.end; h++) {
        float *restrict to = dx + in_start(c, t, h);
        const float *restrict from = dy + out_start(c, t, h);
        if (stride == 1)
            axpy(to, from, w, t->length);
        else
            for (uint64_t i = 0; i < t->length; i++)
                to[i * stride] += w * from[i];
    }
}

/* The tap's own gradient: lanes accumulate the dot of dy (OH,OW) and the x (H,W) it met. */
static void dot_tap(float lanes[DC_LANES], const conv *c, const tap *t, const float *dy,
                    const float *x)
{
    const uint64_t stride = (uint64_t)c->stride_w;
    for (int64_t h = t->rows.from; h < t->rows.end; h++) {
        const float *a = dy + out_start(c, t, h), *b = x + in_start(c, t, h);
        if (stride == 1)
            dot_into(lanes, a, b, t->length);
        else
            for (uint64_t i = 0; i < t->length; i++)
                lanes[i % DC_LANES] += a[i] * b[i * stride];
    }
}

/* Plane (n,k) of y, from the sample's x (C,H,W), w (K,C/G,R,S), b (K). */
static dc_status forward_plane(void *payload, uint64_t index)
{
    const conv *c = payload;
    const dc_op_args *args = c->args;
    const uint64_t n = index / c->n_out, k = index % c->n_out;
    const uint64_t first_in = n * c->n_in + k / c->group_out * c->group_in;
    const float *weight = args->p[WEIGHT] + k * c->group_in * kernel_area(c);
    float *y = args->y + index * out_plane(c);
    for (uint64_t i = 0; i < out_plane(c); i++)
        y[i] = args->p[BIAS] != NULL ? args->p[BIAS][k] : 0.0f;
    for (int64_t r = 0; r < c->kernel_h; r++)
        for (int64_t s = 0; s < c->kernel_w; s++) {
            const tap t = tap_of(c, r, s);
            const float *w = weight + r * c->kernel_w + s;
            for (uint64_t in = 0; in < c->group_in; in++)
                gather_tap(c, &t, y, args->x[0] + (first_in + in) * in_plane(c),
                           w[in * kernel_area(c)]);
        }
    return DC_OK;
}

/* x (N,C,H,W), w (K,C/G,R,S), b (K) or NULL; y (N,K,OH,OW) overwritten. */
static void forward(const dc_op_args *args)
{
    const conv c = conv_of(args);
    dc_op_each(args->n * c.n_out, forward_plane, &c);
}

/* Plane (n, in) of dx, accumulated, from the sample's dy (K,OH,OW), w (K,C/G,R,S). */
static dc_status backward_plane(void *payload, uint64_t index)
{
    const conv *c = payload;
    const dc_op_args *args = c->args;
    const uint64_t n = index / c->n_in, in = index % c->n_in;
    const uint64_t first_out = in / c->group_in * c->group_out;
    const float *weight = args->p[WEIGHT] + in % c->group_in * kernel_area(c);
    float *dx = args->dx[0] + index * in_plane(c);
    for (int64_t r = 0; r < c->kernel_h; r++)
        for (int64_t s = 0; s < c->kernel_w; s++) {
            const tap t = tap_of(c, r, s);
            const float *w = weight + r * c->kernel_w + s;
            for (uint64_t k = first_out; k < first_out + c->group_out; k++)
                scatter_tap(c, &t, dx, args->dy + (n * c->n_out + k) * out_plane(c),
                            w[k * c->group_in * kernel_area(c)]);
        }
    return DC_OK;
}

static float bias_gradient(const conv *c, uint64_t k)
{
    double sum = 0;
    for (uint64_t n = 0; n < c->args->n; n++) {
        const float *dy = c->args->dy + (n * c->n_out + k) * out_plane(c);
        for (uint64_t i = 0; i < out_plane(c); i++)
            sum += (double)dy[i];
    }
    return (float)sum;
}

/* Row k of dw (K,C/G,R,S) and of db (K), overwritten, from dy (N,K,OH,OW), x (N,C,H,W). */
static dc_status backward_row(void *payload, uint64_t k)
{
    const conv *c = payload;
    const dc_op_args *args = c->args;
    if (args->dp[BIAS] != NULL)
        args->dp[BIAS][k] = bias_gradient(c, k);
    if (args->dp[WEIGHT] == NULL)
        return DC_OK;
    float *dw = args->dp[WEIGHT] + k * c->group_in * kernel_area(c);
    for (int64_t r = 0; r < c->kernel_h; r++)
        for (int64_t s = 0; s < c->kernel_w; s++) {
            const tap t = tap_of(c, r, s);
            for (uint64_t in = 0; in < c->group_in; in++) {
                const uint64_t channel = k / c->group_out * c->group_in + in;
                float lanes[DC_LANES] = { 0 };
                for (uint64_t n = 0; n < args->n; n++)
                    dot_tap(lanes, c, &t, args->dy + (n * c->n_out + k) * out_plane(c),
                            args->x[0] + (n * c->n_in + channel) * in_plane(c));
                dw[in * kernel_area(c) + (uint64_t)(r * c->kernel_w + s)] = lane_sum(lanes);
            }
        }
    return DC_OK;
}

/* dy (N,K,OH,OW), x (N,C,H,W), w (K,C/G,R,S); dw (K,C/G,R,S) and db (K) overwritten,
 * dx (N,C,H,W) accumulated. */
static void backward(const dc_op_args *args)
{
    const conv c = conv_of(args);
    if (args->dp[WEIGHT] != NULL || args->dp[BIAS] != NULL)
        dc_op_each(c.n_out, backward_row, &c);
    if (args->dx[0] != NULL)
        dc_op_each(args->n * c.n_in, backward_plane, &c);
}

const dc_op_code dc_op_conv = { DC_OP_CONV, NULL, forward, backward };
