/* SPDX-License-Identifier: MIT
 *
 * Layers become two [Denton 2014; the SVD row of NIPS15]: the graph is built anew, with two nodes
 * where a layer is factored. The second keeps the name, so that what reads it, its bias and the
 * network's output are called as before. Of a 1x1 convolution the first has strides and pads: what
 * is padded are zeros, and without a bias they stay so.
 */
#include "factor.h"

#include <string.h>

/* The graph that is made, and where its nodes came from. */
typedef struct factor_work {
    const dc_model *from;
    dc_model *to;
    const dc_factor_plan *plan;
    uint32_t *places; /* (from->n_nodes) in `to` */
    dc_arena *arena;
} factor_work;

static void copy_param(dc_param *to, const dc_param *from)
{
    memcpy(to->values, from->values, from->n_values * sizeof *to->values);
    to->is_pruned = from->is_pruned;
    to->is_shared = from->is_shared;
}

/* "fc1_in", or "fc1_in2" where that is taken. */
static const char *name_of_first(const dc_model *model, const char *layer, dc_arena *arena)
{
    const char *name = dc_arena_print(arena, "%s_in", layer);
    for (uint32_t i = 2; arena->status == DC_OK && dc_model_node(model, name) != DC_NONE; i++)
        name = dc_arena_print(arena, "%s_in%u", layer, i);
    return name;
}

static dc_status add_nodes(factor_work *w, const dc_node *node, uint32_t rank)
{
    double attrs[DC_N_ATTRS], second[DC_N_ATTRS];
    const uint32_t input = w->places[node->inputs[0]];
    const char *name = name_of_first(w->from, node->name, w->arena);
    DC_TRY(w->arena->status);
    dc_attrs_of(attrs, node);
    dc_attrs_init(second, node->op);
    second[DC_ATTR_N_OUTPUTS] = attrs[DC_ATTR_N_OUTPUTS];
    second[DC_ATTR_BIAS] = attrs[DC_ATTR_BIAS];
    second[DC_ATTR_AXIS] = attrs[DC_ATTR_AXIS];
    attrs[DC_ATTR_N_OUTPUTS] = rank;
    attrs[DC_ATTR_BIAS] = 0;
    DC_TRY(dc_model_add(w->to, name, node->op, &input, 1, attrs, true));
    const uint32_t first = w->to->n_nodes - 1;
    DC_TRY(dc_model_add(w->to, node->name, node->op, &first, 1, second, true));
    w->places[node - w->from->nodes] = first + 1;
    return DC_OK;
}

static dc_status add_factors(factor_work *w, uint32_t index, dc_factored *layer)
{
    dc_arena scratch = { 0 };
    dc_svd svd;
    const dc_node *node = &w->from->nodes[index];
    DC_TRY(add_nodes(w, node, layer->rank));
    const dc_node *first = &w->to->nodes[w->to->n_nodes - 2], *second = first + 1;
    const dc_status status =
        dc_svd_make(&svd, w->from->params[dc_node_param(node, 0)].values, layer->n_rows,
                    layer->n_cols, true, &scratch);
    if (status == DC_OK) {
        layer->energy = dc_svd_energy(&svd, layer->rank);
        dc_svd_factors(w->to->params[dc_node_param(first, 0)].values,
                       w->to->params[dc_node_param(second, 0)].values, &svd, layer->n_rows,
                       layer->n_cols, layer->rank);
    }
    dc_arena_clear(&scratch);
    DC_TRY(dc_fail_within(status, layer->layer));
    if (dc_node_param(node, 1) != DC_NONE)
        copy_param(&w->to->params[dc_node_param(second, 1)],
                   &w->from->params[dc_node_param(node, 1)]);
    return DC_OK;
}

static dc_factored *layer_at(const dc_factor_plan *plan, uint32_t node)
{
    for (uint32_t i = 0; i < plan->n; i++)
        if (plan->nodes[i] == node && dc_factored_is_done(&plan->layers[i]))
            return &plan->layers[i];
    return NULL;
}

static dc_status build(factor_work *w)
{
    for (uint32_t i = 1; i < w->from->n_nodes; i++) {
        dc_factored *layer = layer_at(w->plan, i);
        dc_progress(layer != NULL ? "factors" : "nodes", i, w->from->n_nodes,
                    w->from->nodes[i].name);
        DC_TRY(layer != NULL ? add_factors(w, i, layer)
                             : dc_model_add_copy(w->to, NULL, w->from, i, w->places));
    }
    return dc_model_copy_facts(w->to, w->from);
}

static dc_status check_plan(const dc_factor_plan *plan)
{
    for (uint32_t i = 0; i < plan->n; i++)
        if (dc_factored_is_done(&plan->layers[i]))
            return DC_OK;
    if (plan->n == 0)
        return dc_fail(DC_EINPUT, "there is no layer to factor");
    return dc_fail(DC_EINPUT, "there is nothing to factor: '%s' %s%s", plan->layers[0].layer,
                   plan->layers[0].reason, plan->n > 1 ? ", as others" : "");
}

dc_status dc_factor(dc_model **model, const dc_factor_settings *settings, dc_factored **layers,
                    uint32_t *n, dc_arena *arena)
{
    dc_factor_plan plan;
    factor_work w = { .from = *model, .plan = &plan, .arena = arena };
    DC_TRY(dc_factor_plan_make(&plan, *model, settings, arena));
    DC_TRY(check_plan(&plan));
    w.places = dc_arena_take(arena, w.from->n_nodes, sizeof *w.places);
    DC_TRY(arena->status);
    DC_TRY(dc_model_new(&w.to, w.from->name, &w.from->input));
    const dc_status status = build(&w);
    if (status < 0) {
        dc_model_free(w.to);
        return status;
    }
    for (uint32_t i = 0; i < plan.n; i++) /* the name goes with the old model */
        plan.layers[i].layer = dc_arena_text(arena, plan.layers[i].layer);
    dc_model_free(*model);
    *model = w.to;
    *layers = plan.layers;
    *n = plan.n;
    return arena->status;
}
