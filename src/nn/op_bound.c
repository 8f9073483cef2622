/* SPDX-License-Identifier: MIT
 *
 * Reference ops inside a net: of the reference backend all, of oneDNN's those that the library has
 * nothing for.
 */
#include "op_bound.h"

static void bind_params(dc_op_bound *b, const dc_net *net, float **p, const dc_sparse **sparse)
{
    const dc_node *node = b->args.node;
    const uint32_t n = node->kind->n_params;
    float **state = p + n, **dp = state + n;
    for (uint32_t k = 0; k < n; k++) {
        if (node->params[k] == DC_NONE)
            continue;
        const dc_net_param *param = &net->params[node->params[k]];
        p[k] = param->w;
        sparse[k] = net->settings.sparse != NULL ? net->settings.sparse[node->params[k]] : NULL;
        dp[k] = param->dw;
        state[k] = param->dw ? NULL : param->w;
    }
    b->args.p = (const float *const *)p;
    b->args.sparse = sparse;
    b->args.p_state = state;
    b->args.dp = dp;
}

dc_status dc_op_bind(dc_op_bound *out, dc_net *net, uint32_t index, const dc_op_code *code)
{
    const dc_node *node = &net->model->nodes[index];
    const bool is_training = net->settings.is_training;
    dc_arena *arena = &net->arena;
    dc_op_bound b = { .code = code };
    if (!b.code || (is_training && !b.code->backward))
        return dc_fail(DC_EUNSUPPORTED, "no code for %s of '%s'", node->kind->name, node->name);
    b.x = dc_arena_take(arena, node->n_inputs, sizeof *b.x);
    b.dx = dc_arena_take(arena, node->n_inputs, sizeof *b.dx);
    const dc_shape **shapes = dc_arena_take(arena, node->n_inputs, sizeof *shapes);
    float **p = dc_arena_take(arena, 3u * node->kind->n_params, sizeof *p);
    const dc_sparse **sparse = dc_arena_take(arena, node->kind->n_params, sizeof *sparse);
    DC_TRY(arena->status);
    for (uint32_t k = 0; k < node->n_inputs; k++)
        shapes[k] = &net->model->nodes[node->inputs[k]].shape;
    b.args = (dc_op_args){ .node = node,
                           .n = net->settings.batch_size,
                           .n_inputs = node->n_inputs,
                           .x = b.x,
                           .x_shapes = shapes,
                           .dx = b.dx,
                           .state_stride = net->n_carried,
                           .is_training = is_training };
    bind_params(&b, net, p, sparse);
    const uint64_t n_bytes = dc_op_cache_bytes(b.code, node, shapes, b.args.n, is_training);
    if (n_bytes > 0)
        b.args.cache = dc_arena_take(arena, n_bytes, 1);
    for (uint32_t i = 0; i < index; i++)
        if (net->model->nodes[i].kind->n_carried != NULL)
            b.state_at += net->model->nodes[i].kind->n_carried(net->model, &net->model->nodes[i]);
    *out = b;
    return arena->status;
}

void dc_op_forward(dc_op_bound *bound, const dc_net *net, uint64_t step)
{
    const uint32_t index = (uint32_t)(bound->args.node - net->model->nodes);
    const uint64_t key[2] = { step, index };
    bound->args.seed = dc_hash64(net->settings.seed, key, sizeof key);
    bound->args.lengths = net->lengths;
    bound->args.state = net->state != NULL ? net->state + bound->state_at : NULL;
    bound->args.ratio = net->ratios[index];
    bound->code->forward(&bound->args);
}

void dc_op_backward(const dc_op_bound *bound)
{
    bound->code->backward(&bound->args);
}
