/* SPDX-License-Identifier: MIT
 *
 * Ops that take values one by one and are no twins of ours (onnx_twins.c), or not always; Softmax
 * and LogSoftmax.
 */
#include "onnx_ops.h"

#include <math.h>
#include <string.h>

/* alpha x + beta, clipped to 0 .. 1: ours goes up from 1/2, others are written out. */
static dc_status clipped_line(onnx_in *in, double alpha, double beta)
{
    onnx_value *x = NULL;
    double attrs[DC_N_ATTRS];
    uint32_t node = 0;
    dc_attrs_init(attrs, DC_OP_CLIP);
    attrs[DC_ATTR_MIN] = 0;
    attrs[DC_ATTR_MAX] = 1;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(onnx_plan_with(&node, in, DC_OP_MUL, x->node, alpha));
    DC_TRY(onnx_plan_with(&node, in, DC_OP_ADD, node, beta));
    DC_TRY(onnx_plan(&node, in, DC_OP_CLIP, &node, 1, attrs, NULL));
    return onnx_set_value(in, 0, node, x->n_dims, x->dims);
}

dc_status onnx_read_hard_sigmoid(onnx_in *in)
{
    double alpha = 0, beta = 0;
    DC_TRY(onnx_node_float(&alpha, in, "alpha", 0.2));
    DC_TRY(onnx_node_float(&beta, in, "beta", 0.5));
    return beta != 0.5 || !(alpha > 0) ? clipped_line(in, alpha, beta) : onnx_read_twin(in);
}

/* An end that leaves no number, or that ours has no number for. */
static dc_status check_ends(const onnx_in *in, double min, double max)
{
    if (min <= ONNX_FAR && max >= -ONNX_FAR)
        return DC_OK;
    return onnx_fail(in, DC_EUNSUPPORTED, "nothing is between its ends of %g and %g", min, max);
}

/* One end of a range: input `i`, before opset 11 an attribute, else `otherwise`. */
static dc_status end_of(double *out, const onnx_in *in, uint32_t i, const char *name,
                        double otherwise)
{
    DC_TRY(onnx_node_number(out, in, i, name, otherwise));
    if (isnan(*out))
        return onnx_fail(in, DC_EUNSUPPORTED, "its %s is no number", name);
    return DC_OK;
}

/* The value between both; where they cross, all becomes the max. */
static dc_status plan_clip(onnx_in *in, const onnx_value *x, double min, double max)
{
    double attrs[DC_N_ATTRS];
    uint32_t node = 0;
    DC_TRY(check_ends(in, min, max));
    max = DC_MIN(max, ONNX_FAR);
    min = DC_MIN(DC_MAX(min, -ONNX_FAR), max);
    dc_attrs_init(attrs, DC_OP_CLIP);
    attrs[DC_ATTR_MIN] = onnx_meant(DC_OP_CLIP, DC_ATTR_MIN, min);
    attrs[DC_ATTR_MAX] = onnx_meant(DC_OP_CLIP, DC_ATTR_MAX, max);
    const dc_op op = min == 0 && max == ONNX_FAR ? DC_OP_RELU : DC_OP_CLIP;
    DC_TRY(onnx_plan(&node, in, op, &x->node, 1, attrs, NULL));
    return onnx_set_value(in, 0, node, x->n_dims, x->dims);
}

dc_status onnx_read_clip(onnx_in *in)
{
    onnx_value *x = NULL;
    double min = 0, max = 0;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(end_of(&min, in, 1, "min", -ONNX_FAR));
    DC_TRY(end_of(&max, in, 2, "max", ONNX_FAR));
    return plan_clip(in, x, min, max);
}

/* The one value among a Max's or Min's inputs, of which the others are single numbers: of these the
 * largest or smallest is an end. */
static dc_status one_value(const onnx_value **out, double *end, const onnx_in *in, bool is_max)
{
    const onnx_value *x = NULL;
    bool is_one = true;
    *end = is_max ? -ONNX_FAR : ONNX_FAR;
    for (uint32_t i = 0; i < in->node->n_inputs; i++)
        x = onnx_input_of(in, i)->node != DC_NONE ? onnx_input_of(in, i) : x;
    for (uint32_t i = 0; i < in->node->n_inputs; i++) {
        const onnx_value *v = onnx_input_of(in, i);
        if (v == x)
            continue;
        is_one = is_one && v->node == DC_NONE && v->array->n_dims <= x->n_dims &&
                 onnx_array_count(v->array) == 1;
        const double number = is_one ? onnx_number_at(v->array, 0) : 0;
        is_one = is_one && !isnan(number);
        *end = is_max ? DC_MAX(*end, number) : DC_MIN(*end, number);
    }
    *out = x;
    if (is_one)
        return DC_OK;
    return onnx_fail(in, DC_EUNSUPPORTED, "it is read only of one value and single numbers");
}

dc_status onnx_read_max(onnx_in *in)
{
    const onnx_value *x = NULL;
    double end = 0;
    DC_TRY(one_value(&x, &end, in, true));
    return plan_clip(in, x, end, ONNX_FAR);
}

dc_status onnx_read_min(onnx_in *in)
{
    const onnx_value *x = NULL;
    double end = 0;
    DC_TRY(one_value(&x, &end, in, false));
    return plan_clip(in, x, -ONNX_FAR, end);
}

dc_status onnx_check_dropout(const onnx_in *in)
{
    double is_training = 0;
    DC_TRY(onnx_node_number(&is_training, in, 2, NULL, 0));
    return is_training != 0 ? onnx_fail_training(in) : DC_OK;
}

dc_status onnx_read_dropout(onnx_in *in)
{
    DC_TRY(onnx_check_dropout(in));
    return onnx_read_twin(in);
}

/* ---- gelu, pow, neg ---- */

dc_status onnx_read_gelu(onnx_in *in)
{
    double attrs[DC_N_ATTRS];
    char how[32];
    DC_TRY(onnx_text_attr(how, in->node, "approximate", "none"));
    dc_attrs_init(attrs, DC_OP_GELU);
    attrs[DC_ATTR_BY_TANH] = strcmp(how, "tanh") == 0;
    if (strcmp(how, "none") != 0 && strcmp(how, "tanh") != 0)
        return onnx_fail(in, DC_EUNSUPPORTED, "by '%s'", how);
    return onnx_plan_each(in, DC_OP_GELU, attrs);
}

dc_status onnx_read_pow(onnx_in *in)
{
    const onnx_array *exponent = NULL;
    onnx_value *x = NULL;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(onnx_need_array(&exponent, in, 1));
    if (onnx_array_count(exponent) != 1 || exponent->n_dims > x->n_dims)
        return onnx_fail(in, DC_EUNSUPPORTED, "its exponent is not one number");
    return onnx_read_twin(in);
}

dc_status onnx_read_neg(onnx_in *in)
{
    onnx_value *x = NULL;
    uint32_t node = 0;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(onnx_plan_with(&node, in, DC_OP_MUL, x->node, -1));
    return onnx_set_value(in, 0, node, x->n_dims, x->dims);
}

/* ---- softmax ---- */

/* The shape in which it is computed, over dim `*own_axis`: as few dims as will do where nothing
 * comes before the axis, else the sample's own, or what comes before and behind as one dim each. */
static dc_status softmax_shape(dc_shape *shape, uint32_t *own_axis, const onnx_in *in,
                               const onnx_value *x, uint32_t axis, uint32_t end)
{
    const uint64_t before = onnx_count(axis - x->n_batch, x->dims + x->n_batch);
    const uint64_t n = onnx_count(end - axis, x->dims + axis);
    const uint64_t rest = onnx_count(x->n_dims - end, x->dims + end);
    if (before > UINT32_MAX || n > UINT32_MAX || rest > UINT32_MAX)
        return onnx_fail(in, DC_EUNSUPPORTED, "its input is too large");
    *own_axis = before > 1;
    if (before > 1 && end == axis + 1 && x->n_dims - x->n_batch <= 3) {
        *own_axis = axis - x->n_batch;
        return onnx_own_shape(shape, in, x);
    }
    if (before > 1 && rest == 1)
        *shape = dc_shape_of(2, (uint32_t)before, (uint32_t)n, 0, 0);
    else if (before > 1)
        *shape = dc_shape_of(3, (uint32_t)before, (uint32_t)n, (uint32_t)rest, 0);
    else if (rest == 1)
        *shape = dc_shape_of(1, (uint32_t)n, 0, 0, 0);
    else if (axis == x->n_batch)
        return onnx_picture_shape(shape, in, x);
    else
        *shape = dc_shape_of(3, (uint32_t)n, (uint32_t)rest, 1, 0);
    return DC_OK;
}

/* Over `axis`, before opset 13 over all dims from it on. */
static dc_status plan_softmax(onnx_in *in, dc_op op)
{
    onnx_value *x = NULL, copy;
    const bool is_old = in->model.opset < 13;
    double attrs[DC_N_ATTRS];
    int64_t said = 0;
    uint32_t axis = 0, own_axis = 0, from = 0, node = 0;
    dc_shape shape;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(onnx_node_int(&said, in, "axis", is_old ? 1 : -1));
    DC_TRY(onnx_axis(&axis, in, said, x->n_dims));
    x = onnx_along(&copy, in, x, axis);
    if (axis < x->n_batch || (is_old && in->batch_at > 0 && axis <= in->batch_at))
        return onnx_fail(in, DC_EUNSUPPORTED, "over the batch");
    DC_TRY(softmax_shape(&shape, &own_axis, in, x, axis, is_old ? x->n_dims : axis + 1));
    dc_attrs_init(attrs, op);
    attrs[DC_ATTR_AXIS] = own_axis;
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    DC_TRY(onnx_plan(&node, in, op, &from, 1, attrs, NULL));
    return onnx_set_value(in, 0, node, x->n_dims, x->dims);
}

dc_status onnx_read_softmax(onnx_in *in)
{
    return plan_softmax(in, DC_OP_SOFTMAX);
}

dc_status onnx_read_log_softmax(onnx_in *in)
{
    return plan_softmax(in, DC_OP_LOG_SOFTMAX);
}
