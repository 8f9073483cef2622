/* SPDX-License-Identifier: MIT
 *
 * Pad of pictures. Ours puts zeros around. Another number is added to those zeros, as a constant
 * that is 0 inside: inside nothing is rounded. The other modes repeat rows and columns of the
 * picture: a side at a time is turned to the front, where what is repeated is sliced out and put
 * before and behind by concat.
 */
#include "onnx_ops.h"

#include <math.h>
#include <string.h>

/* pads[2 * axis] before and pads[2 * axis + 1] behind each dim. */
static dc_status pads_of(int64_t pads[2 * ONNX_MAX_DIMS], const onnx_in *in, uint32_t n_dims)
{
    onnx_ints said, axes;
    bool is_there = false, has_axes = false;
    for (uint32_t i = 0; i < 2 * ONNX_MAX_DIMS; i++)
        pads[i] = 0;
    DC_TRY(onnx_need_ints(&said, &is_there, in, 1, "pads"));
    DC_TRY(onnx_need_ints(&axes, &has_axes, in, 3, NULL));
    const uint32_t n = has_axes ? axes.n : n_dims;
    if (said.n != 2 * n)
        return onnx_fail(in, DC_ECORRUPT, "%u pads for %u dims", (unsigned)said.n, (unsigned)n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t axis = 0;
        DC_TRY(onnx_axis(&axis, in, has_axes ? axes.items[i] : i, n_dims));
        pads[2 * axis] = said.items[i];
        pads[2 * axis + 1] = said.items[n + i];
    }
    return DC_OK;
}

/* ---- a number ---- */

/* A picture (1,H,W) of zeros in a frame of `number`, as float32. */
static dc_status frame_of(uint32_t *out, onnx_in *in, const dc_shape *inner,
                          const dc_shape *outer, const int64_t *pads, double number)
{
    onnx_array array;
    uint8_t *data = NULL;
    const uint64_t dims[3] = { 1, outer->dims[1], outer->dims[2] };
    DC_TRY(onnx_array_make(&array, &data, ONNX_FLOAT, 3, dims, &in->arena));
    for (int64_t row = 0; row < outer->dims[1]; row++)
        for (int64_t col = 0; col < outer->dims[2]; col++) {
            const bool is_inside = row >= pads[4] && row < pads[4] + inner->dims[1] &&
                                   col >= pads[6] && col < pads[6] + inner->dims[2];
            if (!is_inside)
                onnx_store_number(data, (uint64_t)(row * outer->dims[2] + col), ONNX_FLOAT,
                                  number);
        }
    return onnx_plan_array(out, in, &array, 3);
}

static dc_status plan_frame(uint32_t *node, onnx_in *in, uint32_t from, const dc_shape *shape,
                            const int64_t *pads, double number)
{
    double attrs[DC_N_ATTRS];
    uint32_t parts[2] = { 0 };
    dc_attrs_init(attrs, DC_OP_PAD);
    attrs[DC_ATTR_PAD_TOP] = (double)pads[4];
    attrs[DC_ATTR_PAD_BOTTOM] = (double)pads[5];
    attrs[DC_ATTR_PAD_LEFT] = (double)pads[6];
    attrs[DC_ATTR_PAD_RIGHT] = (double)pads[7];
    DC_TRY(onnx_plan(node, in, DC_OP_PAD, &from, 1, attrs, NULL));
    if (number == 0)
        return DC_OK;
    if (!(fabs(number) <= 3.4028234e38))
        return onnx_fail(in, DC_EUNSUPPORTED, "with %g, only numbers can be padded", number);
    const dc_shape outer = in->plan->nodes[*node].shape;
    parts[0] = *node;
    DC_TRY(frame_of(&parts[1], in, shape, &outer, pads, number));
    return onnx_plan_helper(node, in, DC_OP_ADD, parts, 2, NULL);
}

/* ---- rows and columns again ---- */

typedef enum pad_mode { CONSTANT, EDGE, REFLECT, WRAP } pad_mode;

/* The place of a side of n that is repeated at `at`, which is below 0 or from n on. */
static int64_t place_of(pad_mode mode, int64_t at, int64_t n)
{
    if (mode == EDGE)
        return at < 0 ? 0 : n - 1;
    if (mode == WRAP)
        return at < 0 ? at + n : at - n;
    return at < 0 ? -at : 2 * n - 2 - at;
}

/* (C,H,W) with dim `axis` as the first, or back again. */
static dc_status turn(uint32_t *node, onnx_in *in, uint32_t axis, bool is_back)
{
    static const double orders[2][2][3] = { { { 2, 1, 3 }, { 3, 1, 2 } },
                                            { { 2, 1, 3 }, { 2, 3, 1 } } };
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, DC_OP_TRANSPOSE);
    for (uint32_t i = 0; i < 3; i++)
        attrs[DC_ATTR_DIM_0 + i] = orders[is_back][axis - 1][i];
    return onnx_plan_helper(node, in, DC_OP_TRANSPOSE, node, 1, attrs);
}

static dc_status slice_of(uint32_t *out, onnx_in *in, uint32_t from, int64_t place)
{
    double attrs[DC_N_ATTRS];
    dc_attrs_init(attrs, DC_OP_SLICE);
    attrs[DC_ATTR_BEGIN] = (double)place;
    attrs[DC_ATTR_SIZE] = 1;
    return onnx_plan_helper(out, in, DC_OP_SLICE, &from, 1, attrs);
}

static dc_status repeat_side(uint32_t *node, onnx_in *in, pad_mode mode, uint32_t axis,
                             int64_t before, int64_t behind)
{
    const int64_t n = in->plan->nodes[*node].shape.dims[axis];
    const int64_t most = mode == EDGE ? INT32_MAX : mode == REFLECT ? n - 1 : n;
    if (before == 0 && behind == 0)
        return DC_OK;
    if (DC_MAX(before, behind) > DC_MIN(most, (int64_t)ONNX_MAX_REPEATS))
        return onnx_fail(in, DC_EUNSUPPORTED, "%lld of a side of %lld",
                         (long long)DC_MAX(before, behind), (long long)n);
    uint32_t *parts = dc_arena_take(&in->arena, (uint64_t)(before + behind + 1), sizeof *parts);
    DC_TRY(in->arena.status);
    DC_TRY(turn(node, in, axis, false));
    for (int64_t i = -before; i < n + behind; i += i == 0 ? n : 1) {
        const int64_t part = i < 0 ? i + before : i == 0 ? before : before + 1 + i - n;
        parts[part] = *node;
        if (i != 0)
            DC_TRY(slice_of(&parts[part], in, *node, place_of(mode, i, n)));
    }
    DC_TRY(onnx_plan_helper(node, in, DC_OP_CONCAT, parts, (uint32_t)(before + behind + 1), NULL));
    return turn(node, in, axis, true);
}

/* ---- the op ---- */

static dc_status mode_of(pad_mode *out, const onnx_in *in)
{
    static const char *const names[] = { "constant", "edge", "reflect", "wrap" };
    char mode[32];
    DC_TRY(onnx_text_attr(mode, in->node, "mode", "constant"));
    for (uint32_t i = 0; i < DC_COUNT_OF(names); i++)
        if (strcmp(mode, names[i]) == 0) {
            *out = (pad_mode)i;
            return DC_OK;
        }
    return onnx_fail(in, DC_EUNSUPPORTED, "its mode is '%s', which is not supported", mode);
}

dc_status onnx_read_pad(onnx_in *in)
{
    onnx_value *x = NULL;
    int64_t pads[2 * ONNX_MAX_DIMS];
    pad_mode mode = CONSTANT;
    double number = 0;
    dc_shape shape;
    uint32_t node = 0;
    bool is_any = false;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(mode_of(&mode, in));
    DC_TRY(onnx_node_number(&number, in, 2, "value", 0));
    DC_TRY(pads_of(pads, in, x->n_dims));
    for (uint32_t i = 0; i < 2 * x->n_dims; i++) {
        is_any = is_any || pads[i] != 0;
        if (pads[i] < 0 || (pads[i] != 0 && (x->n_dims != 4 || x->n_batch != 1 || i < 4)))
            return onnx_fail(in, DC_EUNSUPPORTED, "only pictures can be padded, around them");
    }
    if (!is_any)
        return onnx_set_value(in, 0, x->node, x->n_dims, x->dims);
    DC_TRY(onnx_own_shape(&shape, in, x));
    DC_TRY(onnx_shaped(&node, in, x, &shape));
    if (mode == CONSTANT) {
        DC_TRY(plan_frame(&node, in, node, &shape, pads, number));
    } else {
        DC_TRY(repeat_side(&node, in, mode, 1, pads[4], pads[5]));
        DC_TRY(repeat_side(&node, in, mode, 2, pads[6], pads[7]));
    }
    return onnx_set_node(in, 0, node);
}
