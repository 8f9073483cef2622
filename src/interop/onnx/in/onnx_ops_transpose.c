/* SPDX-License-Identifier: MIT
 *
 * Transpose, DepthToSpace, SpaceToDepth. Our transpose has four dims at most. An order of more is
 * made in steps: in each of them a block of neighbours passes those before it, from (A,B,C,D) to
 * (A,C,B,D).
 */
#include "onnx_ops.h"

#include <string.h>

/* Whether nothing but dims of 1 changes places: then no element does. */
static bool is_still(const onnx_value *x, const uint32_t *order)
{
    uint32_t last = 0;
    for (uint32_t i = 0; i < x->n_dims; i++) {
        if (x->dims[order[i]] == 1)
            continue;
        if (order[i] < last)
            return false;
        last = order[i];
    }
    return true;
}

/* ---- more than four dims ---- */

/* The node's elements as (A,B,C,D), put as (A,C,B,D). */
static dc_status plan_step(uint32_t *node, onnx_in *in, const uint64_t dims[4])
{
    static const double order[4] = { 1, 3, 2, 4 };
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, DC_OP_RESHAPE);
    for (uint32_t i = 0; i < 4; i++) {
        if (dims[i] > UINT32_MAX)
            return onnx_fail(in, DC_EUNSUPPORTED, "its input is too large");
        attrs[DC_ATTR_DIM_0 + i] = (double)dims[i];
    }
    DC_TRY(onnx_plan_helper(node, in, DC_OP_RESHAPE, node, 1, attrs));
    for (uint32_t i = 0; i < 4; i++)
        attrs[DC_ATTR_DIM_0 + i] = order[i];
    return onnx_plan_helper(node, in, DC_OP_TRANSPOSE, node, 1, attrs);
}

/* Elements of the dims that are at these places now. */
static uint64_t count_at(const onnx_dims *own, const uint32_t *at, uint32_t begin, uint32_t end)
{
    uint64_t count = 1;
    for (uint32_t i = begin; i < end; i++)
        count *= own->dims[at[i]];
    return count;
}

/* The node's elements, of these dims, in another order of them. */
static dc_status plan_order(uint32_t *node, onnx_in *in, const onnx_dims *own,
                            const uint32_t *order)
{
    uint32_t at[ONNX_MAX_DIMS], block[ONNX_MAX_DIMS];
    for (uint32_t i = 0; i < own->n; i++)
        at[i] = i;
    for (uint32_t to = 0, n; to < own->n; to += n) {
        uint32_t from = to;
        while (at[from] != order[to])
            from++;
        for (n = 1; from + n < own->n && at[from + n] == order[to + n];)
            n++;
        const uint64_t dims[4] = { count_at(own, at, 0, to), count_at(own, at, to, from),
                                   count_at(own, at, from, from + n),
                                   count_at(own, at, from + n, own->n) };
        if (dims[1] > 1 && dims[2] > 1)
            DC_TRY(plan_step(node, in, dims));
        memcpy(block, at + from, n * sizeof *at);
        memmove(at + to + n, at + to, (from - to) * sizeof *at);
        memcpy(at + to, block, n * sizeof *at);
    }
    return DC_OK;
}

/* ---- the ops ---- */

/* The dims of a sample of x in another order. */
static dc_status plan_transpose(uint32_t *node, onnx_in *in, onnx_value *x, const uint32_t *order)
{
    const uint32_t first = x->n_batch;
    double attrs[DC_N_ATTRS];
    onnx_dims own = { .n = x->n_dims - first };
    uint32_t own_order[ONNX_MAX_DIMS] = { 0 }, from = x->node;
    dc_shape shape;
    dc_attrs_init(attrs, DC_OP_TRANSPOSE);
    for (uint32_t i = 0; i < own.n; i++) {
        own.dims[i] = x->dims[first + i];
        own_order[i] = order[first + i] - first;
    }
    *node = x->node;
    if (own.n > DC_MAX_DIMS)
        return plan_order(node, in, &own, own_order);
    for (uint32_t i = 0; i < own.n; i++)
        attrs[DC_ATTR_DIM_0 + i] = own_order[i] + 1;
    DC_TRY(onnx_own_shape(&shape, in, x));
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    return onnx_plan(node, in, DC_OP_TRANSPOSE, &from, 1, attrs, NULL);
}

/* The order of the file's dims as one of dims of which the batch is the first, which it stays; and
 * where the file has it then. */
static void turn_order(uint32_t order[ONNX_MAX_DIMS], uint32_t *batch_at, const onnx_value *x)
{
    uint32_t turned[ONNX_MAX_DIMS] = { 0 }, n = 1;
    for (uint32_t i = 0; i < x->n_dims; i++) {
        if (order[i] == x->batch_at)
            *batch_at = i;
        else
            turned[n++] = order[i] + (order[i] < x->batch_at);
    }
    memcpy(order, turned, sizeof turned);
}

dc_status onnx_read_transpose(onnx_in *in)
{
    onnx_value *x = NULL, copy;
    onnx_dims dims;
    uint32_t order[ONNX_MAX_DIMS] = { 0 }, node = 0, batch_at = 0;
    DC_TRY(onnx_need_value(&x, in, 0));
    in->batch_at = 0;
    DC_TRY(onnx_dims_order(order, in, x->n_dims));
    if (!in->is_single)
        turn_order(order, &batch_at, x);
    in->batch_at = batch_at;
    dims = (onnx_dims){ .n = x->n_dims };
    for (uint32_t i = 0; i < x->n_dims; i++)
        dims.dims[i] = x->dims[order[i]];
    if (in->is_nhwc && x->is_input && batch_at == 0 && order[1] == 3 &&
        order[2] == 1) /* as ours is */
        return onnx_set_value(in, 0, 0, dims.n, dims.dims);
    if (is_still(x, order))
        return onnx_set_value(in, 0, x->node, dims.n, dims.dims);
    x = order[0] == 0 ? x : onnx_along(&copy, in, x, 0);
    DC_TRY(plan_transpose(&node, in, x, order));
    return onnx_set_value(in, 0, node, dims.n, dims.dims);
}

/* The picture (C,H,W) of input 0, and the side of its blocks. */
static dc_status blocks_of(const onnx_value **out, int64_t *side, const onnx_in *in)
{
    onnx_value *x = NULL;
    DC_TRY(onnx_need_batch(&x, in, 0));
    DC_TRY(onnx_node_int(side, in, "blocksize", 0));
    if (x->n_dims != 4)
        return onnx_fail(in, DC_ECORRUPT, "its input has %u dims, not 4", (unsigned)x->n_dims);
    if (*side < 1 || *side > 0x10000)
        return onnx_fail(in, DC_ECORRUPT, "its blocksize is %lld", (long long)*side);
    *out = x;
    return DC_OK;
}

static dc_status put_blocks(onnx_in *in, const onnx_value *x, const onnx_dims *own,
                            const uint32_t *order, const uint64_t *dims)
{
    const uint64_t result[4] = { x->dims[0], dims[0], dims[1], dims[2] };
    uint32_t node = x->node;
    if (onnx_count(own->n, own->dims) != onnx_count(3, x->dims + 1))
        return onnx_fail(in, DC_ECORRUPT, "its blocksize does not divide its input's dims");
    DC_TRY(plan_order(&node, in, own, order));
    return onnx_set_value(in, 0, node, 4, result);
}

/* Channels, of which the blocks' places are the first (DCR) or the last (CRD). */
dc_status onnx_read_depth_to_space(onnx_in *in)
{
    static const uint32_t dcr[5] = { 2, 3, 0, 4, 1 }, crd[5] = { 0, 3, 1, 4, 2 };
    const onnx_value *x = NULL;
    int64_t side = 0;
    char mode[32];
    DC_TRY(blocks_of(&x, &side, in));
    DC_TRY(onnx_text_attr(mode, in->node, "mode", "DCR"));
    const bool is_dcr = strcmp(mode, "DCR") == 0;
    if (!is_dcr && strcmp(mode, "CRD") != 0)
        return onnx_fail(in, DC_EUNSUPPORTED, "its mode is '%s', which is not supported", mode);
    const uint64_t b = (uint64_t)side, c = x->dims[1] / (b * b), h = x->dims[2], w = x->dims[3];
    const uint64_t result[3] = { c, h * b, w * b };
    const onnx_dims own = { .n = 5, .dims = { is_dcr ? b : c, b, is_dcr ? c : b, h, w } };
    return put_blocks(in, x, &own, is_dcr ? dcr : crd, result);
}

dc_status onnx_read_space_to_depth(onnx_in *in)
{
    static const uint32_t order[5] = { 2, 4, 0, 1, 3 };
    const onnx_value *x = NULL;
    int64_t side = 0;
    DC_TRY(blocks_of(&x, &side, in));
    const uint64_t b = (uint64_t)side, c = x->dims[1], h = x->dims[2] / b, w = x->dims[3] / b;
    const uint64_t result[3] = { c * b * b, h, w };
    const onnx_dims own = { .n = 5, .dims = { c, h, b, w, b } };
    return put_blocks(in, x, &own, order, result);
}
