/* SPDX-License-Identifier: MIT
 *
 * Nodes that oneDNN has nothing for (dropout, softmax, odd pools) run their plain C op inside a net
 * on oneDNN: inputs are brought to row-major float32, the value stays so.
 *
 * A plain backward adds to dx. Where dx is the value's own dy in row-major it adds there, after a
 * zeroing if it is the first; else it fills a zeroed part of its own.
 */
#include <string.h>

#include "net_onednn.h"

static dc_status run_forward(dc_onednn_net *net, const dc_onednn_action *action)
{
    dc_op_args *args = net->values[action->node].plain;
    const dc_node *node = args->node;
    const uint64_t key[2] = { net->step, action->node };
    for (uint32_t k = 0; k < node->n_inputs; k++)
        if (net->values[node->inputs[k]].root == 0)
            ((const float **)(uintptr_t)args->x)[k] = net->base.x;
    args->seed = dc_hash64(net->base.settings.seed, key, sizeof key);
    args->ratio = net->base.ratios[action->node];
    dc_op_code_of(node->op)->forward(args);
    return DC_OK;
}

static dc_status run_backward(dc_onednn_net *net, const dc_onednn_action *action)
{
    const dc_op_args *args = net->values[action->node].plain;
    dc_op_code_of(args->node->op)->backward(args);
    return DC_OK;
}

static dc_status run_zero(dc_onednn_net *net, const dc_onednn_action *action)
{
    (void)net;
    memset(action->to->data, 0, dc_dnn_layout_bytes(action->to->layout));
    return DC_OK;
}

static void bind_params(dc_onednn_net *net, const dc_node *node, dc_op_args *args, float **p)
{
    float **state = p + DC_MAX_NODE_PARAMS, **dp = state + DC_MAX_NODE_PARAMS;
    for (uint32_t k = 0; k < DC_MAX_NODE_PARAMS; k++) {
        if (dc_node_param(node, k) == DC_NONE ||
            !dc_onednn_param_make_plain(net, dc_node_param(node, k)))
            continue;
        const dc_net_param *param = &net->base.params[dc_node_param(node, k)];
        p[k] = param->w;
        dp[k] = param->dw;
        state[k] = param->dw ? NULL : param->w;
    }
    args->p = (const float *const *)p;
    args->p_state = state;
    args->dp = dp;
}

dc_status dc_onednn_plain_forward(dc_onednn_net *net, uint32_t index)
{
    const dc_model *model = net->base.model;
    const dc_node *node = &model->nodes[index];
    const dc_op_code *code = dc_op_code_of(node->op);
    dc_arena *arena = &net->base.arena;
    dc_onednn_value *value = &net->values[index];
    if (!code || (net->base.settings.is_training && !code->backward))
        return dc_fail(DC_EUNSUPPORTED, "no code for %s of \"%s\"", dc_op_kind_of(node->op)->name,
                       node->name);
    dc_op_args *args = dc_arena_take(arena, 1, sizeof *args);
    const float **x = dc_arena_take(arena, node->n_inputs, sizeof *x);
    float **dx = dc_arena_take(arena, node->n_inputs, sizeof *dx);
    const dc_shape **shapes = dc_arena_take(arena, node->n_inputs, sizeof *shapes);
    float **p = dc_arena_take(arena, 3 * DC_MAX_NODE_PARAMS, sizeof *p);
    DC_TRY(arena->status);
    for (uint32_t k = 0; k < node->n_inputs; k++) {
        dc_onednn_value *in = dc_onednn_input(net, node, k);
        dc_dnn_memory *memory =
            dc_onednn_value_as(net, in, dc_onednn_value_plain(net, in, DC_DNN_F32), &net->forward);
        x[k] = memory ? memory->data : NULL; /* the batch itself: set in each step */
        shapes[k] = &model->nodes[node->inputs[k]].shape;
    }
    dc_onednn_value_make(net, value, dc_onednn_value_plain(net, value, DC_DNN_F32), DC_DNN_F32);
    *args = (dc_op_args){ .node = node,
                          .n = net->base.settings.batch_size,
                          .n_inputs = node->n_inputs,
                          .x = x,
                          .x_shapes = shapes,
                          .dx = dx,
                          .is_training = net->base.settings.is_training };
    bind_params(net, node, args, p);
    if (args->is_training && code->cache_bytes)
        args->cache = dc_arena_take(arena, code->cache_bytes(node, shapes, args->n), 1);
    args->y = value->y ? value->y->data : NULL;
    value->plain = args;
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
    value->plain->dy = dy ? dy->data : NULL;
    dc_dnn_memory **parts = dc_arena_take(&net->base.arena, node->n_inputs, sizeof *parts);
    for (uint32_t k = 0; parts && k < node->n_inputs; k++) {
        dc_onednn_value *in = dc_onednn_input(net, node, k);
        if (!in->wants_gradient)
            continue;
        for (uint32_t before = 0; before < k && !parts[k]; before++)
            if (dc_onednn_input(net, node, before) == in)
                parts[k] = parts[before]; /* the same input twice */
        if (!parts[k])
            parts[k] = target_of(net, in);
        ((float **)(uintptr_t)value->plain->dx)[k] = parts[k] ? parts[k]->data : NULL;
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
