/* SPDX-License-Identifier: MIT
 *
 * Magnitude pruning of a model [NIPS15; DC 2]: settings become a number of weights that stay,
 * layer by layer, and the largest stay. Layers with no rule of their own share the global density,
 * if there is one. A layer of nothing but zeros that was never pruned is left to be trained first:
 * its weights say nothing of which may go. Everything is checked before anything is changed.
 */
#include <math.h>
#include <stddef.h>

#include "magnitude.h"

#define AT(member) offsetof(dc_prune_settings, member)

const dc_field dc_prune_fields[] = {
    { .name = "density",
      .kind = DC_FIELD_RULES,
      .offset = AT(density),
      .min = 0,
      .max = 1,
      .help = "share of a layer's weights that stay, e.g. 0.1 or fc1=0.08,conv*=0.66" },
    { .name = "sensitivity",
      .kind = DC_FIELD_RULES,
      .offset = AT(sensitivity),
      .help = "weights below so many standard deviations go" },
    { .name = "global_density",
      .kind = DC_FIELD_NUMBER,
      .offset = AT(global_density),
      .min = 1e-6,
      .max = 1,
      .help = "share that stays over all layers without a rule of their own" },
    { .name = "min_density",
      .kind = DC_FIELD_NUMBER,
      .offset = AT(min_density),
      .min = 0,
      .max = 1,
      .help = "no layer falls below this share" },
    { .name = "remove_dead",
      .kind = DC_FIELD_BOOL,
      .offset = AT(remove_dead),
      .help = "take dead neurons out of the graph" },
    { 0 },
};

dc_prune_settings dc_prune_defaults(void)
{
    return (dc_prune_settings){ .global_density = NAN, .min_density = 0.001, .remove_dead = true };
}

dc_param **dc_weight_params(uint32_t *n, const dc_model *model, dc_arena *arena)
{
    dc_param **params = dc_arena_take(arena, model->n_params, sizeof *params);
    *n = 0;
    for (uint32_t i = 0; i < model->n_params && params; i++)
        if (model->params[i].role == DC_ROLE_WEIGHT)
            params[(*n)++] = &model->params[i];
    return params;
}

/* What is wanted of the layers that take part. */
typedef struct request {
    const dc_model *model;
    const dc_prune_settings *settings;
    dc_param **params;
    uint64_t *n_keep;
    uint32_t n_params;
    uint32_t n_global; /* the first so many share the global density */
} request;

static dc_status check_rules(const dc_model *model, const dc_prune_settings *settings,
                             dc_arena *arena)
{
    const char **names = NULL;
    const uint32_t n = dc_model_layers(&names, model, arena);
    DC_TRY(arena->status);
    DC_TRY(dc_rules_check(&settings->density, names, n));
    DC_TRY(dc_rules_check(&settings->sensitivity, names, n));
    if (settings->global_density < 0 || settings->global_density > 1)
        return dc_fail(DC_EINPUT, "global density %g is outside of (0, 1]",
                       settings->global_density);
    if (!(settings->min_density >= 0 && settings->min_density <= 1))
        return dc_fail(DC_EINPUT, "least density %g is outside of [0, 1]", settings->min_density);
    if (settings->density.n_rules + settings->sensitivity.n_rules == 0 &&
        !(settings->global_density > 0))
        return dc_fail(DC_EINPUT, "nothing says what to prune (--density, --sensitivity, "
                                  "--global-density)");
    uint32_t n_ruled = 0;
    for (uint32_t i = 0; i < n; i++) {
        double density = 1, sensitivity = 0;
        const bool has_density = dc_rules_find(&density, &settings->density, names[i]);
        const bool has_other = dc_rules_find(&sensitivity, &settings->sensitivity, names[i]);
        n_ruled += has_density || has_other;
        if (has_density && has_other)
            return dc_fail(DC_EINPUT, "both density and sensitivity for layer '%s'", names[i]);
        if (!(density > 0 && density <= 1))
            return dc_fail(DC_EINPUT, "density %g of layer '%s' is outside of (0, 1]", density,
                           names[i]);
        if (!(sensitivity >= 0 && isfinite(sensitivity)))
            return dc_fail(DC_EINPUT, "sensitivity %g of layer '%s' is negative", sensitivity,
                           names[i]);
    }
    if (settings->global_density > 0 && n_ruled == n)
        return dc_fail(DC_EINPUT, "'global_density' is of layers without a rule of their own, and "
                                  "all layers have one");
    return DC_OK;
}

/* False when the layer has no rule of its own. */
static bool count_by_rule(uint64_t *n_keep, const dc_param *param, const char *layer,
                          const dc_prune_settings *settings)
{
    double value = 0;
    if (dc_rules_find(&value, &settings->density, layer)) {
        *n_keep = dc_density_count(value, param->n_values);
        return true;
    }
    if (!dc_rules_find(&value, &settings->sensitivity, layer))
        return false;
    const dc_spread spread = dc_spread_of(param->values, param->n_values);
    *n_keep = dc_magnitude_count(param->values, param->n_values, value * spread.deviation);
    return true;
}

/* Layers that share the global density come first. */
static dc_status make_request(request *r, dc_arena *arena)
{
    uint32_t n = 0, n_own = 0;
    dc_param **const all = dc_weight_params(&n, r->model, arena);
    dc_param **const own = dc_arena_take(arena, n, sizeof *own);
    uint64_t *const own_keep = dc_arena_take(arena, n, sizeof *own_keep);
    r->params = dc_arena_take(arena, n, sizeof *r->params);
    r->n_keep = dc_arena_take(arena, n, sizeof *r->n_keep);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < n; i++) {
        const char *layer = r->model->nodes[all[i]->node].name;
        double value;
        const bool has_rule = dc_rules_find(&value, &r->settings->density, layer) ||
                              dc_rules_find(&value, &r->settings->sensitivity, layer);
        if (!has_rule && !(r->settings->global_density > 0))
            continue;
        DC_TRY(dc_weights_check(all[i], layer));
        if (dc_param_is_blank(all[i])) {
            dc_warn("'%s' has no weight but 0 and is not pruned: train it first", layer);
            continue;
        }
        if (count_by_rule(&own_keep[n_own], all[i], layer, r->settings))
            own[n_own++] = all[i];
        else
            r->params[r->n_params++] = all[i];
    }
    r->n_global = r->n_params;
    for (uint32_t i = 0; i < n_own; i++) {
        r->n_keep[r->n_params] = own_keep[i];
        r->params[r->n_params++] = own[i];
    }
    if (r->n_global > 0)
        DC_TRY(dc_global_counts(r->n_keep, r->params, r->n_global, r->settings->global_density));
    return DC_OK;
}

static dc_status prune_one(void *payload, uint64_t index)
{
    const request *r = payload;
    dc_param *param = r->params[index];
    const double floor_count = ceil(r->settings->min_density * (double)param->n_values);
    return dc_prune_param(param, DC_MAX(r->n_keep[index], (uint64_t)floor_count));
}

/* 256 shared values leave no room for a zero. */
static void settle_sharing(const request *r)
{
    for (uint32_t i = 0; i < r->n_params; i++) {
        dc_param *param = r->params[i];
        if (!param->is_shared || dc_param_can_share(param))
            continue;
        param->is_shared = false;
        dc_warn("%s: with zero it has more than %u values and is no longer shared ('quantize' "
                "shares it again)",
                param->name, DC_MAX_CODEBOOK);
    }
}

static uint64_t count_nonzero(const request *r)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < r->n_params; i++)
        n += dc_param_n_nonzero(r->params[i]);
    return n;
}

static dc_status prune_model(dc_model *model, request *r, dc_prune_stats *stats, dc_arena *arena)
{
    DC_TRY(check_rules(model, r->settings, arena));
    DC_TRY(make_request(r, arena));
    const uint64_t n_before = count_nonzero(r);
    DC_TRY(dc_pool_run(r->n_params, prune_one, r));
    settle_sharing(r);
    if (r->settings->remove_dead)
        DC_TRY(dc_prune_dead(model, stats));
    stats->n_before = n_before;
    stats->n_after = count_nonzero(r);
    return DC_OK;
}

dc_status dc_prune_check(const dc_prune_settings *settings, const dc_model *model)
{
    dc_arena arena = { 0 };
    const dc_status status = check_rules(model, settings, &arena);
    dc_arena_clear(&arena);
    return status;
}

dc_status dc_prune(dc_model *model, const dc_prune_settings *settings, dc_prune_stats *stats)
{
    dc_arena arena = { 0 };
    dc_prune_stats own = { 0 };
    request r = { .model = model, .settings = settings };
    const dc_status status = prune_model(model, &r, &own, &arena);
    dc_arena_clear(&arena);
    if (stats)
        *stats = own;
    return status;
}
