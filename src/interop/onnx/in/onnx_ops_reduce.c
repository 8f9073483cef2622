/* SPDX-License-Identifier: MIT
 *
 * Reductions over any dims but the batch, ArgMax and ArgMin. ReduceMean is a pool where it can be
 * (onnx_ops_pool.c).
 */
#include "onnx_ops.h"

#include <string.h>

/* A reduction of a curve of x, and what follows; 0 (the input): nothing. */
static const struct reduce {
    const char *name;
    dc_op before, op, behind;
} rows[] = {
    { "ReduceL1", DC_OP_ABS, DC_OP_REDUCE_SUM, DC_OP_INPUT },
    { "ReduceL2", DC_OP_POW, DC_OP_REDUCE_SUM, DC_OP_SQRT },
    { "ReduceLogSum", DC_OP_INPUT, DC_OP_REDUCE_SUM, DC_OP_LOG },
    { "ReduceLogSumExp", DC_OP_EXP, DC_OP_REDUCE_SUM, DC_OP_LOG },
    { "ReduceMax", DC_OP_INPUT, DC_OP_REDUCE_MAX, DC_OP_INPUT },
    { "ReduceMean", DC_OP_INPUT, DC_OP_REDUCE_MEAN, DC_OP_INPUT },
    { "ReduceMin", DC_OP_INPUT, DC_OP_REDUCE_MIN, DC_OP_INPUT },
    { "ReduceProd", DC_OP_INPUT, DC_OP_REDUCE_PROD, DC_OP_INPUT },
    { "ReduceSum", DC_OP_INPUT, DC_OP_REDUCE_SUM, DC_OP_INPUT },
    { "ReduceSumSquare", DC_OP_POW, DC_OP_REDUCE_SUM, DC_OP_INPUT },
};

static const struct reduce *row_of(const char *name)
{
    size_t i = 0;
    while (strcmp(rows[i].name, name) != 0)
        i++;
    return &rows[i];
}

/* Output 0 is of the dims of x, of which those in `reduced` are 1 or, unless `keeps`, gone. */
static dc_status put(onnx_in *in, const onnx_value *x, uint32_t node, uint32_t reduced, bool keeps)
{
    onnx_dims dims = { 0 };
    for (uint32_t i = 0; i < x->n_dims; i++)
        if (!(reduced >> i & 1u) || keeps)
            dims.dims[dims.n++] = reduced >> i & 1u ? 1 : x->dims[i];
    onnx_drop_dims(in, keeps ? 0 : reduced);
    return onnx_set_value(in, 0, node, dims.n, dims.dims);
}

dc_status onnx_read_reduce(onnx_in *in)
{
    const struct reduce *row = row_of(in->node->op);
    onnx_value *x = NULL;
    double attrs[DC_N_ATTRS];
    int64_t keeps = 1;
    uint32_t reduced = 0, n = 0, node = 0;
    dc_shape shape;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(onnx_node_int(&keeps, in, "keepdims", 1));
    DC_TRY(onnx_dims_reduced(&reduced, in, x->n_dims));
    if ((reduced & x->n_batch) != 0 && !in->is_single)
        return onnx_fail(in, DC_EUNSUPPORTED, "over the batch");
    DC_TRY(onnx_own_shape(&shape, in, x));
    dc_attrs_init(attrs, row->op);
    for (uint32_t i = 0; i < shape.n_dims; i++)
        if (reduced >> (x->n_batch + i) & 1u)
            attrs[DC_ATTR_DIM_0 + n++] = i + 1;
    DC_TRY(onnx_shaped(&node, in, x, &shape));
    if (row->before != DC_OP_INPUT)
        DC_TRY(onnx_plan_helper(&node, in, row->before, &node, 1, NULL));
    if (n > 0)
        DC_TRY(onnx_plan(&node, in, row->op, &node, 1, attrs, NULL));
    if (row->behind != DC_OP_INPUT)
        DC_TRY(onnx_plan_helper(&node, in, row->behind, &node, 1, NULL));
    return put(in, x, node, reduced, keeps != 0);
}

/* Places are whole numbers, which a Cast makes floats, as ours are. */
dc_status onnx_read_arg(onnx_in *in)
{
    const dc_op op = strcmp(in->node->op, "ArgMax") == 0 ? DC_OP_ARG_MAX : DC_OP_ARG_MIN;
    onnx_value *x = NULL, copy;
    double attrs[DC_N_ATTRS];
    int64_t keeps = 1, said = 0, is_last = 0;
    uint32_t axis = 0, from = 0, node = 0;
    dc_shape shape;
    DC_TRY(onnx_need_value(&x, in, 0));
    DC_TRY(onnx_node_int(&said, in, "axis", 0));
    DC_TRY(onnx_node_int(&keeps, in, "keepdims", 1));
    DC_TRY(onnx_node_int(&is_last, in, "select_last_index", 0));
    DC_TRY(onnx_axis(&axis, in, said, x->n_dims));
    x = onnx_along(&copy, in, x, axis);
    if (axis < x->n_batch)
        return onnx_fail(in, DC_EUNSUPPORTED, "over the batch");
    DC_TRY(onnx_own_shape(&shape, in, x));
    dc_attrs_init(attrs, op);
    attrs[DC_ATTR_AXIS] = axis - x->n_batch;
    attrs[DC_ATTR_LAST] = is_last != 0;
    DC_TRY(onnx_shaped(&from, in, x, &shape));
    DC_TRY(onnx_plan(&node, in, op, &from, 1, attrs, NULL));
    in->whole = ONNX_INT64;
    return put(in, x, node, 1u << axis, keeps != 0);
}
