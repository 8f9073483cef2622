/* SPDX-License-Identifier: MIT
 *
 * How many weights of each layer stay: by its own rule of density or sensitivity, or by its share
 * of one density over all layers that no rule matches. A layer of nothing but zeros that was
 * never pruned is left to be trained first: its weights say nothing of which may go.
 *
 * In gradual pruning [Zhu and Gupta 2017] density falls fast at first, when much is redundant, and
 * slowly in the end: end + (start - end) (1 - step / n_steps)^3.
 */
#include <math.h>

#include "magnitude.h"

/* False when the layer has no rule of its own. Sensitivity is about magnitudes, whatever the
 * saliency is. */
static bool count_by_rule(uint64_t *n_keep, const dc_param *param, const char *layer,
                          const dc_prune_settings *settings)
{
    double value = 0;
    if (dc_rules_find(&value, &settings->density, layer)) {
        *n_keep = dc_density_count(value, settings->of_present ? dc_param_n_nonzero(param)
                                                               : param->n_values);
        return true;
    }
    if (!dc_rules_find(&value, &settings->sensitivity, layer))
        return false;
    const dc_spread spread = dc_spread_of(param->values, param->n_values);
    *n_keep = dc_magnitude_count(param->values, param->n_values, value * spread.deviation);
    return true;
}

static bool has_rule(const dc_prune_settings *settings, const char *layer)
{
    double value;
    return dc_rules_find(&value, &settings->density, layer) ||
           dc_rules_find(&value, &settings->sensitivity, layer);
}

/* What a layer over time multiplies, and the layer that makes its inputs, have the rows of each
 * gate one below the other. */
static uint32_t gates_of(const dc_model *model, const dc_param *param)
{
    uint32_t n_gates = model->nodes[param->node].kind->n_gates;
    if (param->role != DC_ROLE_WEIGHT)
        return 1;
    for (uint32_t i = 0; i < model->n_nodes && n_gates == 0; i++) {
        const dc_node *node = &model->nodes[i];
        if (node->kind->n_gates > 0 && node->inputs[0] == param->node)
            n_gates = node->kind->n_gates;
    }
    return n_gates > 0 && param->shape.dims[0] % n_gates == 0 ? n_gates : 1;
}

dc_status dc_budget_make(dc_budget *out, const dc_model *model, const dc_prune_settings *settings,
                         dc_arena *arena)
{
    uint32_t n = 0, n_own = 0;
    dc_param **const all = dc_weight_params(&n, model, arena);
    dc_share *const own = dc_arena_take(arena, n, sizeof *own);
    dc_budget b = { .shares = dc_arena_take(arena, n, sizeof *b.shares) };
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < n; i++) {
        const char *layer = model->nodes[all[i]->node].name;
        dc_share share = { .param = all[i], .n_gates = gates_of(model, all[i]) };
        if (!has_rule(settings, layer) && !(settings->global_density > 0))
            continue;
        DC_TRY(dc_weights_check(all[i], layer));
        if (dc_param_is_blank(all[i])) {
            dc_warn("all weights of '%s' are 0 but it is not pruned: train it first", layer);
            continue;
        }
        if (count_by_rule(&share.n_keep, all[i], layer, settings))
            own[n_own++] = share;
        else
            b.shares[b.n++] = share;
    }
    b.n_global = b.n;
    for (uint32_t i = 0; i < n_own; i++)
        b.shares[b.n++] = own[i];
    *out = b;
    return DC_OK;
}

double dc_prune_schedule(double start, double end, uint32_t step, uint32_t n_steps)
{
    if (step >= n_steps)
        return end;
    const double left = 1 - (double)step / n_steps;
    return end + (start - end) * left * left * left;
}
