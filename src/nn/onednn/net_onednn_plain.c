/* SPDX-License-Identifier: MIT
 *
 * Nodes that oneDNN has nothing for (dropout, softmax, odd pools) run their plain C op inside a net
 * on oneDNN, layers over time their fast one (fast_steps.h): inputs are brought to row-major
 * float32, the value stays so.
 *
 * A plain backward adds to dx. Where dx is the value's own dy in row-major it adds there, after a
 * zeroing if it is the first; else it fills a zeroed part of its own.
 */
#include <string.h>

#include "net_onednn.h"

static dc_status run_forward(dc_onednn_net *net, const dc_onednn_action *action)
{
    dc_op_bound *op = net->values[action->node].plain;
    const dc_node *node = op->args.node;
    for (uint32_t k = 0; k < node->n_inputs; k++)
        if (net->values[node->inputs[k]].root == 0)
            op->x[k] = net->base.x;
    dc_op_forward(op, &net->base, net->step);
    return DC_OK;
}

static dc_status run_backward(dc_onednn_net *net, const dc_onednn_action *action)
{
    dc_op_backward(net->values[action->node].plain);
    return DC_OK;
}

static dc_status run_zero(dc_onednn_net *net, const dc_onednn_action *action)
{
    (void)net;
    memset(action->to->data, 0, dc_dnn_layout_bytes(action->to->layout));
    return DC_OK;
}

dc_status dc_onednn_plain_forward(dc_onednn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    dc_arena *arena = &net->base.arena;
    dc_onednn_value *value = &net->values[index];
    for (uint32_t k = 0; k < node->kind->n_params; k++)
        if (node->params[k] != DC_NONE &&
            (net->base.settings.sparse == NULL ||
             net->base.settings.sparse[node->params[k]] == NULL))
            dc_onednn_param_make_plain(net, node->params[k]);
    dc_op_bound *op = dc_arena_take(arena, 1, sizeof *op);
    DC_TRY(arena->status);
    DC_TRY(dc_op_bind(op, &net->base, index, dc_op_code_fast(node, net->type == DC_DNN_BF16)));
    for (uint32_t k = 0; k < node->n_inputs; k++) {
        dc_onednn_value *in = dc_onednn_input(net, node, k);
        dc_dnn_memory *memory =
            dc_onednn_value_as(net, in, dc_onednn_value_plain(net, in, DC_DNN_F32), &net->forward);
        op->x[k] = memory ? memory->data : NULL; /* the batch itself: set in each step */
    }
    dc_onednn_value_make(net, value, dc_onednn_value_plain(net, value, DC_DNN_F32), DC_DNN_F32);
    op->args.y = value->y ? value->y->data : NULL;
    value->plain = op;
    dc_onednn_add(net, &net->forward, (dc_onednn_action){ .run = run_forward, .node = index });
    return net->dnn.status < 0 ? net->dnn.status : arena->status;
}

static dc_dnn_memory *target_of(dc_onednn_net *net, dc_onednn_value *in)
{
    const dc_dnn_layout *row_major = dc_onednn_value_plain(net, in, DC_DNN_F32);
    if (in->dy && in->has_gradient && dc_dnn_same(in->dy->layout, row_major))
        return in->dy; /* add to what is there */
    dc_dnn_memory *part = dc_onednn_gradient_begin(net, in, row_major);
    dc_onednn_add(net, &net->backward, (dc_onednn_action){ .run = run_zero, .to = part });
    return part;
}

void dc_onednn_plain_backward(dc_onednn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    dc_onednn_value *value = &net->values[index];
    dc_dnn_memory *dy =
        dc_onednn_gradient_as(net, value, dc_onednn_value_plain(net, value, DC_DNN_F32));
    value->plain->args.dy = dy ? dy->data : NULL;
    dc_dnn_memory **parts = dc_arena_take(&net->base.arena, node->n_inputs, sizeof *parts);
    for (uint32_t k = 0; parts && k < node->n_inputs; k++) {
        dc_onednn_value *in = dc_onednn_input(net, node, k);
        if (!in->needs_gradient)
            continue;
        for (uint32_t before = 0; before < k && !parts[k]; before++)
            if (dc_onednn_input(net, node, before) == in)
                parts[k] = parts[before]; /* the same input twice */
        if (!parts[k])
            parts[k] = target_of(net, in);
        value->plain->dx[k] = parts[k] ? parts[k]->data : NULL;
    }
    dc_onednn_add(net, &net->backward,
               (dc_onednn_action){ .run = run_backward, .node = index });
    for (uint32_t k = 0; parts && k < node->n_inputs; k++) {
        bool is_again = !parts[k];
        for (uint32_t before = 0; before < k; before++)
            is_again |= parts[before] == parts[k];
        if (!is_again)
            dc_onednn_gradient_end(net, dc_onednn_input(net, node, k), parts[k]);
    }
}
