/* SPDX-License-Identifier: MIT
 *
 * Rules of the ops that change dims only, the same for constants and values. Before opset 13 (10
 * for Slice) they took their numbers from attributes, later from inputs; both are read.
 */
#include "onnx_ops.h"

#include <inttypes.h>

#define MAX_STEP (INT64_C(1) << 40)

static dc_status fail_rank(const onnx_in *in)
{
    return onnx_fail(in, DC_EUNSUPPORTED, "its result has more than %u dims", ONNX_MAX_DIMS);
}

dc_status onnx_dims_reshape(onnx_dims *out, const onnx_in *in, const onnx_dims *from)
{
    onnx_ints shape;
    bool is_there = false;
    int64_t allows_zero = 0;
    uint64_t total = onnx_count(from->n, from->dims);
    uint32_t open = ONNX_MAX_DIMS;
    DC_TRY(onnx_need_ints(&shape, &is_there, in, 1, NULL));
    DC_TRY(onnx_node_int(&allows_zero, in, "allowzero", 0));
    if (shape.n > ONNX_MAX_DIMS)
        return fail_rank(in);
    *out = (onnx_dims){ .n = shape.n };
    for (uint32_t i = 0; i < shape.n; i++) {
        const bool is_copy = shape.items[i] == 0 && !allows_zero;
        if (shape.items[i] < -1 || (shape.items[i] == -1 && open < ONNX_MAX_DIMS) ||
            (is_copy && i >= from->n))
            return onnx_fail(in, DC_ECORRUPT, "%" PRId64 " as dim %u", shape.items[i], (unsigned)i);
        out->dims[i] = is_copy ? from->dims[i] : (uint64_t)shape.items[i];
        if (shape.items[i] == -1) {
            open = i;
            out->dims[i] = 1;
        }
    }
    const uint64_t rest = onnx_count(out->n, out->dims);
    if (open < ONNX_MAX_DIMS && rest > 0 && total % rest == 0)
        out->dims[open] = total / rest;
    if (onnx_count(out->n, out->dims) != total)
        return onnx_fail(in, DC_ECORRUPT, "%" PRIu64 " elements do not fit in its shape", total);
    return DC_OK;
}

/* Bit i: dim i is named; `n_dims` is what axes count in. */
static dc_status axes_of(uint32_t *out, const onnx_in *in, const onnx_ints *axes, uint32_t n_dims)
{
    *out = 0;
    for (uint32_t i = 0; i < axes->n; i++) {
        uint32_t axis = 0;
        DC_TRY(onnx_axis(&axis, in, axes->items[i], n_dims));
        if (*out >> axis & 1u)
            return onnx_fail(in, DC_ECORRUPT, "axis %u twice", (unsigned)axis);
        *out |= 1u << axis;
    }
    return DC_OK;
}

dc_status onnx_dims_squeeze(onnx_dims *out, const onnx_in *in, const onnx_dims *from,
                            uint32_t *batch_at)
{
    const uint32_t batch = *batch_at;
    onnx_ints axes;
    bool is_there = false;
    uint32_t gone = 0;
    DC_TRY(onnx_need_ints(&axes, &is_there, in, 1, "axes"));
    DC_TRY(axes_of(&gone, in, &axes, from->n));
    if (!is_there)
        for (uint32_t i = 0; i < from->n && i < ONNX_MAX_DIMS; i++)
            gone |= (from->dims[i] == 1 && i != batch ? 1u : 0u) << i;
    if (batch < ONNX_MAX_DIMS && (gone >> batch & 1u))
        return onnx_fail_batch(in, "it changes the batch");
    *out = (onnx_dims){ 0 };
    for (uint32_t i = 0; i < from->n; i++) {
        *batch_at = i == batch ? out->n : *batch_at;
        if (!(gone >> i & 1u))
            out->dims[out->n++] = from->dims[i];
        else if (from->dims[i] != 1)
            return onnx_fail(in, DC_ECORRUPT, "dim %u is not 1", (unsigned)i);
    }
    return DC_OK;
}

dc_status onnx_dims_unsqueeze(onnx_dims *out, const onnx_in *in, const onnx_dims *from,
                              uint32_t *batch_at)
{
    const uint32_t batch = *batch_at;
    onnx_ints axes;
    bool is_there = false;
    uint32_t fresh = 0, next = 0;
    DC_TRY(onnx_need_ints(&axes, &is_there, in, 1, "axes"));
    const uint32_t n = from->n + axes.n;
    if (n > ONNX_MAX_DIMS)
        return fail_rank(in);
    DC_TRY(axes_of(&fresh, in, &axes, n));
    *out = (onnx_dims){ .n = n };
    for (uint32_t i = 0; i < n; i++) {
        const bool is_fresh = fresh >> i & 1u;
        *batch_at = !is_fresh && next == batch ? i : *batch_at;
        out->dims[i] = is_fresh ? 1 : from->dims[next++];
    }
    return DC_OK;
}

dc_status onnx_dims_flatten(onnx_dims *out, const onnx_in *in, const onnx_dims *from)
{
    int64_t said = 1;
    uint32_t axis = from->n;
    DC_TRY(onnx_node_int(&said, in, "axis", 1));
    if (said != from->n)
        DC_TRY(onnx_axis(&axis, in, said, from->n));
    *out = (onnx_dims){ .n = 2 };
    out->dims[0] = onnx_count(axis, from->dims);
    out->dims[1] = onnx_count(from->n - axis, from->dims + axis);
    for (uint32_t i = 0; i < 2; i++) /* beside a dim of 0 the other may be any number */
        if (out->dims[i] > INT64_MAX)
            return onnx_fail(in, DC_ECORRUPT, "dim %u of its result is beyond counting", i);
    return DC_OK;
}

dc_status onnx_dims_order(uint32_t order[ONNX_MAX_DIMS], const onnx_in *in, uint32_t n_dims)
{
    onnx_ints perm;
    uint32_t seen = 0;
    const dc_status status = onnx_ints_attr(&perm, in->node, "perm");
    if (status < 0)
        return status;
    if (perm.n == 0)
        for (; perm.n < n_dims; perm.n++)
            perm.items[perm.n] = n_dims - 1 - perm.n;
    for (uint32_t i = 0; i < perm.n && i < n_dims; i++) {
        DC_TRY(onnx_axis(&order[i], in, perm.items[i], n_dims));
        seen |= 1u << order[i];
    }
    if (perm.n != n_dims || seen != (1u << n_dims) - 1)
        return onnx_fail(in, DC_ECORRUPT, "its perm is no order of %u dims", (unsigned)n_dims);
    return DC_OK;
}

/* ---- slices ---- */

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static void cut(onnx_cut *out, int64_t begin, int64_t end, int64_t dim)
{
    const int64_t step = out->step;
    out->begin = 0;
    out->n = 0;
    if (dim == 0)
        return; /* that has no last place to begin at */
    begin = clamp(begin, -MAX_STEP, MAX_STEP);
    end = clamp(end, -MAX_STEP, MAX_STEP);
    begin = clamp(begin < 0 ? begin + dim : begin, 0, step > 0 ? dim : dim - 1);
    end = clamp(end < 0 ? end + dim : end, step > 0 ? 0 : -1, dim);
    out->begin = begin;
    if (step > 0 && end > begin)
        out->n = (uint64_t)((end - begin - 1) / step + 1);
    if (step < 0 && end < begin)
        out->n = (uint64_t)((begin - end - 1) / -step + 1);
}

dc_status onnx_dims_cuts(onnx_cut cuts[ONNX_MAX_DIMS], uint32_t *n_cuts, const onnx_in *in,
                         const onnx_dims *from)
{
    onnx_ints begins, ends, axes, steps;
    bool has_axes = false, has_steps = false, is_there = false;
    uint32_t seen = 0;
    DC_TRY(onnx_need_ints(&begins, &is_there, in, 1, "starts"));
    DC_TRY(onnx_need_ints(&ends, &is_there, in, 2, "ends"));
    DC_TRY(onnx_need_ints(&axes, &has_axes, in, 3, "axes"));
    DC_TRY(onnx_need_ints(&steps, &has_steps, in, 4, NULL));
    if (begins.n != ends.n || (has_axes && axes.n != begins.n) ||
        (has_steps && steps.n != begins.n) || begins.n > from->n)
        return onnx_fail(in, DC_ECORRUPT,
                         "its starts, ends, axes and steps are of different number");
    for (uint32_t i = 0; i < begins.n; i++) {
        onnx_cut *c = &cuts[i];
        DC_TRY(onnx_axis(&c->axis, in, has_axes ? axes.items[i] : i, from->n));
        c->step = has_steps ? clamp(steps.items[i], -MAX_STEP, MAX_STEP) : 1;
        if (c->step == 0 || seen >> c->axis & 1u)
            return onnx_fail(in, DC_ECORRUPT, "a step of 0, or axis %u twice", (unsigned)c->axis);
        seen |= 1u << c->axis;
        cut(c, begins.items[i], ends.items[i], (int64_t)from->dims[c->axis]);
    }
    *n_cuts = begins.n;
    return DC_OK;
}

dc_status onnx_dims_reduced(uint32_t *out, const onnx_in *in, uint32_t n_dims)
{
    onnx_ints axes;
    bool is_there = false;
    int64_t is_nothing = 0;
    DC_TRY(onnx_need_ints(&axes, &is_there, in, 1, "axes"));
    DC_TRY(onnx_node_int(&is_nothing, in, "noop_with_empty_axes", 0));
    *out = axes.n == 0 && is_nothing == 0 ? (1u << n_dims) - 1 : 0;
    for (uint32_t i = 0; i < axes.n; i++) {
        uint32_t axis = 0;
        DC_TRY(onnx_axis(&axis, in, axes.items[i], n_dims));
        *out |= 1u << axis;
    }
    return DC_OK;
}
