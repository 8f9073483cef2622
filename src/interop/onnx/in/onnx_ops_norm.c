/* SPDX-License-Identifier: MIT
 *
 * Norms of parts of a sample: LayerNormalization, RMSNormalization, GroupNormalization and
 * InstanceNormalization, whose groups are the channels.
 */
#include "onnx_ops.h"

/* LayerNormalization, or without a shift and a mean. */
static dc_status plan_layer_norm(onnx_in *in, dc_op op)
{
    const onnx_array *scale = NULL, *shift = NULL;
    onnx_value *x = NULL, copy;
    onnx_array wide[2];
    double attrs[DC_N_ATTRS], epsilon = 0;
    int64_t said = 0;
    uint32_t axis = 0, from = 0, node = 0;
    dc_shape shape;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(onnx_need_array(&scale, in, 1));
    DC_TRY(onnx_optional_array(&shift, in, 2));
    DC_TRY(onnx_node_int(&said, in, "axis", -1));
    DC_TRY(onnx_node_float(&epsilon, in, "epsilon", 1e-5));
    DC_TRY(onnx_axis(&axis, in, said, x->n_dims));
    x = onnx_along(&copy, in, x, axis);
    if (axis < x->n_batch || (in->batch_at > 0 && axis <= in->batch_at))
        return onnx_fail(in, DC_EUNSUPPORTED, "over the batch");
    const uint32_t n_dims = x->n_dims - axis;
    if (!onnx_array_broadcast(&wide[0], scale, n_dims, x->dims + axis) ||
        (shift != NULL && !onnx_array_broadcast(&wide[1], shift, n_dims, x->dims + axis)))
        return onnx_fail(in, DC_EUNSUPPORTED, "its scale or shift is not of the dims from axis on");
    dc_attrs_init(attrs, op);
    attrs[DC_ATTR_AXIS] = axis - x->n_batch;
    attrs[DC_ATTR_EPSILON] = onnx_meant(op, DC_ATTR_EPSILON, epsilon);
    attrs[DC_ATTR_BIAS] = shift != NULL;
    DC_TRY(onnx_own_shape(&shape, in, x));
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    DC_TRY(onnx_plan(&node, in, op, &from, 1, attrs, onnx_layer_name(in, scale)));
    DC_TRY(onnx_set_param(in, node, 0, &wide[0], 1));
    if (shift != NULL)
        DC_TRY(onnx_set_param(in, node, 1, &wide[1], 1));
    return onnx_set_value(in, 0, node, x->n_dims, x->dims);
}

dc_status onnx_read_layer_norm(onnx_in *in)
{
    return plan_layer_norm(in, DC_OP_LAYER_NORM);
}

dc_status onnx_read_rms_norm(onnx_in *in)
{
    return plan_layer_norm(in, DC_OP_RMS_NORM);
}

/* Parameters are one a channel, or (opsets 18 to 20) one a group. */
static dc_status set_param(onnx_in *in, uint32_t node, uint32_t slot, const onnx_array *array,
                           uint64_t n_channels, uint64_t n_groups)
{
    const uint64_t dims[2] = { n_groups, n_channels / n_groups };
    onnx_array wide = *array;
    if (array->n_dims != 1 || (array->dims[0] != n_channels && array->dims[0] != n_groups))
        return onnx_fail(in, DC_ECORRUPT, "its scale or bias does not fit %llu channels",
                         (unsigned long long)n_channels);
    if (array->dims[0] == n_channels)
        return onnx_set_param(in, node, slot, array, 1);
    wide.n_dims = 2;
    wide.dims[1] = 1;
    wide.strides[1] = 0;
    if (!onnx_array_broadcast(&wide, &wide, 2, dims))
        return onnx_fail(in, DC_ECORRUPT, "its scale or bias does not fit its groups");
    DC_TRY(onnx_array_reshape(&wide, &wide, 1, &n_channels, &in->arena));
    return onnx_set_param(in, node, slot, &wide, 1);
}

/* `n_groups` 0: as many as channels. */
static dc_status plan_group_norm(onnx_in *in, int64_t n_groups)
{
    const onnx_array *scale = NULL, *shift = NULL;
    onnx_value *x = NULL;
    double attrs[DC_N_ATTRS], epsilon = 0;
    uint32_t from = 0, node = 0;
    dc_shape shape;
    DC_TRY(onnx_need_batch(&x, in, 0));
    DC_TRY(onnx_need_array(&scale, in, 1));
    DC_TRY(onnx_need_array(&shift, in, 2));
    DC_TRY(onnx_node_float(&epsilon, in, "epsilon", 1e-5));
    DC_TRY(onnx_picture_shape(&shape, in, x));
    n_groups = n_groups == 0 ? shape.dims[0] : n_groups;
    if (n_groups < 1 || shape.dims[0] % n_groups != 0)
        return onnx_fail(in, DC_ECORRUPT, "%lld groups do not divide %u channels",
                         (long long)n_groups, (unsigned)shape.dims[0]);
    dc_attrs_init(attrs, DC_OP_GROUP_NORM);
    attrs[DC_ATTR_GROUPS] = (double)n_groups;
    attrs[DC_ATTR_EPSILON] = onnx_meant(DC_OP_GROUP_NORM, DC_ATTR_EPSILON, epsilon);
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    DC_TRY(onnx_plan(&node, in, DC_OP_GROUP_NORM, &from, 1, attrs, onnx_layer_name(in, scale)));
    DC_TRY(set_param(in, node, 0, scale, shape.dims[0], (uint64_t)n_groups));
    DC_TRY(set_param(in, node, 1, shift, shape.dims[0], (uint64_t)n_groups));
    return onnx_set_value(in, 0, node, x->n_dims, x->dims);
}

dc_status onnx_read_group_norm(onnx_in *in)
{
    int64_t n_groups = 0;
    DC_TRY(onnx_node_int(&n_groups, in, "num_groups", 0));
    if (n_groups < 1)
        return onnx_fail(in, DC_ECORRUPT, "its num_groups is %lld", (long long)n_groups);
    return plan_group_norm(in, n_groups);
}

dc_status onnx_read_instance_norm(onnx_in *in)
{
    return plan_group_norm(in, 0);
}
