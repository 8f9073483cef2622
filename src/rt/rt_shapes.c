/* SPDX-License-Identifier: MIT
 *
 * What the file does not say because it follows from the graph: shapes of values and of parameters
 * (docs/ops.md). All arithmetic is of 64 bits on numbers below 2^32, and every tensor is held to
 * RT_MAX_VALUES, so that sizes, places and indices fit in 32 bits ever after.
 */
#include "rt_internal.h"

RT_OWN dc_rt_status rt_shape_set(rt_node *node, uint32_t n_dims, const uint64_t *dims, uint32_t i,
                                 dc_rt_fault *fault)
{
    uint64_t n = 1;
    node->n_dims = (uint8_t)n_dims;
    for (uint32_t d = 0; d < 4; d++) {
        const uint64_t dim = d < n_dims ? dims[d] : 1;
        if (dim == 0)
            return rt_refuse(fault, DC_RT_ECORRUPT, "a dim is 0", i, d);
        if (dim > RT_MAX_VALUES / n)
            return rt_refuse(fault, DC_RT_ELIMIT, "more than 2^28 values", i, d);
        n *= dim;
        node->dims[d] = (uint32_t)dim;
    }
    node->n_values = (uint32_t)n;
    return DC_RT_OK;
}

RT_OWN dc_rt_status rt_same_set(rt_node *node, const rt_node *in)
{
    memcpy(node->dims, in->dims, sizeof node->dims);
    node->n_dims = in->n_dims;
    node->n_values = in->n_values;
    return DC_RT_OK;
}

RT_OWN dc_rt_status rt_shape_wrong(uint32_t i, dc_rt_fault *fault)
{
    return rt_refuse(fault, DC_RT_ECORRUPT, "the input's shape is not for this op", i, 0);
}

RT_OWN dc_rt_status rt_param_set(dc_rt *m, uint32_t param, uint64_t n_rows, uint64_t n_cols,
                                 uint32_t i, dc_rt_fault *fault)
{
    rt_param *p = &rt_params_to_fill(m)[param];
    if (n_rows > RT_MAX_VALUES || n_cols > RT_MAX_VALUES / n_rows)
        return rt_refuse(fault, DC_RT_ELIMIT, "more than 2^28 weights", i, 0);
    p->n_rows = (uint32_t)n_rows;
    p->n_cols = (uint32_t)n_cols;
    return DC_RT_OK;
}

static dc_rt_status matrix_params_set(dc_rt *m, uint32_t i, uint64_t n_rows, uint64_t n_cols,
                                      dc_rt_fault *fault)
{
    const uint32_t first = rt_nodes(m)[i].param;
    RT_TRY(rt_param_set(m, first, n_rows, n_cols, i, fault));
    return rt_whole(m, i, RT_BIAS) != 0 ? rt_param_set(m, first + 1, n_rows, 1, i, fault)
                                        : DC_RT_OK;
}

/* ---- windows --------------------------------------------------------------------------------- */

RT_OWN rt_window rt_window_of(const dc_rt *m, uint32_t node)
{
    const rt_node *out = &rt_nodes(m)[node], *in = &rt_nodes(m)[rt_input_of(m, node, 0)];
    rt_window w;
    w.kernel_h = rt_whole(m, node, RT_KERNEL_H), w.kernel_w = rt_whole(m, node, RT_KERNEL_W);
    w.stride_h = rt_whole(m, node, RT_STRIDE_H), w.stride_w = rt_whole(m, node, RT_STRIDE_W);
    w.pad_top = rt_whole(m, node, RT_PAD_TOP), w.pad_left = rt_whole(m, node, RT_PAD_LEFT);
    w.dilation_h = w.dilation_w = 1;
    if (out->op == RT_OP_CONV) {
        w.dilation_h = rt_whole(m, node, RT_DILATION_H);
        w.dilation_w = rt_whole(m, node, RT_DILATION_W);
    }
    w.height = in->dims[1], w.width = in->dims[2];
    w.out_height = out->dims[1], w.out_width = out->dims[2];
    return w;
}

/* The result's pixels of a side of n, or 0. */
static uint64_t side_slide(const dc_rt *m, uint32_t i, uint64_t n, uint32_t axis, uint64_t dilation,
                           bool is_ceil)
{
    const uint64_t kernel = rt_whole(m, i, RT_KERNEL_H + axis);
    const uint64_t stride = rt_whole(m, i, RT_STRIDE_H + axis);
    const uint64_t before = rt_whole(m, i, RT_PAD_TOP + axis);
    const uint64_t padded = n + before + rt_whole(m, i, RT_PAD_BOTTOM + axis);
    const uint64_t reach = dilation * (kernel - 1) + 1;
    if (reach > padded)
        return 0;
    uint64_t out = (padded - reach + (is_ceil ? stride - 1 : 0)) / stride + 1;
    if (is_ceil && (out - 1) * stride >= n + before)
        out--;
    return out;
}

static dc_rt_status conv_infer(dc_rt *m, uint32_t i, const rt_node *in, dc_rt_fault *fault)
{
    const uint64_t n_outputs = rt_whole(m, i, RT_N_OUTPUTS), groups = rt_whole(m, i, RT_GROUPS);
    const uint64_t area = (uint64_t)rt_whole(m, i, RT_KERNEL_H) * rt_whole(m, i, RT_KERNEL_W);
    if (in->n_dims != 3 || n_outputs == 0 || in->dims[0] % groups != 0 || n_outputs % groups != 0)
        return rt_shape_wrong(i, fault);
    uint64_t dims[3];
    dims[0] = n_outputs;
    dims[1] = side_slide(m, i, in->dims[1], 0, rt_whole(m, i, RT_DILATION_H), false);
    dims[2] = side_slide(m, i, in->dims[2], 1, rt_whole(m, i, RT_DILATION_W), false);
    RT_TRY(rt_shape_set(&rt_nodes_to_fill(m)[i], 3, dims, i, fault));
    if (area > RT_MAX_VALUES)
        return rt_refuse(fault, DC_RT_ELIMIT, "more than 2^28 weights", i, 0);
    return matrix_params_set(m, i, n_outputs, in->dims[0] / groups * area, fault);
}

static dc_rt_status linear_infer(dc_rt *m, uint32_t i, const rt_node *in, dc_rt_fault *fault)
{
    const uint32_t axis = rt_whole(m, i, RT_AXIS);
    uint64_t dims[4], n_inputs = in->n_values;
    if (axis >= in->n_dims)
        return rt_shape_wrong(i, fault);
    for (uint32_t d = 0; d < axis; d++) {
        dims[d] = in->dims[d];
        n_inputs /= in->dims[d];
    }
    dims[axis] = rt_whole(m, i, RT_N_OUTPUTS);
    RT_TRY(rt_shape_set(&rt_nodes_to_fill(m)[i], axis + 1, dims, i, fault));
    return matrix_params_set(m, i, dims[axis], n_inputs, fault);
}

static dc_rt_status pool_infer(dc_rt *m, uint32_t i, const rt_node *in, dc_rt_fault *fault)
{
    const bool is_ceil = rt_whole(m, i, RT_CEIL_MODE) != 0;
    if (in->n_dims != 3)
        return rt_shape_wrong(i, fault);
    for (uint32_t side = 0; side < 4; side++)
        if (rt_whole(m, i, RT_PAD_TOP + side) >= rt_whole(m, i, RT_KERNEL_H + side % 2))
            return rt_refuse(fault, DC_RT_ECORRUPT, "attribute is out of range", i,
                             RT_PAD_TOP + side);
    uint64_t dims[3];
    dims[0] = in->dims[0];
    dims[1] = side_slide(m, i, in->dims[1], 0, 1, is_ceil);
    dims[2] = side_slide(m, i, in->dims[2], 1, 1, is_ceil);
    return rt_shape_set(&rt_nodes_to_fill(m)[i], 3, dims, i, fault);
}

/* ---- others ---------------------------------------------------------------------------------- */

static dc_rt_status norm_infer(dc_rt *m, uint32_t i, const rt_node *in, dc_rt_fault *fault)
{
    if (in->n_dims != 1 && in->n_dims != 3)
        return rt_shape_wrong(i, fault);
    for (uint32_t p = 0; p < 4; p++)
        RT_TRY(rt_param_set(m, rt_nodes(m)[i].param + p, in->dims[0], 1, i, fault));
    return rt_same_set(&rt_nodes_to_fill(m)[i], in);
}

static dc_rt_status reshape_infer(dc_rt *m, uint32_t i, const rt_node *in, dc_rt_fault *fault)
{
    uint64_t dims[4];
    uint32_t n_dims = 0;
    for (uint32_t d = 0; d < 4; d++) {
        const uint32_t dim = rt_whole(m, i, RT_DIM_0 + d);
        if (dim != 0 && n_dims < d)
            return rt_shape_wrong(i, fault);
        if (dim != 0)
            dims[n_dims++] = dim;
    }
    if (n_dims == 0)
        return rt_shape_wrong(i, fault);
    RT_TRY(rt_shape_set(&rt_nodes_to_fill(m)[i], n_dims, dims, i, fault));
    return rt_nodes(m)[i].n_values == in->n_values ? DC_RT_OK : rt_shape_wrong(i, fault);
}

static dc_rt_status concat_infer(dc_rt *m, uint32_t i, const rt_node *in, dc_rt_fault *fault)
{
    uint64_t dims[4] = { 0, in->dims[1], in->dims[2], in->dims[3] };
    if (in->n_dims != 1 && in->n_dims != 3)
        return rt_shape_wrong(i, fault);
    for (uint32_t k = 0; k < rt_n_inputs(m, i); k++) {
        const rt_node *other = &rt_nodes(m)[rt_input_of(m, i, k)];
        if (other->n_dims != in->n_dims || other->dims[1] != in->dims[1] ||
            other->dims[2] != in->dims[2])
            return rt_shape_wrong(i, fault);
        dims[0] += other->dims[0];
    }
    return rt_shape_set(&rt_nodes_to_fill(m)[i], in->n_dims, dims, i, fault);
}

/* Of add and mul: each dim is the inputs', or 1. */
static dc_rt_status broadcast_infer(dc_rt *m, uint32_t i, const rt_node *in, dc_rt_fault *fault)
{
    uint64_t dims[4] = { 1, 1, 1, 1 };
    for (uint32_t k = 0; k < rt_n_inputs(m, i); k++) {
        const rt_node *other = &rt_nodes(m)[rt_input_of(m, i, k)];
        for (uint32_t d = 0; d < 4; d++) {
            if (other->dims[d] != 1 && dims[d] != 1 && dims[d] != other->dims[d])
                return rt_shape_wrong(i, fault);
            dims[d] = other->dims[d] != 1 ? other->dims[d] : dims[d];
        }
        if (other->n_dims != in->n_dims)
            return rt_shape_wrong(i, fault);
    }
    return rt_shape_set(&rt_nodes_to_fill(m)[i], in->n_dims, dims, i, fault);
}

static dc_rt_status softmax_infer(dc_rt *m, uint32_t i, const rt_node *in, dc_rt_fault *fault)
{
    if (in->n_dims > 3 || rt_whole(m, i, RT_AXIS) >= in->n_dims)
        return rt_shape_wrong(i, fault);
    return rt_same_set(&rt_nodes_to_fill(m)[i], in);
}

static dc_rt_status global_infer(dc_rt *m, uint32_t i, const rt_node *in, dc_rt_fault *fault)
{
    const uint64_t dims[1] = { in->dims[0] };
    return in->n_dims == 3 ? rt_shape_set(&rt_nodes_to_fill(m)[i], 1, dims, i, fault)
                           : rt_shape_wrong(i, fault);
}

static dc_rt_status flatten_infer(dc_rt *m, uint32_t i, const rt_node *in, dc_rt_fault *fault)
{
    const uint64_t dims[1] = { in->n_values };
    return rt_shape_set(&rt_nodes_to_fill(m)[i], 1, dims, i, fault);
}

static dc_rt_status clip_infer(dc_rt *m, uint32_t i, const rt_node *in, dc_rt_fault *fault)
{
    if (rt_attr(m, i, RT_MAX) < rt_attr(m, i, RT_MIN))
        return rt_refuse(fault, DC_RT_ECORRUPT, "attribute is out of range", i, RT_MAX);
    return rt_same_set(&rt_nodes_to_fill(m)[i], in);
}

RT_OWN dc_rt_status rt_input_infer(dc_rt *m, dc_rt_fault *fault)
{
    rt_node *input = rt_nodes_to_fill(m);
    uint64_t dims[4];
    for (uint32_t d = 0; d < 4; d++)
        dims[d] = input->dims[d];
    return rt_shape_set(input, input->n_dims, dims, 0, fault);
}

RT_OWN dc_rt_status rt_plain_infer(dc_rt *m, uint32_t i, dc_rt_fault *fault)
{
    const rt_node *in = &rt_nodes(m)[rt_input_of(m, i, 0)];
    switch (rt_nodes(m)[i].op) {
    case RT_OP_CONV: return conv_infer(m, i, in, fault);
    case RT_OP_LINEAR: return linear_infer(m, i, in, fault);
    case RT_OP_MAX_POOL:
    case RT_OP_AVERAGE_POOL: return pool_infer(m, i, in, fault);
    case RT_OP_GLOBAL_POOL: return global_infer(m, i, in, fault);
    case RT_OP_BATCH_NORM: return norm_infer(m, i, in, fault);
    case RT_OP_SOFTMAX: return softmax_infer(m, i, in, fault);
    case RT_OP_CONCAT: return concat_infer(m, i, in, fault);
    case RT_OP_ADD:
    case RT_OP_MUL: return broadcast_infer(m, i, in, fault);
    case RT_OP_CLIP: return clip_infer(m, i, in, fault);
    case RT_OP_FLATTEN: return flatten_infer(m, i, in, fault);
    case RT_OP_RESHAPE: return reshape_infer(m, i, in, fault);
    default: return rt_same_set(&rt_nodes_to_fill(m)[i], in);
    }
}
