/* SPDX-License-Identifier: MIT
 *
 * Ops that take values one by one, and Softmax. A value's shape is of no matter to the former: they
 * are computed in the shape that the node has.
 */
#include "onnx_ops.h"

#include <math.h>

#define FAR 1e30 /* an end that a range does not have */

/* `op` of input 0, whose dims the result has. */
static dc_status plan_each(onnx_in *in, dc_op op, const double *attrs)
{
    onnx_value *x = NULL;
    uint32_t node = 0;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(onnx_plan(&node, in, op, &x->node, 1, attrs, NULL));
    return onnx_set_value(in, 0, node, x->n_dims, x->dims);
}

dc_status onnx_read_relu(onnx_in *in)
{
    return plan_each(in, DC_OP_RELU, NULL);
}

dc_status onnx_read_sigmoid(onnx_in *in)
{
    return plan_each(in, DC_OP_SIGMOID, NULL);
}

dc_status onnx_read_tanh(onnx_in *in)
{
    return plan_each(in, DC_OP_TANH, NULL);
}

dc_status onnx_read_hard_swish(onnx_in *in)
{
    return plan_each(in, DC_OP_HARD_SWISH, NULL);
}

dc_status onnx_read_hard_sigmoid(onnx_in *in)
{
    double attrs[DC_N_ATTRS], alpha = 0, beta = 0;
    DC_TRY(onnx_say_float(&alpha, in, "alpha", 0.2));
    DC_TRY(onnx_say_float(&beta, in, "beta", 0.5));
    if (beta != 0.5 || !(alpha > 0))
        return onnx_fail(in, DC_EUNSUPPORTED,
                         "its alpha is %g and its beta %g, only an alpha over 0 and a beta of 0.5 "
                         "can be computed",
                         alpha, beta);
    onnx_attrs_init(attrs);
    attrs[DC_ATTR_SLOPE] = onnx_meant(DC_ATTR_SLOPE, alpha);
    return plan_each(in, DC_OP_HARD_SIGMOID, attrs);
}

dc_status onnx_read_leaky_relu(onnx_in *in)
{
    double attrs[DC_N_ATTRS], alpha = 0;
    DC_TRY(onnx_say_float(&alpha, in, "alpha", 0.01));
    onnx_attrs_init(attrs);
    attrs[DC_ATTR_NEGATIVE_SLOPE] = onnx_meant(DC_ATTR_NEGATIVE_SLOPE, alpha);
    return plan_each(in, DC_OP_LEAKY_RELU, attrs);
}

/* One end of a range: input `i`, before opset 11 an attribute, else `otherwise`. */
static dc_status end_of(double *out, const onnx_in *in, uint32_t i, const char *name,
                        double otherwise)
{
    DC_TRY(onnx_say_number(out, in, i, name, otherwise));
    if (isnan(*out))
        return onnx_fail(in, DC_EUNSUPPORTED, "its %s is no number", name);
    *out = DC_MAX(DC_MIN(*out, FAR), -FAR);
    return DC_OK;
}

dc_status onnx_read_clip(onnx_in *in)
{
    double attrs[DC_N_ATTRS], min = 0, max = 0;
    DC_TRY(end_of(&min, in, 1, "min", -FAR));
    DC_TRY(end_of(&max, in, 2, "max", FAR));
    min = DC_MIN(min, max); /* where they cross, all becomes the max */
    if (min == 0 && max == FAR)
        return plan_each(in, DC_OP_RELU, NULL);
    onnx_attrs_init(attrs);
    attrs[DC_ATTR_MIN] = onnx_meant(DC_ATTR_MIN, min);
    attrs[DC_ATTR_MAX] = onnx_meant(DC_ATTR_MAX, max);
    return plan_each(in, DC_OP_CLIP, attrs);
}

dc_status onnx_check_dropout(const onnx_in *in)
{
    double is_training = 0;
    DC_TRY(onnx_say_number(&is_training, in, 2, NULL, 0));
    return is_training != 0 ? onnx_fail_training(in) : DC_OK;
}

dc_status onnx_read_dropout(onnx_in *in)
{
    double attrs[DC_N_ATTRS], ratio = 0;
    DC_TRY(onnx_check_dropout(in));
    DC_TRY(onnx_say_number(&ratio, in, 1, "ratio", 0.5));
    onnx_attrs_init(attrs);
    attrs[DC_ATTR_RATIO] = onnx_meant(DC_ATTR_RATIO, ratio);
    return plan_each(in, DC_OP_DROPOUT, attrs);
}

/* Over `axis`, before opset 13 over all dims from it on. Ours goes over channels, so nothing but
 * the batch may come before. */
dc_status onnx_read_softmax(onnx_in *in)
{
    onnx_value *x = NULL, copy;
    const bool is_old = in->model.opset < 13;
    int64_t said = 0;
    uint32_t axis = 0, from = 0, node = 0;
    dc_shape shape;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(onnx_say_int(&said, in, "axis", is_old ? 1 : -1));
    DC_TRY(onnx_axis(&axis, in, said, x->n_dims));
    x = onnx_along(&copy, in, x, axis);
    if (axis < x->n_batch || onnx_count(axis - x->n_batch, x->dims + x->n_batch) != 1)
        return onnx_fail(in, DC_EUNSUPPORTED, "over axis %u of %u, only channels can be taken",
                         (unsigned)axis, (unsigned)x->n_dims);
    const uint32_t end = is_old ? x->n_dims : axis + 1;
    const uint64_t n = onnx_count(end - axis, x->dims + axis);
    const uint64_t rest = onnx_count(x->n_dims - end, x->dims + end);
    if (n > UINT32_MAX || rest > UINT32_MAX)
        return onnx_fail(in, DC_EUNSUPPORTED, "its input is too large");
    shape = dc_shape_of(1, (uint32_t)n, 0, 0, 0);
    if (rest > 1)
        shape = dc_shape_of(3, (uint32_t)n, (uint32_t)rest, 1, 0);
    if (rest > 1 && axis == x->n_batch)
        DC_TRY(onnx_picture_shape(&shape, in, x));
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    DC_TRY(onnx_plan(&node, in, DC_OP_SOFTMAX, &from, 1, NULL, NULL));
    return onnx_set_value(in, 0, node, x->n_dims, x->dims);
}
