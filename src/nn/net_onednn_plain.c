/* SPDX-License-Identifier: MIT
 *
 * Nodes that oneDNN has nothing for (dropout, softmax, odd pools) run their plain C op inside a net
 * on oneDNN: inputs are brought to row-major float32, the value stays so.
 *
 * A plain backward adds to dx. Where dx is the value's own dy in row-major it adds there, after a
 * zeroing if it is the first; else it fills a zeroed part of its own.
 */
#ifdef DCOMP_HAS_ONEDNN

#include "net_onednn.h"

static void bind_params(dc_dnn_net *net, const dc_node *node, dc_op_args *args, float **p)
{
    float **state = p + DC_MAX_NODE_PARAMS, **dp = state + DC_MAX_NODE_PARAMS;
    for (uint32_t k = 0; k < DC_MAX_NODE_PARAMS; k++) {
        if (dc_node_param(node, k) == DC_NONE ||
            !dc_dnn_param_make_plain(net, dc_node_param(node, k)))
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

dc_status dc_dnn_plain_forward(dc_dnn_net *net, uint32_t index)
{
    const dc_model *model = net->base.model;
    const dc_node *node = &model->nodes[index];
    const dc_op_code *code = dc_op_code_of(node->op);
    dc_arena *arena = &net->base.arena;
    dc_dnn_value *value = &net->values[index];
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
        dc_dnn_value *in = dc_dnn_input(net, node, k);
        dc_dnn_memory *memory =
            dc_dnn_value_as(net, in, dc_dnn_value_plain(net, in, DC_DNN_F32), &net->forward);
        x[k] = memory ? memory->data : NULL; /* the batch itself: set in each step */
        shapes[k] = &model->nodes[node->inputs[k]].shape;
    }
    dc_dnn_value_make(net, value, dc_dnn_value_plain(net, value, DC_DNN_F32), DC_DNN_F32);
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
    dc_dnn_add(net, &net->forward, (dc_dnn_action){ .kind = DC_DNN_PLAIN_FORWARD, .node = index });
    return net->dnn.status < 0 ? net->dnn.status : arena->status;
}

static dc_dnn_memory *target_of(dc_dnn_net *net, dc_dnn_value *in)
{
    const dc_dnn_layout *row_major = dc_dnn_value_plain(net, in, DC_DNN_F32);
    if (in->dy && in->has_gradient && dc_dnn_same(in->dy->layout, row_major))
        return in->dy; /* add to what is there */
    dc_dnn_memory *part = dc_dnn_gradient_begin(net, in, row_major);
    dc_dnn_add(net, &net->backward, (dc_dnn_action){ .kind = DC_DNN_ZERO, .memory = part });
    return part;
}

void dc_dnn_plain_backward(dc_dnn_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    dc_dnn_value *value = &net->values[index];
    dc_dnn_memory *dy = dc_dnn_gradient_as(net, value, dc_dnn_value_plain(net, value, DC_DNN_F32));
    value->plain->dy = dy ? dy->data : NULL;
    dc_dnn_memory **parts = dc_arena_take(&net->base.arena, node->n_inputs, sizeof *parts);
    for (uint32_t k = 0; parts && k < node->n_inputs; k++) {
        dc_dnn_value *in = dc_dnn_input(net, node, k);
        if (!in->wants_gradient)
            continue;
        for (uint32_t before = 0; before < k && !parts[k]; before++)
            if (dc_dnn_input(net, node, before) == in)
                parts[k] = parts[before]; /* the same input twice */
        if (!parts[k])
            parts[k] = target_of(net, in);
        ((float **)(uintptr_t)value->plain->dx)[k] = parts[k] ? parts[k]->data : NULL;
    }
    dc_dnn_add(net, &net->backward,
               (dc_dnn_action){ .kind = DC_DNN_PLAIN_BACKWARD, .node = index });
    for (uint32_t k = 0; parts && k < node->n_inputs; k++) {
        bool is_again = !parts[k];
        for (uint32_t before = 0; before < k; before++)
            is_again |= parts[before] == parts[k];
        if (!is_again)
            dc_dnn_gradient_end(net, dc_dnn_input(net, node, k), parts[k]);
    }
}

#else
typedef int dc_no_onednn_plain;
#endif
