/* SPDX-License-Identifier: MIT
 *
 * Convolution with groups, strides, dilation and a pad for each side:
 *
 *   y(n,k,h,w) = b(k) + sum over c,r,s of weight(k,c,r,s)
 *                * x(n, group * C/G + c, h * stride_h + r * dilation_h - pad_top,
 *                                        w * stride_w + s * dilation_w - pad_left)
 *
 * where x outside the picture is 0. Seen from one tap (r,s), an output row meets an input row
 * shifted by a constant, so each of the three passes walks taps and rows outside; inside, a piece
 * of a row stays in registers while the channels that are summed go by, or several channels' dot
 * products share the row of dy: no tests, and loops that compilers vectorize. y is made in bands of
 * rows that some out-channels go through in turn, so that the band's x stays in the cache. Work is
 * divided by (sample, out-channels), (sample, in-channel) and out-channel for y, dx and dw; each
 * sum runs in one fixed order.
 */
#include "op_tools.h"

enum { WEIGHT, BIAS };

typedef struct conv {
    const dc_op_args *args;
    uint64_t n_in, n_out;         /* channels                                                  */
    uint64_t group_in, group_out; /* channels of one group                                     */
    int64_t height, width, out_height, out_width, kernel_h, kernel_w, stride_h, stride_w;
    bool is_added;                /* y accumulates                                             */
} conv;

static conv conv_between(const dc_op_args *args, const dc_shape *in, const dc_shape *out)
{
    const dc_node *node = args->node;
    const uint64_t n_groups = dc_node_whole(node, DC_ATTR_GROUPS);
    return (conv){ .args = args,
                   .n_in = in->dims[0],
                   .n_out = out->dims[0],
                   .group_in = in->dims[0] / n_groups,
                   .group_out = out->dims[0] / n_groups,
                   .height = in->dims[1],
                   .width = in->dims[2],
                   .out_height = out->dims[1],
                   .out_width = out->dims[2],
                   .kernel_h = (int64_t)dc_node_whole(node, DC_ATTR_KERNEL_H),
                   .kernel_w = (int64_t)dc_node_whole(node, DC_ATTR_KERNEL_W),
                   .stride_h = (int64_t)dc_node_whole(node, DC_ATTR_STRIDE_H),
                   .stride_w = (int64_t)dc_node_whole(node, DC_ATTR_STRIDE_W) };
}

static conv conv_of(const dc_op_args *args)
{
    return conv_between(args, args->x_shapes[0], &args->node->shape);
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
    int64_t length; /* of a row */
} tap;

static tap tap_of(const conv *c, int64_t r, int64_t s)
{
    const dc_node *node = c->args->node;
    const int64_t down = r * (int64_t)dc_node_whole(node, DC_ATTR_DILATION_H) -
                         (int64_t)dc_node_whole(node, DC_ATTR_PAD_TOP);
    const int64_t right = s * (int64_t)dc_node_whole(node, DC_ATTR_DILATION_W) -
                          (int64_t)dc_node_whole(node, DC_ATTR_PAD_LEFT);
    span rows = span_of(c->out_height, c->stride_h, down, c->height);
    const span cols = span_of(c->out_width, c->stride_w, right, c->width);
    if (cols.from == cols.end)
        rows.end = rows.from; /* nothing to point at */
    return (tap){ rows, cols, cols.end - cols.from };
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

/* `n` planes, `step` apart, each with its weight, `w_step` apart. */
typedef struct stack {
    const float *planes, *weights;
    uint64_t n, step, w_step;
} stack;

/* to[0..width-1] += the stack's values at `at` and every `stride` on, by weight; inlined for a
 * constant width <= 16, so that the sums stay in registers while the stack is walked. */
static inline void mix_tile(float *restrict to, const stack *from, int64_t at, uint64_t width,
                            uint64_t stride)
{
    float sums[16];
    const float *x = from->planes + at, *w = from->weights;
    for (uint64_t i = 0; i < width; i++)
        sums[i] = to[i];
    for (uint64_t k = 0; k < from->n; k++, x += from->step, w += from->w_step)
        for (uint64_t i = 0; i < width; i++)
            sums[i] += *w * x[i * stride];
    for (uint64_t i = 0; i < width; i++)
        to[i] = sums[i];
}

static void mix_row(float *to, const stack *from, int64_t at, int64_t length)
{
    int64_t i = 0;
    for (; i + 16 <= length; i += 16)
        mix_tile(to + i, from, at + i, 16, 1);
    for (; i + 4 <= length; i += 4)
        mix_tile(to + i, from, at + i, 4, 1);
    for (; i < length; i++)
        mix_tile(to + i, from, at + i, 1, 1);
}

static void mix_strided_row(float *to, const stack *from, int64_t at, int64_t length,
                            int64_t stride)
{
    int64_t i = 0;
    for (; stride == 2 && i + 8 <= length; i += 8)
        mix_tile(to + i, from, at + i * 2, 8, 2);
    for (; i < length; i++)
        mix_tile(to + i, from, at + i * stride, 1, 1);
}

/* One tap: rows from..end-1 of y (OH,OW) accumulate from a stack of x (H,W). Where these follow
 * each other in both, they are one long row. */
static void gather_tap(const conv *c, const tap *t, int64_t from, int64_t end, float *y,
                       const stack *x)
{
    const bool is_joined = c->stride_h == 1 && c->stride_w == 1 && t->length == c->width
                           && c->width == c->out_width;
    const int64_t first = DC_MAX(t->rows.from, from), last = DC_MIN(t->rows.end, end);
    const int64_t n_joined = is_joined ? DC_MAX(last - first, 1) : 1;
    for (int64_t h = first; h < last; h += n_joined) {
        float *to = y + out_start(c, t, h);
        if (c->stride_w == 1)
            mix_row(to, x, in_start(c, t, h), t->length * n_joined);
        else
            mix_strided_row(to, x, in_start(c, t, h), t->length, c->stride_w);
    }
}

/* The transpose: dx (H,W) accumulates from a stack of dy (OH,OW). */
static void scatter_tap(const conv *c, const tap *t, float *dx, const stack *dy)
{
    for (int64_t h = t->rows.from; h < t->rows.end; h++) {
        const int64_t to = in_start(c, t, h), from = out_start(c, t, h);
        if (c->stride_w == 1)
            mix_row(dx + to, dy, from, t->length);
        else
            for (int64_t i = 0; i < t->length; i++)
                mix_tile(dx + to + i * c->stride_w, dy, from + i, 1, 1);
    }
}

#define TILE 4  /* in-channels whose weights' gradients are summed together */
#define LANES 8 /* partial sums of each                                     */

/* Of out-channel k and one tap: gradients of the weights of in-channels in..in+width-1, over the
 * batch; inlined for a constant width, so that the lanes stay in registers. */
static inline void dot_tile(float *sums, const conv *c, const tap *t, uint64_t k, uint64_t in,
                            uint64_t width)
{
    const dc_op_args *args = c->args;
    const uint64_t step = in_plane(c), channel = k / c->group_out * c->group_in + in;
    float lanes[TILE][LANES] = { { 0 } }, rest[TILE] = { 0 };
    for (uint64_t n = 0; n < args->n; n++)
        for (int64_t h = t->rows.from; h < t->rows.end; h++) {
            const float *dy = args->dy + (n * c->n_out + k) * out_plane(c) + out_start(c, t, h);
            const float *x = args->x[0] + (n * c->n_in + channel) * step + in_start(c, t, h);
            int64_t i = 0;
            for (; c->stride_w == 1 && i + LANES <= t->length; i += LANES)
                for (uint64_t j = 0; j < width; j++)
                    for (uint64_t lane = 0; lane < LANES; lane++)
                        lanes[j][lane] += dy[(uint64_t)i + lane] * x[j * step + (uint64_t)i + lane];
            for (; i < t->length; i++)
                for (uint64_t j = 0; j < width; j++)
                    rest[j] += dy[i] * x[j * step + (uint64_t)(i * c->stride_w)];
        }
    for (uint64_t j = 0; j < width; j++) {
        double sum = (double)rest[j];
        for (uint64_t lane = 0; lane < LANES; lane++)
            sum += (double)lanes[j][lane];
        sums[j * kernel_area(c)] = (float)sum;
    }
}

#define BLOCK 16u                 /* out-channels that go through a band in turn         */
#define BAND_BYTES (UINT64_C(1) << 17) /* of the rows of x that a band of y's rows is made of */

/* Rows from..end-1 of plane (n,k) of y, from the sample's x (C,H,W), w (K,C/G,R,S), b (K). */
static void forward_band(const conv *c, uint64_t n, uint64_t k, int64_t from, int64_t end)
{
    const dc_op_args *args = c->args;
    const uint64_t first_in = n * c->n_in + k / c->group_out * c->group_in;
    const float *weight = args->p[WEIGHT] + k * c->group_in * kernel_area(c);
    float *y = args->y + (n * c->n_out + k) * out_plane(c);
    for (int64_t i = from * c->out_width; !c->is_added && i < end * c->out_width; i++)
        y[i] = args->p[BIAS] != NULL ? args->p[BIAS][k] : 0.0f;
    for (int64_t r = 0; r < c->kernel_h; r++)
        for (int64_t s = 0; s < c->kernel_w; s++) {
            const tap t = tap_of(c, r, s);
            const stack x = { args->x[0] + first_in * in_plane(c), weight + r * c->kernel_w + s,
                              c->group_in, in_plane(c), kernel_area(c) };
            gather_tap(c, &t, from, end, y, &x);
        }
}

/* A sample's out-channels BLOCK * block .. */
static void forward_block(void *payload, uint64_t index)
{
    const conv *c = payload;
    const uint64_t n_blocks = (c->n_out + BLOCK - 1) / BLOCK, from = index % n_blocks * BLOCK;
    const uint64_t end = DC_MIN(from + BLOCK, c->n_out);
    const uint64_t row_bytes = c->group_in * (uint64_t)(c->width * c->stride_h) * sizeof(float);
    const int64_t n_rows = (int64_t)DC_MAX(BAND_BYTES / row_bytes, 1);
    for (int64_t h = 0; h < c->out_height; h += n_rows)
        for (uint64_t k = from; k < end; k++)
            forward_band(c, index / n_blocks, k, h, DC_MIN(h + n_rows, c->out_height));
}

/* x (N,C,H,W), w (K,C/G,R,S), b (K) or NULL; y (N,K,OH,OW) overwritten. */
static void run_forward(const conv *c)
{
    dc_op_each(c->args->n * ((c->n_out + BLOCK - 1) / BLOCK), forward_block, c);
}

static void forward(const dc_op_args *args)
{
    const conv c = conv_of(args);
    run_forward(&c);
}

/* Plane (n, in) of dx, accumulated, from the sample's dy (K,OH,OW), w (K,C/G,R,S). */
static void backward_plane(void *payload, uint64_t index)
{
    const conv *c = payload;
    const dc_op_args *args = c->args;
    const uint64_t n = index / c->n_in, in = index % c->n_in;
    const uint64_t first_out = in / c->group_in * c->group_out;
    const float *weight =
        args->p[WEIGHT] + (first_out * c->group_in + in % c->group_in) * kernel_area(c);
    float *dx = args->dx[0] + index * in_plane(c);
    for (int64_t r = 0; r < c->kernel_h; r++)
        for (int64_t s = 0; s < c->kernel_w; s++) {
            const tap t = tap_of(c, r, s);
            const stack dy = { args->dy + (n * c->n_out + first_out) * out_plane(c),
                               weight + r * c->kernel_w + s, c->group_out, out_plane(c),
                               c->group_in * kernel_area(c) };
            scatter_tap(c, &t, dx, &dy);
        }
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
static void backward_row(void *payload, uint64_t k)
{
    const conv *c = payload;
    const dc_op_args *args = c->args;
    if (args->dp[BIAS] != NULL)
        args->dp[BIAS][k] = bias_gradient(c, k);
    if (args->dp[WEIGHT] == NULL)
        return;
    float *dw = args->dp[WEIGHT] + k * c->group_in * kernel_area(c);
    for (int64_t r = 0; r < c->kernel_h; r++)
        for (int64_t s = 0; s < c->kernel_w; s++) {
            const tap t = tap_of(c, r, s);
            float *to = dw + r * c->kernel_w + s;
            uint64_t in = 0;
            for (; in + TILE <= c->group_in; in += TILE)
                dot_tile(to + in * kernel_area(c), c, &t, k, in, TILE);
            for (; in < c->group_in; in++)
                dot_tile(to + in * kernel_area(c), c, &t, k, in, 1);
        }
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

/* ---- transposed ---- */

/* What goes up in it goes down in the convolution from y (K,OH,OW) to x (C,H,W), whose weights are
 * its own (C,K/G,R,S): y is that one's dx, dx its y, and in dw x and dy change places. */

/* x (N,C,H,W), w (C,K/G,R,S), b (K) or NULL; y (N,K,OH,OW) overwritten. */
static void transposed_forward(const dc_op_args *args)
{
    float *y[] = { args->y };
    const dc_op_args turned = { .node = args->node, .n = args->n, .p = args->p, .dy = args->x[0],
                                .dx = y };
    const conv c = conv_between(&turned, &args->node->shape, args->x_shapes[0]);
    const float *bias = args->p[BIAS];
    for (uint64_t i = 0; i < args->n * c.n_in; i++)
        for (uint64_t j = 0; j < in_plane(&c); j++)
            args->y[i * in_plane(&c) + j] = bias != NULL ? bias[i % c.n_in] : 0.0f;
    dc_op_each(args->n * c.n_in, backward_plane, &c);
}

/* dy (N,K,OH,OW), x (N,C,H,W), w (C,K/G,R,S); dw (C,K/G,R,S) and db (K) overwritten, dx (N,C,H,W)
 * accumulated. */
static void transposed_backward(const dc_op_args *args)
{
    const float *dy[] = { args->dy }, *p[] = { args->p[WEIGHT], NULL };
    float *dp[] = { args->dp[WEIGHT], NULL };
    const dc_op_args turned = { .node = args->node, .n = args->n, .x = dy, .p = p, .dp = dp,
                                .dy = args->x[0], .y = args->dx[0] };
    conv c = conv_between(&turned, &args->node->shape, args->x_shapes[0]);
    const conv own = conv_of(args);
    c.is_added = true;
    if (dp[WEIGHT] != NULL)
        dc_op_each(c.n_out, backward_row, &c);
    for (uint64_t k = 0; args->dp[BIAS] != NULL && k < own.n_out; k++)
        args->dp[BIAS][k] = bias_gradient(&own, k);
    if (args->dx[0] != NULL)
        run_forward(&c);
}

const dc_op_code dc_op_conv_transpose = { DC_OP_CONV_TRANSPOSE, NULL, transposed_forward,
                                          transposed_backward };
const dc_op_code dc_op_conv = { DC_OP_CONV, NULL, forward, backward };
