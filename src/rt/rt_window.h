/* SPDX-License-Identifier: MIT
 *
 * Windows over pictures, for both modes.
 */
#ifndef RT_WINDOW_H
#define RT_WINDOW_H

#include "rt_internal.h"

/* What a tap of a kernel meets, along one side: outputs from .. end-1, whose input is at
 * o * stride + offset. */
typedef struct rt_span {
    int32_t from, end, offset;
} rt_span;

/* All of these are far below 2^31: a kernel's reach is at most the padded side. */
static inline rt_span rt_span_of(uint32_t tap, uint32_t dilation, uint32_t pad, uint32_t stride,
                                 uint32_t n_in, uint32_t n_out)
{
    const int32_t offset = (int32_t)(tap * dilation) - (int32_t)pad, s = (int32_t)stride;
    const int32_t from = offset < 0 ? (s - 1 - offset) / s : 0;
    int32_t end = offset < (int32_t)n_in ? ((int32_t)n_in - offset + s - 1) / s : 0;
    rt_span span;
    end = end < (int32_t)n_out ? end : (int32_t)n_out;
    span.from = from < end ? from : end;
    span.end = end;
    span.offset = offset;
    return span;
}

/* Pixels that an output of a pool sees, cut at the picture, and how many they count as. */
typedef struct rt_pane {
    uint32_t top, bottom, left, right;
    uint64_t n_counted;
} rt_pane;

/* Along one side, from `at` strides on. The n that count reach at most to the end of the pad. */
static inline void rt_pane_side(uint32_t *from, uint32_t *end, uint32_t *n_counted, uint32_t at,
                                uint32_t stride, uint32_t kernel, uint32_t pad, uint32_t pad_behind,
                                uint32_t n, bool counts_pad)
{
    const int64_t begin = (int64_t)at * stride - pad, far = begin + kernel;
    const int64_t last = far < (int64_t)n + pad_behind ? far : (int64_t)n + pad_behind;
    *from = (uint32_t)(begin < 0 ? 0 : begin);
    *end = (uint32_t)(far < n ? far : n);
    *n_counted = counts_pad ? (uint32_t)(last - begin) : *end - *from;
}

typedef struct rt_pool {
    rt_window w;
    uint32_t n_planes, pad_bottom, pad_right;
    bool is_max, counts_pad;
} rt_pool;

static inline rt_pool rt_pool_of(const dc_rt *m, uint32_t node)
{
    rt_pool p;
    p.w = rt_window_of(m, node);
    p.n_planes = rt_nodes(m)[node].dims[0];
    p.pad_bottom = rt_whole(m, node, RT_PAD_BOTTOM);
    p.pad_right = rt_whole(m, node, RT_PAD_RIGHT);
    p.is_max = rt_nodes(m)[node].op == RT_OP_MAX_POOL;
    p.counts_pad = rt_whole(m, node, RT_COUNT_PAD) != 0;
    return p;
}

static inline rt_pane rt_pane_at(const rt_pool *p, uint32_t h, uint32_t w)
{
    rt_pane pane;
    uint32_t n_rows, n_cols;
    rt_pane_side(&pane.top, &pane.bottom, &n_rows, h, p->w.stride_h, p->w.kernel_h, p->w.pad_top,
                 p->pad_bottom, p->w.height, p->counts_pad);
    rt_pane_side(&pane.left, &pane.right, &n_cols, w, p->w.stride_w, p->w.kernel_w, p->w.pad_left,
                 p->pad_right, p->w.width, p->counts_pad);
    pane.n_counted = (uint64_t)n_rows * n_cols;
    return pane;
}

/* A convolution: where column `col` of the weights' matrix, input channel by tap, meets the input
 * of output channel `row`. */
typedef struct rt_conv {
    rt_window w;
    uint32_t group_in, group_out, in_plane, out_plane;
} rt_conv;

typedef struct rt_tap {
    rt_span rows, cols;
    uint32_t channel;
} rt_tap;

static inline rt_conv rt_conv_of(const dc_rt *m, uint32_t node)
{
    const rt_node *out = &rt_nodes(m)[node], *in = &rt_nodes(m)[rt_input_of(m, node, 0)];
    const uint32_t n_groups = rt_whole(m, node, RT_GROUPS);
    rt_conv c;
    c.w = rt_window_of(m, node);
    c.group_in = in->dims[0] / n_groups;
    c.group_out = out->dims[0] / n_groups;
    c.in_plane = c.w.height * c.w.width;
    c.out_plane = c.w.out_height * c.w.out_width;
    return c;
}

static inline rt_tap rt_tap_of(const rt_conv *c, uint32_t row, uint32_t col)
{
    const rt_window *w = &c->w;
    const uint32_t area = w->kernel_h * w->kernel_w, place = col % area;
    rt_tap t;
    t.channel = row / c->group_out * c->group_in + col / area;
    t.rows = rt_span_of(place / w->kernel_w, w->dilation_h, w->pad_top, w->stride_h, w->height,
                        w->out_height);
    t.cols = rt_span_of(place % w->kernel_w, w->dilation_w, w->pad_left, w->stride_w, w->width,
                        w->out_width);
    return t;
}

/* Where row h of what the tap meets begins in an input plane. Of no columns nothing is read. */
static inline size_t rt_tap_start(const rt_conv *c, const rt_tap *t, int32_t h)
{
    const int64_t row = (int64_t)h * c->w.stride_h + t->rows.offset;
    return (size_t)(row * c->w.width + (int64_t)t->cols.from * c->w.stride_w + t->cols.offset);
}

#endif
