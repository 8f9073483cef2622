/* SPDX-License-Identifier: MIT
 *
 * Shape rules of what takes values apart, puts them together, or gives them other dims. All shapes
 * are per sample: the batch is no dim that an op could touch.
 */
#include "op_infer.h"

static uint32_t whole(const dc_node *node, uint32_t attr)
{
    return (uint32_t)node->attrs[attr];
}

/* The dims that were said: those before the first 0. */
static dc_status said_dims(dc_shape *out, const dc_node *node)
{
    *out = (dc_shape){0};
    for (uint32_t i = 0; i < DC_MAX_DIMS; i++) {
        const uint32_t dim = whole(node, DC_ATTR_DIM_0 + i);
        if (dim != 0 && out->n_dims < i)
            return dc_fail(DC_EINPUT, "\"dim_%u\" is said, \"dim_%u\" before it is not",
                           (unsigned)i, (unsigned)out->n_dims);
        if (dim != 0)
            out->dims[out->n_dims++] = dim;
    }
    if (out->n_dims == 0)
        return dc_fail(DC_EINPUT, "its \"dims\" are missing");
    return DC_OK;
}

dc_status dc_infer_clip(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    if (node->attrs[DC_ATTR_MIN] > node->attrs[DC_ATTR_MAX])
        return dc_fail(DC_EINPUT, "\"min\" is %g, over \"max\" %g", node->attrs[DC_ATTR_MIN],
                       node->attrs[DC_ATTR_MAX]);
    return dc_infer_same(node, param_shapes, inputs);
}

dc_status dc_infer_prelu(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    param_shapes[0] = dc_shape_of(1, inputs[0]->dims[0], 0, 0, 0);
    return dc_infer_same(node, param_shapes, inputs);
}

/* As NumPy, but that all have equally many dims: a dim of 1 is as wide as the others'. */
dc_status dc_infer_broadcast(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    dc_shape wide = *inputs[0];
    for (uint32_t i = 1; i < node->n_inputs; i++) {
        bool fits = inputs[i]->n_dims == wide.n_dims;
        for (uint32_t d = 0; fits && d < wide.n_dims; d++) {
            const uint32_t dim = inputs[i]->dims[d];
            fits = dim == wide.dims[d] || dim == 1 || wide.dims[d] == 1;
            if (dim != 1)
                wide.dims[d] = dim;
        }
        if (!fits)
            return dc_fail(DC_EINPUT, "inputs 0 and %u differ in shape", (unsigned)i);
    }
    const dc_shape *const widest = &wide;
    return dc_infer_same(node, param_shapes, &widest);
}

dc_status dc_infer_slice(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    const uint32_t axis = whole(node, DC_ATTR_AXIS), size = whole(node, DC_ATTR_SIZE);
    const uint64_t end = (uint64_t)whole(node, DC_ATTR_BEGIN) + size;
    if (axis >= inputs[0]->n_dims)
        return dc_fail(DC_EINPUT, "\"axis\" is %u, its input has %u dims", (unsigned)axis,
                       (unsigned)inputs[0]->n_dims);
    if (end > inputs[0]->dims[axis])
        return dc_fail(DC_EINPUT, "places up to %llu of a dim of %u", (unsigned long long)end,
                       (unsigned)inputs[0]->dims[axis]);
    dc_infer_same(node, param_shapes, inputs);
    node->shape.dims[axis] = size;
    return DC_OK;
}

dc_status dc_infer_reshape(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    (void)param_shapes;
    DC_TRY(said_dims(&node->shape, node));
    if (dc_shape_count(&node->shape) != dc_shape_count(inputs[0]))
        return dc_fail(DC_EINPUT, "cannot give %llu values the shape of %llu",
                       (unsigned long long)dc_shape_count(inputs[0]),
                       (unsigned long long)dc_shape_count(&node->shape));
    return DC_OK;
}

/* dims[i] - 1 is the input's dim that becomes dim i: 0 is kept for "not said". */
dc_status dc_infer_transpose(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    dc_shape order;
    uint32_t seen = 0;
    DC_TRY(said_dims(&order, node));
    dc_infer_same(node, param_shapes, inputs);
    for (uint32_t i = 0; i < order.n_dims; i++) {
        if (order.dims[i] <= inputs[0]->n_dims) {
            seen |= 1u << (order.dims[i] - 1);
            node->shape.dims[i] = inputs[0]->dims[order.dims[i] - 1];
        }
    }
    if (order.n_dims != inputs[0]->n_dims || seen != (1u << order.n_dims) - 1)
        return dc_fail(DC_EINPUT, "\"dims\" are no order of its input's %u dims",
                       (unsigned)inputs[0]->n_dims);
    return DC_OK;
}

dc_status dc_infer_pad(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    if (inputs[0]->n_dims != 3)
        return dc_fail(DC_EINPUT, "wants an input of 3 dims, has one of %u",
                       (unsigned)inputs[0]->n_dims);
    dc_infer_same(node, param_shapes, inputs);
    for (uint32_t axis = 0; axis < 2; axis++) {
        const uint64_t n = (uint64_t)inputs[0]->dims[1 + axis] +
                           whole(node, DC_ATTR_PAD_TOP + axis) +
                           whole(node, DC_ATTR_PAD_BOTTOM + axis);
        if (n > UINT32_MAX)
            return dc_fail(DC_EINPUT, "its result is too large");
        node->shape.dims[1 + axis] = (uint32_t)n;
    }
    return DC_OK;
}

dc_status dc_infer_constant(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    (void)inputs;
    DC_TRY(said_dims(&node->shape, node));
    param_shapes[0] = node->shape;
    return DC_OK;
}
