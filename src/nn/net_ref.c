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
#include "op_bound.h"

typedef struct step { /* one a node */
    dc_op_bound op;
    float *dy;
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

static bool ref_has(dc_precision precision)
{
    return precision == DC_PRECISION_F32;
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
    step *s = &net->steps[index];
    DC_TRY(dc_op_bind(&s->op, &net->base, index, dc_op_code_of(node->op)));
    s->n_values = net->base.settings.batch_size * dc_shape_count(&node->shape);
    s->op.args.y = net->buffers[net->plan.values[index].buffer];
    float *dy = net->base.settings.is_training
                    ? dc_arena_take(&net->base.arena, s->n_values, sizeof *dy)
                    : NULL;
    s->op.args.dy = dy;
    for (uint32_t k = 0; k < node->n_inputs; k++) { /* steps before this one */
        const dc_plan_value *value = &net->plan.values[node->inputs[k]];
        const step *from = &net->steps[value->root];
        s->op.x[k] = from->op.args.y;
        s->op.dx[k] = value->needs_gradient ? from->dy : NULL;
    }
    s->dy = dy;
    return net->base.arena.status;
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
    const step *last = &net->steps[net->plan.values[net->base.settings.output].root];
    net->base.logits = last->op.args.y;
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
    DC_TRY(dc_executor_check(&dc_executor_ref, settings->precision));
    DC_TRY(dc_net_init(&net, sizeof(ref_net), &dc_executor_ref, model, settings));
    const dc_status status = compile((ref_net *)net);
    if (status < 0) {
        ref_free(net);
        return status;
    }
    *out = net;
    return DC_OK;
}

static dc_status ref_forward(dc_net *base, uint64_t step_number)
{
    ref_net *net = (ref_net *)base;
    for (uint32_t i = 0; i < net->plan.n_steps; i++) {
        step *s = &net->steps[net->plan.steps[i]];
        const dc_node *node = s->op.args.node;
        for (uint32_t k = 0; k < node->n_inputs; k++)
            if (net->plan.values[node->inputs[k]].root == 0)
                s->op.x[k] = base->x; /* where the caller has it */
        const double began = base->seconds != NULL ? dc_clock_seconds() : 0;
        dc_op_forward(&s->op, base, step_number);
        if (base->seconds != NULL)
            base->seconds[net->plan.steps[i]] += dc_clock_seconds() - began;
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
        if (net->plan.values[net->plan.steps[i]].needs_gradient)
            dc_op_backward(&net->steps[net->plan.steps[i]].op);
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
    .has = ref_has,
    .compile = ref_compile,
    .free = ref_free,
    .forward = ref_forward,
    .backward = ref_backward,
    .changed = ref_changed,
    .load = ref_load,
    .store = ref_store,
};
