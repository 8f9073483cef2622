/* SPDX-License-Identifier: MIT
 *
 * Shape rules. With pads p and q on the two ends of a side of n pixels, a kernel of r, stride s and
 * dilation d, the result has floor((n + p + q - (d (r - 1) + 1)) / s) + 1 pixels. Pools may ask for
 * the ceiling instead, as Caffe does; then a last window that would start beyond the picture and
 * its leading pad is dropped (Caffe does so when there is a pad, we always do: such a window holds
 * no pixel). A pool's pad is smaller than its kernel for the same reason.
 */
#include "op_infer.h"

static uint32_t whole(const dc_node *node, dc_attr attr)
{
    return (uint32_t)node->attrs[attr];
}

static dc_status need_dims(const dc_shape *in, uint32_t n_dims)
{
    if (in->n_dims == n_dims)
        return DC_OK;
    return dc_fail(DC_EINPUT, "wants an input of %u dims, has one of %u", (unsigned)n_dims,
                   (unsigned)in->n_dims);
}

static dc_status need_channels(const dc_shape *in)
{
    return in->n_dims == 1 ? DC_OK : need_dims(in, 3);
}

/* The dim that "axis" names. */
static dc_status need_axis(uint32_t *axis, const dc_node *node, const dc_shape *in)
{
    *axis = whole(node, DC_ATTR_AXIS);
    if (*axis < in->n_dims)
        return DC_OK;
    return dc_fail(DC_EINPUT, "\"axis\" is %u, its input has %u dims", (unsigned)*axis,
                   (unsigned)in->n_dims);
}

/* One side of a sliding window; `axis` is 0 for height, 1 for width. */
static dc_status slide(uint32_t *out, const dc_node *node, uint32_t n_pixels, uint32_t axis,
                       uint32_t dilation, bool is_ceil)
{
    const uint64_t kernel = whole(node, axis == 0 ? DC_ATTR_KERNEL_H : DC_ATTR_KERNEL_W);
    const uint64_t stride = whole(node, axis == 0 ? DC_ATTR_STRIDE_H : DC_ATTR_STRIDE_W);
    const uint64_t before = whole(node, axis == 0 ? DC_ATTR_PAD_TOP : DC_ATTR_PAD_LEFT);
    const uint64_t after = whole(node, axis == 0 ? DC_ATTR_PAD_BOTTOM : DC_ATTR_PAD_RIGHT);
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

static void weight_shapes(dc_shape *param_shapes, const dc_node *node, dc_shape weight)
{
    param_shapes[0] = weight;
    if (whole(node, DC_ATTR_BIAS))
        param_shapes[1] = dc_shape_of(1, weight.dims[0], 0, 0, 0);
}

dc_status dc_infer_input(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    (void)param_shapes, (void)inputs;
    return need_channels(&node->shape);
}

dc_status dc_infer_conv(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    DC_TRY(need_dims(inputs[0], 3));
    const uint32_t *in = inputs[0]->dims;
    const uint32_t n_outputs = whole(node, DC_ATTR_N_OUTPUTS);
    const uint32_t n_groups = whole(node, DC_ATTR_GROUPS);
    if (in[0] % n_groups != 0 || n_outputs % n_groups != 0)
        return dc_fail(DC_EINPUT, "%u groups do not divide %u inputs and %u outputs",
                       (unsigned)n_groups, (unsigned)in[0], (unsigned)n_outputs);
    uint32_t height = 0, width = 0;
    DC_TRY(slide(&height, node, in[1], 0, whole(node, DC_ATTR_DILATION_H), false));
    DC_TRY(slide(&width, node, in[2], 1, whole(node, DC_ATTR_DILATION_W), false));
    weight_shapes(param_shapes, node,
                  dc_shape_of(4, n_outputs, in[0] / n_groups, whole(node, DC_ATTR_KERNEL_H),
                              whole(node, DC_ATTR_KERNEL_W)));
    node->shape = dc_shape_of(3, n_outputs, height, width, 0);
    return DC_OK;
}

dc_status dc_infer_linear(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    const uint32_t n_outputs = whole(node, DC_ATTR_N_OUTPUTS);
    uint64_t n_inputs = dc_shape_count(inputs[0]);
    uint32_t axis = 0;
    DC_TRY(need_axis(&axis, node, inputs[0]));
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

dc_status dc_infer_pool(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    (void)param_shapes;
    DC_TRY(need_dims(inputs[0], 3));
    for (uint32_t side = 0; side < 4; side++) {
        const uint32_t pad = whole(node, (dc_attr)(DC_ATTR_PAD_TOP + side));
        const uint32_t kernel = whole(node, side % 2 == 0 ? DC_ATTR_KERNEL_H : DC_ATTR_KERNEL_W);
        if (pad >= kernel)
            return dc_fail(DC_EINPUT, "a pad of %u is not smaller than the kernel of %u",
                           (unsigned)pad, (unsigned)kernel);
    }
    const uint32_t *in = inputs[0]->dims;
    const bool is_ceil = whole(node, DC_ATTR_CEIL_MODE) != 0;
    uint32_t height = 0, width = 0;
    DC_TRY(slide(&height, node, in[1], 0, 1, is_ceil));
    DC_TRY(slide(&width, node, in[2], 1, 1, is_ceil));
    node->shape = dc_shape_of(3, in[0], height, width, 0);
    return DC_OK;
}

dc_status dc_infer_same(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    (void)param_shapes;
    node->shape = *inputs[0];
    return DC_OK;
}

dc_status dc_infer_batch_norm(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    DC_TRY(need_channels(inputs[0]));
    for (uint32_t i = 0; i < 4; i++)
        param_shapes[i] = dc_shape_of(1, inputs[0]->dims[0], 0, 0, 0);
    node->shape = *inputs[0];
    return DC_OK;
}

dc_status dc_infer_lrn(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    (void)param_shapes;
    DC_TRY(need_dims(inputs[0], 3));
    const uint32_t size = whole(node, DC_ATTR_SIZE);
    if (size % 2 == 0)
        return dc_fail(DC_EINPUT, "\"size\" is %u, must be odd", (unsigned)size);
    node->shape = *inputs[0];
    return DC_OK;
}

dc_status dc_infer_concat(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    (void)param_shapes;
    DC_TRY(need_channels(inputs[0]));
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

dc_status dc_infer_flatten(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    (void)param_shapes;
    const uint64_t n = dc_shape_count(inputs[0]);
    if (n > UINT32_MAX)
        return dc_fail(DC_EINPUT, "%llu inputs are too many", (unsigned long long)n);
    node->shape = dc_shape_of(1, (uint32_t)n, 0, 0, 0);
    return DC_OK;
}

dc_status dc_infer_softmax(dc_node *node, dc_shape *param_shapes, const dc_shape *const *inputs)
{
    uint32_t axis = 0;
    if (inputs[0]->n_dims > 3)
        return dc_fail(DC_EINPUT, "wants an input of 1 to 3 dims, has one of %u",
                       (unsigned)inputs[0]->n_dims);
    DC_TRY(need_axis(&axis, node, inputs[0]));
    return dc_infer_same(node, param_shapes, inputs);
}

dc_status dc_infer_global_average_pool(dc_node *node, dc_shape *param_shapes,
                                       const dc_shape *const *inputs)
{
    (void)param_shapes;
    DC_TRY(need_dims(inputs[0], 3));
    node->shape = dc_shape_of(1, inputs[0]->dims[0], 0, 0, 0);
    return DC_OK;
}
