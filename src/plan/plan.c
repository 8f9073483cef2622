/* SPDX-License-Identifier: MIT
 *
 * What is run: nodes that the output needs, less those that are views or done within another node.
 *
 * In prediction a batch norm is a factor and a shift for each channel: a convolution that nobody
 * else reads holds both in its weights and bias. A pointwise op behind a matrix op (or behind such
 * a norm) with no other reader can be done where the result is written.
 */
#include "plan_buffers.h"

typedef struct planner {
    dc_plan plan;
    const dc_model *model;
    const dc_plan_settings *settings;
} planner;

static bool has_params(const dc_model *model, const dc_node *node)
{
    for (uint32_t k = 0; k < node->kind->n_params; k++)
        if (node->params[k] != DC_NONE && model->params[node->params[k]].n_values > 0)
            return true;
    return false;
}

static void find_live(planner *p)
{
    dc_plan_value *values = p->plan.values;
    const dc_node *nodes = p->model->nodes;
    values[0].is_live = values[p->settings->output].is_live = true;
    for (uint32_t i = p->settings->output; i > 0; i--)
        for (uint32_t k = 0; values[i].is_live && k < nodes[i].n_inputs; k++) {
            values[nodes[i].inputs[k]].is_live = true;
            values[nodes[i].inputs[k]].n_readers++;
        }
    for (uint32_t i = 0; i < p->plan.n_nodes; i++) {
        values[i].root = i;
        values[i].buffer = values[i].last_reader = DC_NONE;
        values[i].needs_gradient = has_params(p->model, &nodes[i]);
        for (uint32_t k = 0; k < nodes[i].n_inputs; k++)
            values[i].needs_gradient |= values[nodes[i].inputs[k]].needs_gradient;
    }
}

static void fold_norms(planner *p)
{
    const dc_node *nodes = p->model->nodes;
    for (uint32_t i = 1; i < p->plan.n_nodes; i++) {
        if (nodes[i].op != DC_OP_BATCH_NORM || !p->plan.values[i].is_live)
            continue;
        const uint32_t maker = nodes[i].inputs[0];
        if (nodes[maker].op != DC_OP_CONV || p->plan.values[maker].n_readers != 1)
            continue;
        p->plan.values[maker].norm = i;
        p->plan.values[i].root = maker;
    }
}

static void fuse_curves(planner *p)
{
    const dc_node *nodes = p->model->nodes;
    for (uint32_t i = 1; i < p->plan.n_nodes; i++) {
        const dc_node *node = &nodes[i];
        if (!p->plan.values[i].is_live || node->kind->curve == NULL ||
            p->plan.values[node->inputs[0]].n_readers != 1)
            continue;
        const uint32_t maker = p->plan.values[node->inputs[0]].root;
        if ((nodes[maker].kind->traits & DC_MATRIX) == 0 || p->plan.values[maker].curve != 0 ||
            !p->settings->can_fuse(p->settings->payload, &nodes[maker], node))
            continue;
        p->plan.values[maker].curve = i;
        p->plan.values[i].root = maker;
    }
}

/* The output is no view of the input: the input is the caller's, at another address each time. */
static bool is_view(const planner *p, uint32_t i)
{
    const dc_node *node = &p->model->nodes[i];
    if (p->settings->keeps_views || (node->kind->traits & DC_VIEW) == 0 ||
        (p->settings->is_training && node->op == DC_OP_DROPOUT))
        return false;
    return i != p->settings->output || p->plan.values[node->inputs[0]].root != 0;
}

/* Nodes are in topological order, so one walk finds all roots. */
static void find_steps(planner *p)
{
    const dc_node *nodes = p->model->nodes;
    for (uint32_t i = 1; i < p->plan.n_nodes; i++) {
        dc_plan_value *value = &p->plan.values[i];
        if (!value->is_live)
            continue;
        if (value->root == i && is_view(p, i))
            value->root = p->plan.values[nodes[i].inputs[0]].root;
        if (value->root == i)
            p->plan.steps[p->plan.n_steps++] = i;
    }
}

dc_status dc_plan_make(dc_plan *out, const dc_model *model, const dc_plan_settings *settings,
                       dc_arena *arena)
{
    planner p = { .model = model, .settings = settings };
    p.plan.n_nodes = settings->output + 1;
    p.plan.values = dc_arena_take(arena, p.plan.n_nodes, sizeof *p.plan.values);
    p.plan.steps = dc_arena_take(arena, p.plan.n_nodes, sizeof *p.plan.steps);
    p.plan.buffer_values = dc_arena_take(arena, p.plan.n_nodes, sizeof *p.plan.buffer_values);
    DC_TRY(arena->status);
    find_live(&p);
    if (settings->folds_norms && !settings->is_training)
        fold_norms(&p);
    if (settings->can_fuse != NULL)
        fuse_curves(&p);
    find_steps(&p);
    DC_TRY(plan_buffers(&p.plan, model, settings, arena));
    *out = p.plan;
    return DC_OK;
}
