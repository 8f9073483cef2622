/* SPDX-License-Identifier: MIT
 *
 * Reductions as ONNX, with axes as an input, as all of them have since opset 18; places as floats.
 */
#include "onnx_emission.h"

static void reduce(const emission *m, const char *op)
{
    int64_t axes[DC_MAX_DIMS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < DC_MAX_DIMS; i++)
        if (whole(m, (dc_attr)(DC_ATTR_DIM_0 + i)) > 0)
            axes[n++] = whole(m, (dc_attr)(DC_ATTR_DIM_0 + i)); /* from 1, behind the batch */
    onnx_need_opset(m->e, m->node->op == DC_OP_REDUCE_SUM ? 13 : 18);
    const char *tensor = onnx_ints(m->e, m->index, "axes", axes, n);
    const uint32_t n_kept = input_shape(m, 0)->n_dims - n;
    const bool keeps = whole(m, DC_ATTR_KEEP_DIMS) != 0 || n_kept == 0;
    const bool is_flat = n_kept == 0 && whole(m, DC_ATTR_KEEP_DIMS) == 0;
    const char *out = is_flat ? helper(m, "one") : m->out;
    onnx_begin(m->e, op, out);
    onnx_input(m->e, m->in);
    onnx_input(m->e, tensor);
    onnx_attr_int(m->e, "keepdims", keeps);
    onnx_end(m->e);
    if (is_flat)
        onnx_simple(m->e, "Flatten", m->out, out);
}

void onnx_emit_reduce_max(const emission *m)
{
    reduce(m, "ReduceMax");
}

void onnx_emit_reduce_min(const emission *m)
{
    reduce(m, "ReduceMin");
}

void onnx_emit_reduce_sum(const emission *m)
{
    reduce(m, "ReduceSum");
}

void onnx_emit_reduce_mean(const emission *m)
{
    reduce(m, "ReduceMean");
}

void onnx_emit_reduce_prod(const emission *m)
{
    reduce(m, "ReduceProd");
}

static void arg(const emission *m, const char *op)
{
    const char *place = helper(m, "place");
    const bool keeps = whole(m, DC_ATTR_KEEP_DIMS) != 0 || input_shape(m, 0)->n_dims == 1;
    onnx_begin(m->e, op, place);
    onnx_input(m->e, m->in);
    onnx_attr_int(m->e, "axis", whole(m, DC_ATTR_AXIS) + 1);
    onnx_attr_int(m->e, "keepdims", keeps);
    onnx_attr_int(m->e, "select_last_index", whole(m, DC_ATTR_LAST));
    onnx_end(m->e);
    onnx_begin(m->e, "Cast", m->out);
    onnx_input(m->e, place);
    onnx_attr_int(m->e, "to", TYPE_FLOAT);
    onnx_end(m->e);
}

void onnx_emit_arg_max(const emission *m)
{
    arg(m, "ArgMax");
}

void onnx_emit_arg_min(const emission *m)
{
    arg(m, "ArgMin");
}
