/* SPDX-License-Identifier: MIT
 *
 * The reference backend: every step of the plan by its plain C op on row-major arrays. Slow and
 * obvious; what other backends are compared with.
 *
 * In prediction values share the plan's buffers and views are no steps. In training each live node
 * has a value y and its gradient dy, which the nodes it feeds add to; a view is copied, so that
 * gradients are added in one order whatever reads it. Stored order of parameters is row-major
 * itself.
 */
#include <string.h>

#include "dcomp/plan.h"
#include "net.h"
#include "op.h"

typedef struct step { /* one a node */
    dc_op_args args;
    const dc_op_code *code;
    float *y, *dy;
    uint64_t n_values; /* in y, whole batch */
} step;

typedef struct ref_net {
    dc_net base;
    dc_plan plan;
    float **buffers;
    step *steps;
} ref_net;

static const char *ref_text(void)
{
    return "reference";
}

static bool ref_has_bf16(void)
{
    return false;
}

static dc_status make_params(ref_net *net)
{
    const dc_model *model = net->base.model;
    dc_arena *arena = &net->base.arena;
    for (uint32_t i = 0; i < model->n_params; i++) {
        const dc_param *param = &model->params[i];
        dc_net_param *mine = &net->base.params[i];
        if (param->node >= net->plan.n_nodes || !net->plan.values[param->node].is_live)
            continue;
        const bool is_state = param->role == DC_ROLE_MEAN || param->role == DC_ROLE_VARIANCE;
        mine->n_stored = param->n_values;
        mine->w = dc_arena_take(arena, param->n_values, sizeof(float));
        if (net->base.settings.is_training && !is_state)
            mine->dw = dc_arena_take(arena, param->n_values, sizeof(float));
    }
    return arena->status;
}

static dc_status make_step(ref_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    const dc_net_settings *settings = &net->base.settings;
    step *s = &net->steps[index];
    s->code = dc_op_code_of(node->op);
    s->n_values = settings->batch_size * dc_shape_count(&node->shape);
    if (!s->code || (settings->is_training && !s->code->backward))
        return dc_fail(DC_EUNSUPPORTED, "no code for %s of \"%s\"", node->kind->name, node->name);
    s->y = net->buffers[net->plan.values[index].buffer];
    if (settings->is_training)
        s->dy = dc_arena_take(&net->base.arena, s->n_values, sizeof(float));
    return net->base.arena.status;
}

static dc_status bind_step(ref_net *net, uint32_t index)
{
    const dc_model *model = net->base.model;
    const dc_node *node = &model->nodes[index];
    dc_arena *arena = &net->base.arena;
    step *s = &net->steps[index];
    const float **x = dc_arena_take(arena, node->n_inputs, sizeof *x);
    float **dx = dc_arena_take(arena, node->n_inputs, sizeof *dx);
    const dc_shape **shapes = dc_arena_take(arena, node->n_inputs, sizeof *shapes);
    float **p = dc_arena_take(arena, 3 * DC_MAX_NODE_PARAMS, sizeof *p);
    DC_TRY(arena->status);
    float **state = p + DC_MAX_NODE_PARAMS, **dp = state + DC_MAX_NODE_PARAMS;
    for (uint32_t k = 0; k < node->n_inputs; k++) {
        const dc_plan_value *value = &net->plan.values[node->inputs[k]];
        const step *from = &net->steps[value->root];
        x[k] = from->y;
        dx[k] = value->wants_gradient ? from->dy : NULL;
        shapes[k] = &model->nodes[node->inputs[k]].shape;
    }
    for (uint32_t k = 0; k < DC_MAX_NODE_PARAMS; k++) {
        if (dc_node_param(node, k) == DC_NONE)
            continue;
        const dc_net_param *param = &net->base.params[dc_node_param(node, k)];
        p[k] = param->w;
        dp[k] = param->dw;
        state[k] = param->dw ? NULL : param->w;
    }
    s->args = (dc_op_args){
        .node = node,
        .n = net->base.settings.batch_size,
        .n_inputs = node->n_inputs,
        .x = x,
        .x_shapes = shapes,
        .y = s->y,
        .p = (const float *const *)p,
        .p_state = state,
        .dy = s->dy,
        .dx = dx,
        .dp = dp,
        .is_training = net->base.settings.is_training,
    };
    if (s->args.is_training && s->code->cache_bytes)
        s->args.cache = dc_arena_take(arena, s->code->cache_bytes(node, shapes, s->args.n), 1);
    return arena->status;
}

static dc_status make_plan(ref_net *net)
{
    const dc_net_settings *settings = &net->base.settings;
    const dc_plan_settings wanted = { .output = settings->output,
                                      .is_training = settings->is_training,
                                      .keeps_views = settings->is_training };
    dc_arena *arena = &net->base.arena;
    DC_TRY(dc_plan_make(&net->plan, net->base.model, &wanted, arena));
    net->steps = dc_arena_take(arena, net->plan.n_nodes, sizeof *net->steps);
    net->buffers = dc_arena_take(arena, net->plan.n_buffers, sizeof *net->buffers);
    DC_TRY(arena->status);
    for (uint32_t b = 0; b < net->plan.n_buffers; b++)
        net->buffers[b] = dc_arena_take(
            arena, settings->batch_size * net->plan.buffer_values[b], sizeof(float));
    return arena->status;
}

static dc_status compile(ref_net *net)
{
    DC_TRY(make_plan(net));
    DC_TRY(make_params(net));
    for (uint32_t s = 0; s < net->plan.n_steps; s++)
        DC_TRY(make_step(net, net->plan.steps[s]));
    for (uint32_t s = 0; s < net->plan.n_steps; s++)
        DC_TRY(bind_step(net, net->plan.steps[s]));
    const step *last = &net->steps[net->plan.values[net->base.settings.output].root];
    net->base.logits = last->y;
    net->base.d_logits = last->dy;
    return DC_OK;
}

static void ref_free(dc_net *net)
{
    dc_net_dispose(net);
}

static dc_status ref_compile(dc_net **out, const dc_model *model, const dc_net_settings *settings)
{
    dc_net *net = NULL;
    if (settings->precision == DC_PRECISION_BF16)
        return dc_fail(DC_EUNSUPPORTED, "the reference backend has no bf16");
    DC_TRY(dc_net_init(&net, sizeof(ref_net), &dc_executor_ref, model, settings));
    const dc_status status = compile((ref_net *)net);
    if (status < 0) {
        ref_free(net);
        return status;
    }
    *out = net;
    return DC_OK;
}

/* The batch is where the caller has it: steps that read the input are pointed there. */
static void point_to_input(ref_net *net, uint32_t index)
{
    const dc_node *node = &net->base.model->nodes[index];
    for (uint32_t k = 0; k < node->n_inputs; k++)
        if (net->plan.values[node->inputs[k]].root == 0)
            ((const float **)(uintptr_t)net->steps[index].args.x)[k] = net->base.x;
}

static dc_status ref_forward(dc_net *base, uint64_t step_number)
{
    ref_net *net = (ref_net *)base;
    for (uint32_t i = 0; i < net->plan.n_steps; i++) {
        const uint32_t index = net->plan.steps[i];
        const uint64_t key[2] = { step_number, index };
        step *s = &net->steps[index];
        point_to_input(net, index);
        s->args.seed = dc_hash64(base->settings.seed, key, sizeof key);
        s->args.ratio = base->ratios[index];
        s->code->forward(&s->args);
    }
    return DC_OK;
}

static dc_status ref_backward(dc_net *base)
{
    ref_net *net = (ref_net *)base;
    for (uint32_t i = 0; i + 1 < net->plan.n_steps; i++) {
        const step *s = &net->steps[net->plan.steps[i]];
        memset(s->dy, 0, s->n_values * sizeof(float));
    }
    for (uint32_t i = net->plan.n_steps; i-- > 0;)
        if (net->plan.values[net->plan.steps[i]].wants_gradient)
            net->steps[net->plan.steps[i]].code->backward(&net->steps[net->plan.steps[i]].args);
    return DC_OK;
}

static void ref_changed(dc_net *net)
{
    (void)net;
}

static dc_status ref_load(dc_net *net, uint32_t param, float *stored, const float *values)
{
    memcpy(stored, values, net->params[param].n_stored * sizeof *stored);
    return DC_OK;
}

static dc_status ref_store(dc_net *net, uint32_t param, float *values, const float *stored)
{
    memcpy(values, stored, net->params[param].n_stored * sizeof *values);
    return DC_OK;
}

const dc_executor dc_executor_ref = {
    .name = "ref",
    .text = ref_text,
    .has_bf16 = ref_has_bf16,
    .compile = ref_compile,
    .free = ref_free,
    .forward = ref_forward,
    .backward = ref_backward,
    .changed = ref_changed,
    .load = ref_load,
    .store = ref_store,
};
