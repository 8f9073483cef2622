/* SPDX-License-Identifier: MIT
 *
 * One node of a model by itself, by its reference op: for callers that walk a graph in arithmetic
 * of their own and have only some of its ops.
 */
#include "op.h"

#include "dcomp/nn.h"

#define MAX_INPUTS 64u

dc_status dc_node_forward_batch(const dc_model *model, uint32_t index, uint32_t n,
                                const float *const *x, float *y)
{
    const dc_node *node = &model->nodes[index];
    const dc_op_code *code = dc_op_code_of(node->op);
    const float *p[DC_MAX_NODE_PARAMS] = { NULL };
    float *state[DC_MAX_NODE_PARAMS] = { NULL };
    const dc_shape *shapes[MAX_INPUTS];
    if (code == NULL || node->n_inputs > MAX_INPUTS)
        return dc_fail(DC_EUNSUPPORTED, "no code for %s of \"%s\" with %u inputs",
                       dc_op_kind_of(node->op)->name, node->name, node->n_inputs);
    for (uint32_t k = 0; k < node->n_inputs; k++)
        shapes[k] = &model->nodes[node->inputs[k]].shape;
    for (uint32_t k = 0; k < DC_MAX_NODE_PARAMS; k++) {
        if (dc_node_param(node, k) == DC_NONE)
            continue;
        state[k] = model->params[dc_node_param(node, k)].values;
        p[k] = state[k];
        if (p[k] == NULL)
            return dc_fail(DC_EINPUT, "weights of \"%s\" are packed", node->name);
    }
    const dc_op_args args = { .node = node, .n = n, .n_inputs = node->n_inputs, .x = x,
                              .x_shapes = shapes, .y = y, .p = p, .p_state = state };
    code->forward(&args);
    return DC_OK;
}

dc_status dc_node_forward(const dc_model *model, uint32_t index, const float *const *x, float *y)
{
    return dc_node_forward_batch(model, index, 1, x, y);
}
