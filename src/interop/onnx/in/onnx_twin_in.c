/* SPDX-License-Identifier: MIT
 *
 * Ops that are ours by their row alone (onnx_twins.c). A value's shape is of no matter to those
 * that take values one by one: they are computed in the shape that the node has.
 */
#include "onnx_ops.h"

dc_status onnx_plan_each(onnx_in *in, dc_op op, const double *attrs)
{
    onnx_value *x = NULL;
    uint32_t node = 0;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(onnx_plan(&node, in, op, &x->node, 1, attrs, NULL));
    return onnx_set_value(in, 0, node, x->n_dims, x->dims);
}

/* ---- attributes ---- */

static dc_status attr_of(double *out, const onnx_in *in, const onnx_twin_attr *attr, bool is_whole)
{
    int64_t whole = 0;
    if (attr->input != 0)
        return onnx_node_number(out, in, attr->input, attr->name, attr->value);
    if (!is_whole)
        return onnx_node_float(out, in, attr->name, attr->value);
    DC_TRY(onnx_node_int(&whole, in, attr->name, (int64_t)attr->value));
    *out = (double)whole;
    return DC_OK;
}

dc_status onnx_node_within(double attrs[DC_N_ATTRS], const onnx_in *in, dc_op op,
                          const onnx_twin_attr *attr)
{
    const dc_attr_rule *rule = dc_attr_rule_of(dc_op_kind_of(op), attr->attr);
    double value = 0;
    DC_TRY(attr_of(&value, in, attr, rule->form != DC_ATTR_REAL));
    attrs[attr->attr] = onnx_meant(op, attr->attr, value);
    if (value >= rule->min && value <= rule->max)
        return DC_OK;
    if (rule->min > 0 && rule->min < 1e-20 && value <= rule->max)
        return onnx_fail(in, DC_EUNSUPPORTED, "its %s is %g, only over 0 can be computed",
                         attr->name, value);
    return onnx_fail(in, DC_EUNSUPPORTED, "its %s is %g, only %g to %g can be computed",
                     attr->name, value, rule->min, rule->max);
}

static dc_status check_fixed(const onnx_in *in, const onnx_twin_attr *attr)
{
    double value = 0;
    DC_TRY(attr_of(&value, in, attr, false));
    if (value == attr->value)
        return DC_OK;
    return onnx_fail(in, DC_EUNSUPPORTED, "its %s is %g, only %g can be computed", attr->name,
                     value, attr->value);
}

dc_status onnx_twin_attrs(double attrs[DC_N_ATTRS], const onnx_in *in, const onnx_twin *twin)
{
    dc_attrs_init(attrs, twin->op);
    for (uint32_t i = 0; i < onnx_twin_n_attrs(twin); i++) {
        const onnx_twin_attr *attr = &twin->attrs[i];
        DC_TRY(attr->attr == ONNX_FIXED ? check_fixed(in, attr)
                                        : onnx_node_within(attrs, in, twin->op, attr));
    }
    return DC_OK;
}

/* ---- nodes ---- */

dc_status onnx_read_twin(onnx_in *in)
{
    const onnx_twin *twin = onnx_twin_named(in->node->op);
    double attrs[DC_N_ATTRS];
    DC_TRY(onnx_twin_attrs(attrs, in, twin));
    if (dc_op_kind_of(twin->op)->combine != NULL)
        return onnx_plan_arith(in, twin->op);
    return onnx_plan_each(in, twin->op, attrs);
}

/* ---- of constants ---- */

dc_status onnx_fold_twin(onnx_array *out, onnx_in *in)
{
    const onnx_twin *twin = onnx_twin_named(in->node->op);
    const dc_op_kind *kind = dc_op_kind_of(twin->op);
    const onnx_array *a = onnx_input_of(in, 0)->array;
    double by_attr[DC_N_ATTRS], attrs[ONNX_MAX_TWIN_ATTRS];
    uint8_t *data = NULL;
    if (!onnx_type_is_float(a->type) && !onnx_op_is_exact(in->node->op))
        return onnx_fail(in, DC_EUNSUPPORTED, "of whole numbers");
    DC_TRY(onnx_twin_attrs(by_attr, in, twin));
    for (uint32_t i = 0; i < kind->n_attrs; i++)
        attrs[i] = by_attr[kind->attrs[i].attr];
    DC_TRY(onnx_array_make(out, &data, a->type, a->n_dims, a->dims, &in->arena));
    for (uint64_t i = 0, n = onnx_array_count(out); i < n; i++)
        onnx_store_number(data, i, a->type, kind->curve(onnx_number_at(a, i), attrs));
    return DC_OK;
}
