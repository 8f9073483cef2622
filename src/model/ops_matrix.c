/* SPDX-License-Identifier: MIT
 *
 * Ops that multiply by a matrix of weights: conv, linear, conv_transpose. A convolution's weights
 * are (K, C/groups, R, S), a linear layer's (K, C) for each place in the dims before "axis", those
 * of a transposed convolution (C, K/groups, R, S).
 */
#include "op_rows.h"

static const dc_role weights[] = { DC_ROLE_WEIGHT, DC_ROLE_BIAS };

static void weight_shapes(dc_shape *param_shapes, const dc_node *node, dc_shape weight)
{
    param_shapes[0] = weight;
    if (dc_node_whole(node, DC_ATTR_BIAS))
        param_shapes[1] = dc_shape_of(1, weight.dims[0], 0, 0, 0);
}

static dc_status conv_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    DC_TRY(dc_need_dims(inputs[0], 3));
    const uint32_t *in = inputs[0]->dims;
    const uint32_t n_outputs = dc_node_whole(node, DC_ATTR_N_OUTPUTS);
    const uint32_t n_groups = dc_node_whole(node, DC_ATTR_GROUPS);
    if (in[0] % n_groups != 0 || n_outputs % n_groups != 0)
        return dc_fail(DC_EINPUT, "%u groups do not divide %u inputs and %u outputs",
                       (unsigned)n_groups, (unsigned)in[0], (unsigned)n_outputs);
    uint32_t height = 0, width = 0;
    DC_TRY(dc_slide(&height, node, in[1], 0, dc_node_whole(node, DC_ATTR_DILATION_H), false));
    DC_TRY(dc_slide(&width, node, in[2], 1, dc_node_whole(node, DC_ATTR_DILATION_W), false));
    weight_shapes(param_shapes, node,
                  dc_shape_of(4, n_outputs, in[0] / n_groups, dc_node_whole(node, DC_ATTR_KERNEL_H),
                              dc_node_whole(node, DC_ATTR_KERNEL_W)));
    node->shape = dc_shape_of(3, n_outputs, height, width, 0);
    return DC_OK;
}

static const dc_attr_rule conv_attrs[] = {
    DC_WHOLE(N_OUTPUTS, 0, 0, 1, DC_MAX_WIDTH), DC_KERNEL_ROWS, DC_PAD_ROWS,
    DC_SIDE(DILATION_H, 9, 1, 1), DC_SIDE(DILATION_W, 10, 1, 1),
    DC_WHOLE(GROUPS, 11, 1, 1, DC_MAX_WIDTH), DC_SWITCH(BIAS, 12, 1)
};

const dc_op_kind dc_op_kind_conv = { .op = DC_OP_CONV, .name = "conv", DC_ONE_INPUT,
                                     DC_PARAMS(weights), DC_ATTRS(conv_attrs),
                                     .infer = conv_infer, .traits = DC_MATRIX };

/* What is weighted and added up is each input's, the other way round than in a convolution: its
 * weights' rows are inputs, so it is no matrix of outputs by inputs. */
static dc_status turned_side(uint32_t *out, const dc_node *node, uint32_t n_pixels, uint32_t axis)
{
    const int64_t kernel = dc_node_whole(node, DC_ATTR_KERNEL_H + axis);
    const int64_t stride = dc_node_whole(node, DC_ATTR_STRIDE_H + axis);
    const int64_t dilation = dc_node_whole(node, DC_ATTR_DILATION_H + axis);
    const int64_t pads = (int64_t)dc_node_whole(node, DC_ATTR_PAD_TOP + axis) +
                         dc_node_whole(node, DC_ATTR_PAD_BOTTOM + axis);
    const int64_t n = ((int64_t)n_pixels - 1) * stride + dilation * (kernel - 1) + 1 - pads +
                      dc_node_whole(node, DC_ATTR_OUTPUT_PAD_H + axis);
    if (n < 1 || n > UINT32_MAX)
        return dc_fail(DC_EINPUT, n < 1 ? "its pads leave nothing" : "its result is too large");
    *out = (uint32_t)n;
    return DC_OK;
}

static dc_status conv_transpose_infer(dc_node *node, dc_shape *param_shapes,
                                      const dc_shape *const *inputs)
{
    DC_TRY(dc_need_dims(inputs[0], 3));
    const uint32_t *in = inputs[0]->dims;
    const uint32_t n_outputs = dc_node_whole(node, DC_ATTR_N_OUTPUTS);
    const uint32_t n_groups = dc_node_whole(node, DC_ATTR_GROUPS);
    uint32_t height = 0, width = 0;
    if (in[0] % n_groups != 0 || n_outputs % n_groups != 0)
        return dc_fail(DC_EINPUT, "%u groups do not divide %u inputs and %u outputs",
                       (unsigned)n_groups, (unsigned)in[0], (unsigned)n_outputs);
    DC_TRY(turned_side(&height, node, in[1], 0));
    DC_TRY(turned_side(&width, node, in[2], 1));
    param_shapes[0] = dc_shape_of(4, in[0], n_outputs / n_groups,
                                  dc_node_whole(node, DC_ATTR_KERNEL_H),
                                  dc_node_whole(node, DC_ATTR_KERNEL_W));
    if (dc_node_whole(node, DC_ATTR_BIAS))
        param_shapes[1] = dc_shape_of(1, n_outputs, 0, 0, 0);
    node->shape = dc_shape_of(3, n_outputs, height, width, 0);
    return DC_OK;
}

static const dc_attr_rule conv_transpose_attrs[] = {
    DC_WHOLE(N_OUTPUTS, 0, 0, 1, DC_MAX_WIDTH), DC_KERNEL_ROWS, DC_PAD_ROWS,
    DC_SIDE(DILATION_H, 9, 1, 1), DC_SIDE(DILATION_W, 10, 1, 1),
    DC_WHOLE(GROUPS, 11, 1, 1, DC_MAX_WIDTH), DC_SWITCH(BIAS, 12, 1),
    DC_SIDE(OUTPUT_PAD_H, 13, 0, 0), DC_SIDE(OUTPUT_PAD_W, 14, 0, 0)
};

const dc_op_kind dc_op_kind_conv_transpose = {
    .op = DC_OP_CONV_TRANSPOSE, .name = "conv_transpose", DC_ONE_INPUT, DC_PARAMS(weights),
    DC_ATTRS(conv_transpose_attrs), .infer = conv_transpose_infer
};

static dc_status linear_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    const uint32_t n_outputs = dc_node_whole(node, DC_ATTR_N_OUTPUTS);
    uint64_t n_inputs = dc_shape_count(inputs[0]);
    uint32_t axis = 0;
    DC_TRY(dc_need_axis(&axis, node, inputs[0]));
    node->shape = (dc_shape){.n_dims = axis + 1};
    for (uint32_t i = 0; i < axis; i++) { /* one vector for each place in the dims before */
        node->shape.dims[i] = inputs[0]->dims[i];
        n_inputs /= inputs[0]->dims[i];
    }
    node->shape.dims[axis] = n_outputs;
    if (n_inputs > UINT32_MAX)
        return dc_fail(DC_EINPUT, "%llu inputs are too many", (unsigned long long)n_inputs);
    weight_shapes(param_shapes, node, dc_shape_of(2, n_outputs, (uint32_t)n_inputs, 0, 0));
    return DC_OK;
}

static const dc_attr_rule linear_attrs[] = { DC_WHOLE(N_OUTPUTS, 0, 0, 1, DC_MAX_WIDTH),
                                             DC_SWITCH(BIAS, 12, 1), DC_AXIS_ROW };

const dc_op_kind dc_op_kind_linear = { .op = DC_OP_LINEAR, .name = "linear", DC_ONE_INPUT,
                                       DC_PARAMS(weights), DC_ATTRS(linear_attrs),
                                       .infer = linear_infer, .traits = DC_MATRIX };
