/* SPDX-License-Identifier: MIT
 *
 * Pools, and how a window slides. With pads p and q on the two ends of a side of n pixels, a kernel
 * of r, stride s and dilation d, the result has floor((n + p + q - (d (r - 1) + 1)) / s) + 1
 * pixels. Pools may ask for the ceiling instead, as Caffe does; then a last window that would start
 * beyond the picture and its leading pad is dropped (Caffe does so when there is a pad, we always
 * do: such a window holds no pixel). A pool's pad is smaller than its kernel for the same reason.
 */
#include "op_rows.h"

#include <math.h>

dc_status dc_slide(uint32_t *out, const dc_node *node, uint32_t n_pixels, uint32_t axis,
                       uint32_t dilation, bool is_ceil)
{
    const uint64_t kernel = dc_node_whole(node, axis == 0 ? DC_ATTR_KERNEL_H : DC_ATTR_KERNEL_W);
    const uint64_t stride = dc_node_whole(node, axis == 0 ? DC_ATTR_STRIDE_H : DC_ATTR_STRIDE_W);
    const uint64_t before = dc_node_whole(node, axis == 0 ? DC_ATTR_PAD_TOP : DC_ATTR_PAD_LEFT);
    const uint64_t after = dc_node_whole(node, axis == 0 ? DC_ATTR_PAD_BOTTOM : DC_ATTR_PAD_RIGHT);
    const uint64_t padded = n_pixels + before + after;
    const uint64_t reach = dilation * (kernel - 1) + 1;
    if (reach > padded)
        return dc_fail(DC_EINPUT, "a kernel of %llu does not fit in %llu padded pixels",
                       (unsigned long long)reach, (unsigned long long)padded);
    uint64_t n = (padded - reach + (is_ceil ? stride - 1 : 0)) / stride + 1;
    if (is_ceil && (n - 1) * stride >= n_pixels + before)
        n--;
    if (n > UINT32_MAX)
        return dc_fail(DC_EINPUT, "its result is too large");
    *out = (uint32_t)n;
    return DC_OK;
}

static dc_status pool_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    (void)param_shapes;
    DC_TRY(dc_need_dims(inputs[0], 3));
    for (uint32_t side = 0; side < 4; side++) {
        const uint32_t pad = dc_node_whole(node, (dc_attr)(DC_ATTR_PAD_TOP + side));
        const uint32_t kernel = dc_node_whole(node, (dc_attr)(DC_ATTR_KERNEL_H + side % 2));
        if (pad >= kernel)
            return dc_fail(DC_EINPUT, "a pad of %u is not smaller than the kernel of %u",
                           (unsigned)pad, (unsigned)kernel);
    }
    const uint32_t *in = inputs[0]->dims;
    const bool is_ceil = dc_node_whole(node, DC_ATTR_CEIL_MODE) != 0;
    uint32_t height = 0, width = 0;
    DC_TRY(dc_slide(&height, node, in[1], 0, 1, is_ceil));
    DC_TRY(dc_slide(&width, node, in[2], 1, 1, is_ceil));
    node->shape = dc_shape_of(3, in[0], height, width, 0);
    return DC_OK;
}

static const dc_attr_rule max_attrs[] = { DC_KERNEL_ROWS, DC_PAD_ROWS,
                                          DC_SWITCH(CEIL_MODE, 13, 0) };

const dc_op_kind dc_op_kind_max_pool = {
    .op = DC_OP_MAX_POOL, .name = "max_pool", DC_ONE_INPUT, DC_ATTRS(max_attrs),
    .infer = pool_infer, .constant = dc_constant_padded, .traits = DC_POOL | DC_SELECTS
};

/* Padded zeros count where the op says so, and where the last window goes beyond the picture. */
static double average_constant(const dc_model *model, const dc_node *node, uint32_t channel,
                               double value)
{
    (void)model, (void)channel;
    const bool may_count = dc_has_pad(node) || dc_node_whole(node, DC_ATTR_CEIL_MODE) != 0;
    const bool counts = may_count && dc_node_whole(node, DC_ATTR_COUNT_PAD) != 0;
    return counts && value != 0 ? (double)NAN : value;
}

static const dc_attr_rule average_attrs[] = { DC_KERNEL_ROWS, DC_PAD_ROWS,
                                              DC_SWITCH(CEIL_MODE, 13, 0),
                                              DC_SWITCH(COUNT_PAD, 14, 0) };

const dc_op_kind dc_op_kind_average_pool = {
    .op = DC_OP_AVERAGE_POOL, .name = "average_pool", DC_ONE_INPUT, DC_ATTRS(average_attrs),
    .infer = pool_infer, .constant = average_constant, .traits = DC_POOL
};

static dc_status global_infer(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    (void)param_shapes;
    DC_TRY(dc_need_dims(inputs[0], 3));
    node->shape = dc_shape_of(1, inputs[0]->dims[0], 0, 0, 0);
    return DC_OK;
}

const dc_op_kind dc_op_kind_global_average_pool = {
    .op = DC_OP_GLOBAL_AVERAGE_POOL, .name = "global_average_pool", DC_ONE_INPUT,
    .infer = global_infer, .constant = dc_constant_same, .traits = DC_VIEW_OF_ALL
};
