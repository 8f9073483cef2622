/* SPDX-License-Identifier: MIT
 *
 * Norms as ONNX: of the batch, and of parts of a sample.
 */
#include "onnx_emission.h"

static void begin(const emission *m, const char *op)
{
    onnx_begin(m->e, op, m->out);
    onnx_input(m->e, m->in);
    for (uint32_t i = 0; i < m->node->kind->n_params; i++)
        param_input(m, i);
}

static void end(const emission *m)
{
    onnx_attr_float(m->e, "epsilon", dc_node_number(m->node, DC_ATTR_EPSILON));
    onnx_end(m->e);
}

/* ONNX's momentum is the share of the old mean. */
void onnx_emit_batch_norm(const emission *m)
{
    begin(m, "BatchNormalization");
    onnx_attr_float(m->e, "epsilon", dc_node_number(m->node, DC_ATTR_EPSILON));
    onnx_attr_float(m->e, "momentum", 1 - dc_node_number(m->node, DC_ATTR_MOMENTUM));
    onnx_end(m->e);
}

static void over_parts(const emission *m, const char *op, int64_t since)
{
    onnx_need_opset(m->e, since);
    begin(m, op);
    onnx_attr_int(m->e, "axis", whole(m, DC_ATTR_AXIS) + 1);
    end(m);
}

void onnx_emit_layer_norm(const emission *m)
{
    over_parts(m, "LayerNormalization", 17);
}

void onnx_emit_rms_norm(const emission *m)
{
    over_parts(m, "RMSNormalization", 23);
}

/* InstanceNormalization is in every opset, but takes only pictures. */
void onnx_emit_group_norm(const emission *m)
{
    const int64_t n_groups = whole(m, DC_ATTR_GROUPS);
    const bool is_instance = m->node->shape.n_dims > 1 && n_groups == m->node->shape.dims[0];
    if (!is_instance)
        onnx_need_opset(m->e, 21);
    begin(m, is_instance ? "InstanceNormalization" : "GroupNormalization");
    if (!is_instance)
        onnx_attr_int(m->e, "num_groups", n_groups);
    end(m);
}
