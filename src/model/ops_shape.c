/* SPDX-License-Identifier: MIT
 *
 * What takes values apart, puts them together, or gives them other dims; the input, constants, and
 * dropout, which does nothing in prediction. All shapes are per sample: the batch is no dim that an
 * op could touch.
 */
#include "op_rows.h"

/* The dims that are given: those before the first 0. */
static dc_status dims_of(dc_shape *out, const dc_node *node)
{
    *out = (dc_shape){0};
    for (uint32_t i = 0; i < DC_MAX_DIMS; i++) {
        const uint32_t dim = dc_node_whole(node, DC_ATTR_DIM_0 + i);
        if (dim != 0 && out->n_dims < i)
            return dc_fail(DC_EINPUT, "'dim_%u' is given, 'dim_%u' before it is not",
                           (unsigned)i, (unsigned)out->n_dims);
        if (dim != 0)
            out->dims[out->n_dims++] = dim;
    }
    if (out->n_dims == 0)
        return dc_fail(DC_EINPUT, "its 'dims' are missing");
    return DC_OK;
}

static dc_status input_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    (void)param_shapes, (void)inputs;
    return node->shape.n_dims == 2 ? DC_OK : dc_need_channels(&node->shape); /* a sequence */
}

const dc_op_kind dc_op_kind_input = { .op = DC_OP_INPUT, .name = "input", .infer = input_infer };

static dc_status constant_infer(dc_node *node, dc_shape *param_shapes,
                                const dc_shape *const *inputs)
{
    (void)inputs;
    DC_TRY(dims_of(&node->shape, node));
    param_shapes[0] = node->shape;
    return DC_OK;
}

static const dc_role values[] = { DC_ROLE_VALUE };
static const dc_attr_rule dims[] = { DC_DIM_ROWS };

const dc_op_kind dc_op_kind_constant = { .op = DC_OP_CONSTANT, .name = "constant",
                                         DC_PARAMS(values), DC_ATTRS(dims),
                                         .infer = constant_infer };

/* ---- views ----------------------------------------------------------------------------------- */

static const dc_attr_rule dropout_attrs[] = { DC_REAL(RATIO, 21, 0.5, 0, 1 - 1e-6) };

const dc_op_kind dc_op_kind_dropout = {
    .op = DC_OP_DROPOUT, .name = "dropout", DC_ONE_INPUT, DC_ATTRS(dropout_attrs),
    .infer = dc_infer_same, .constant = dc_constant_same, .traits = DC_VIEW | DC_SELECTS
};

static dc_status flatten_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    (void)param_shapes;
    const uint64_t n = dc_shape_count(inputs[0]);
    if (n > UINT32_MAX)
        return dc_fail(DC_EINPUT, "%llu inputs are too many", (unsigned long long)n);
    node->shape = dc_shape_of(1, (uint32_t)n, 0, 0, 0);
    return DC_OK;
}

const dc_op_kind dc_op_kind_flatten = {
    .op = DC_OP_FLATTEN, .name = "flatten", DC_ONE_INPUT, .infer = flatten_infer,
    .constant = dc_constant_same, .traits = DC_VIEW | DC_SELECTS
};

static dc_status reshape_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    (void)param_shapes;
    DC_TRY(dims_of(&node->shape, node));
    if (dc_shape_count(&node->shape) != dc_shape_count(inputs[0]))
        return dc_fail(DC_EINPUT, "cannot give %llu values the shape of %llu",
                       (unsigned long long)dc_shape_count(inputs[0]),
                       (unsigned long long)dc_shape_count(&node->shape));
    return DC_OK;
}

const dc_op_kind dc_op_kind_reshape = {
    .op = DC_OP_RESHAPE, .name = "reshape", DC_ONE_INPUT, DC_ATTRS(dims), .infer = reshape_infer,
    .traits = DC_VIEW | DC_SELECTS
};

/* ---- apart and together ---------------------------------------------------------------------- */

static dc_status concat_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    (void)param_shapes;
    DC_TRY(dc_need_channels(inputs[0]));
    dc_shape sum = *inputs[0];
    for (uint32_t i = 1; i < node->n_inputs; i++) {
        dc_shape other = *inputs[i];
        const uint64_t n_channels = (uint64_t)sum.dims[0] + other.dims[0];
        other.dims[0] = sum.dims[0];
        if (!dc_shape_equal(&sum, &other))
            return dc_fail(DC_EINPUT, "inputs 0 and %u differ in more than channels", (unsigned)i);
        if (n_channels > UINT32_MAX)
            return dc_fail(DC_EINPUT, "its result is too large");
        sum.dims[0] = (uint32_t)n_channels;
    }
    node->shape = sum;
    return DC_OK;
}

const dc_op_kind dc_op_kind_concat = {
    .op = DC_OP_CONCAT, .name = "concat", .min_inputs = 1, .max_inputs = DC_MAX_NODES,
    .infer = concat_infer, .traits = DC_VIEW_OF_ALL
};

static dc_status slice_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    uint32_t axis = 0;
    const uint32_t size = dc_node_whole(node, DC_ATTR_SIZE);
    const int64_t step = (int64_t)dc_node_number(node, DC_ATTR_STEP);
    const int64_t begin = dc_node_whole(node, DC_ATTR_BEGIN), last = begin + (size - 1) * step;
    DC_TRY(dc_need_axis(&axis, node, inputs[0]));
    if (step == 0)
        return dc_fail(DC_EINPUT, "'step' is 0");
    if (last < 0)
        return dc_fail(DC_EINPUT, "places from %lld down to %lld", (long long)begin,
                       (long long)last);
    if (DC_MAX(begin, last) >= inputs[0]->dims[axis])
        return dc_fail(DC_EINPUT, "places up to %lld of a dim of %u",
                       (long long)DC_MAX(begin, last) + 1, (unsigned)inputs[0]->dims[axis]);
    dc_infer_same(node, param_shapes, inputs);
    node->shape.dims[axis] = size;
    return DC_OK;
}

static const dc_attr_rule slice_attrs[] = { DC_WHOLE(SIZE, 15, 5, 1, DC_MAX_WIDTH), DC_AXIS_ROW,
                                            DC_WHOLE(BEGIN, 26, 0, 0, DC_MAX_WIDTH),
                                            DC_WHOLE(STEP, 27, 1, -DC_MAX_WIDTH, DC_MAX_WIDTH) };

const dc_op_kind dc_op_kind_slice = {
    .op = DC_OP_SLICE, .name = "slice", DC_ONE_INPUT, DC_ATTRS(slice_attrs), .infer = slice_infer,
    .traits = DC_SELECTS | DC_VIEW_OF_ALL
};

/* dims[i] - 1 is the input's dim that becomes dim i: 0 is kept for "absent". */
static dc_status transpose_infer(dc_node *node, dc_shape *param_shapes,
                                 const dc_shape *const *inputs)
{
    dc_shape order;
    uint32_t seen = 0;
    DC_TRY(dims_of(&order, node));
    dc_infer_same(node, param_shapes, inputs);
    for (uint32_t i = 0; i < order.n_dims; i++) {
        if (order.dims[i] <= inputs[0]->n_dims) {
            seen |= 1u << (order.dims[i] - 1);
            node->shape.dims[i] = inputs[0]->dims[order.dims[i] - 1];
        }
    }
    if (order.n_dims != inputs[0]->n_dims || seen != (1u << order.n_dims) - 1)
        return dc_fail(DC_EINPUT, "'dims' are no order of its input's %u dims",
                       (unsigned)inputs[0]->n_dims);
    return DC_OK;
}

const dc_op_kind dc_op_kind_transpose = {
    .op = DC_OP_TRANSPOSE, .name = "transpose", DC_ONE_INPUT, DC_ATTRS(dims),
    .infer = transpose_infer, .traits = DC_SELECTS
};

static dc_status pad_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    if (inputs[0]->n_dims != 3)
        return dc_fail(DC_EINPUT, "needs an input of 3 dims, has one of %u",
                       (unsigned)inputs[0]->n_dims);
    dc_infer_same(node, param_shapes, inputs);
    for (uint32_t axis = 0; axis < 2; axis++) {
        const uint64_t n = (uint64_t)inputs[0]->dims[1 + axis] +
                           dc_node_whole(node, DC_ATTR_PAD_TOP + axis) +
                           dc_node_whole(node, DC_ATTR_PAD_BOTTOM + axis);
        if (n > UINT32_MAX)
            return dc_fail(DC_EINPUT, "its result is too large");
        node->shape.dims[1 + axis] = (uint32_t)n;
    }
    return DC_OK;
}

static const dc_attr_rule pad_attrs[] = { DC_PAD_ROWS };

const dc_op_kind dc_op_kind_pad = {
    .op = DC_OP_PAD, .name = "pad", DC_ONE_INPUT, DC_ATTRS(pad_attrs), .infer = pad_infer,
    .constant = dc_constant_padded, .traits = DC_SELECTS | DC_VIEW_OF_ALL
};

static dc_status resize_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    (void)param_shapes;
    DC_TRY(dc_need_dims(inputs[0], 3));
    node->shape = dc_shape_of(3, inputs[0]->dims[0], dc_node_whole(node, DC_ATTR_HEIGHT),
                              dc_node_whole(node, DC_ATTR_WIDTH), 0);
    return DC_OK;
}

static const dc_attr_rule resize_attrs[] = {
    DC_SIDE(HEIGHT, 0, 1, 1), DC_SIDE(WIDTH, 1, 1, 1), DC_SWITCH(LINEAR, 2, 0),
    DC_WHOLE(PLACES, 3, 0, 0, DC_PLACES_PYTORCH), DC_WHOLE(ROUNDING, 4, 0, 0, DC_ROUND_UP),
    DC_REAL(SCALE_H, 5, 0, 0, DC_MAX_SIDE), DC_REAL(SCALE_W, 6, 0, 0, DC_MAX_SIDE)
};

const dc_op_kind dc_op_kind_resize = {
    .op = DC_OP_RESIZE, .name = "resize", DC_ONE_INPUT, DC_ATTRS(resize_attrs),
    .infer = resize_infer, .constant = dc_constant_same
};
