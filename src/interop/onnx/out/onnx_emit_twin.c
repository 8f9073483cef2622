/* SPDX-License-Identifier: MIT
 *
 * Nodes that ONNX has as they are, by their row (onnx_twins.c).
 */
#include "onnx_emission.h"

/* a op b, then that op c, and so on. */
static void emit_chain(const emission *m, const char *op)
{
    const char *so_far = m->in;
    for (uint32_t i = 1; i < m->node->n_inputs; i++) {
        const bool is_last = i + 1 == m->node->n_inputs;
        const char *step = dc_arena_print(m->e->arena, "step%u", i);
        const char *out = is_last ? m->out : helper(m, step);
        onnx_begin(m->e, op, out);
        onnx_input(m->e, so_far);
        onnx_input(m->e, onnx_operand(m, i));
        onnx_end(m->e);
        so_far = out;
    }
}

static double value_of(const emission *m, const onnx_twin_attr *attr)
{
    return attr->attr == ONNX_FIXED ? attr->value : dc_node_number(m->node, attr->attr);
}

static void put_attr(const emission *m, const onnx_twin_attr *attr)
{
    const dc_attr_rule *rule = dc_attr_rule_of(m->node->kind, attr->attr);
    if (rule != NULL && rule->form != DC_ATTR_REAL)
        onnx_attr_int(m->e, attr->name, (int64_t)value_of(m, attr));
    else
        onnx_attr_float(m->e, attr->name, value_of(m, attr));
}

void onnx_emit_twin(const emission *m, const onnx_twin *twin)
{
    const uint32_t n = onnx_twin_n_attrs(twin);
    const char *numbers[ONNX_MAX_TWIN_ATTRS] = { NULL };
    onnx_need_opset(m->e, twin->since);
    if (m->node->kind->combine != NULL) {
        emit_chain(m, twin->name);
        return;
    }
    for (uint32_t i = 0; i < n; i++)
        if (twin->attrs[i].input != 0)
            numbers[i] = onnx_number(m->e, m->index, twin->attrs[i].name,
                                     value_of(m, &twin->attrs[i]));
    onnx_begin(m->e, twin->name, m->out);
    onnx_input(m->e, m->in);
    for (uint32_t i = 0; i < m->node->kind->n_params; i++)
        param_input(m, i);
    for (uint32_t i = 0; i < n; i++)
        if (numbers[i] != NULL)
            onnx_input(m->e, numbers[i]);
    for (uint32_t i = 0; i < n; i++)
        if (numbers[i] == NULL)
            put_attr(m, &twin->attrs[i]);
    onnx_end(m->e);
}
