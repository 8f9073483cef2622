/* SPDX-License-Identifier: MIT
 *
 * Pruning of a model [NIPS15; DC 2] in three steps: the settings become a budget (budget.c: how
 * many weights of each layer stay), a saliency scores the weights (saliencies.c), and all but the
 * best are cut (cut.c). Everything is checked before anything is changed.
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
    { .name = "of_present",
      .kind = DC_FIELD_BOOL,
      .offset = AT(of_present),
      .help = "densities are shares of the weights that are not zero now, not of all" },
    { .name = "balance",
      .kind = DC_FIELD_U32,
      .offset = AT(n_sets),
      .unit = "sets",
      .max = 65536,
      .help = "row r of a layer, or of each gate, is of set r mod N, and all sets have the same "
              "density, so that N processing elements have as much to do; 0: none" },
    { .name = "saliency",
      .kind = DC_FIELD_CHOICE,
      .offset = AT(saliency),
      .choices = dc_saliency_words,
      .help = "what makes a weight worth keeping" },
    { .name = "saliency_seed",
      .kind = DC_FIELD_U64,
      .offset = AT(saliency_seed),
      .help = "of the saliency 'random'" },
    { .name = "remove_dead",
      .kind = DC_FIELD_BOOL,
      .offset = AT(remove_dead),
      .help = "take dead neurons out of the graph" },
    { 0 },
};

dc_prune_settings dc_prune_defaults(void)
{
    return (dc_prune_settings){ .global_density = NAN, .min_density = 0.001, .remove_dead = true,
                                .saliency_seed = 1 };
}

static dc_status check_rules(const dc_model *model, const dc_prune_settings *settings,
                             dc_arena *arena)
{
    const char **names = NULL;
    const uint32_t n = dc_model_layers(&names, model, arena);
    DC_TRY(arena->status);
    if (dc_saliency_at(settings->saliency) == NULL)
        return dc_fail(DC_EINPUT, "there is no saliency %u, only %s", (unsigned)settings->saliency,
                       dc_saliency_words);
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

bool dc_prune_needs_squares(const dc_prune_settings *settings)
{
    const dc_saliency *saliency = dc_saliency_at(settings->saliency);
    return saliency != NULL && saliency->needs_squares;
}

bool dc_prune_needs_obs(const dc_prune_settings *settings)
{
    const dc_saliency *saliency = dc_saliency_at(settings->saliency);
    return saliency != NULL && saliency->needs_obs;
}

static uint64_t count_nonzero(const dc_budget *budget)
{
    uint64_t n = 0;
    for (uint32_t i = 0; i < budget->n; i++)
        n += dc_param_n_nonzero(budget->shares[i].param);
    return n;
}

/* Scores by which layers that share a density are compared; those of which nothing is known get the
 * density itself. */
static dc_status look_at_layers(dc_budget *budget, const dc_model *model,
                                const dc_prune_settings *settings, dc_arena *arena)
{
    const dc_obs_source *source = settings->obs;
    for (uint32_t i = 0; i < model->n_params; i++)
        for (uint32_t k = 0; k < budget->n_global; k++) {
            dc_share *share = &budget->shares[k];
            float *scores = NULL;
            if (share->param != &model->params[i])
                continue;
            DC_TRY(source->look(source->payload, &scores, share->param, arena));
            share->scores = scores;
        }
    for (uint32_t k = 0; k < budget->n_global; k++) {
        dc_share share = budget->shares[k];
        if (share.scores != NULL)
            continue;
        share.n_keep = dc_density_count(settings->global_density,
                                        settings->of_present ? dc_param_n_nonzero(share.param)
                                                             : share.param->n_values);
        budget->shares[k--] = budget->shares[--budget->n_global];
        budget->shares[budget->n_global] = share;
    }
    return DC_OK;
}

/* One layer after the other: what a layer reads depends on what those before it have become. */
static dc_status cut_by_layers(dc_budget *budget, const dc_model *model,
                               const dc_prune_settings *settings, dc_arena *arena)
{
    const dc_obs_source *source = settings->obs;
    for (uint32_t i = 0; i < model->n_params; i++)
        for (uint32_t k = 0; k < budget->n; k++) {
            dc_share *share = &budget->shares[k];
            const dc_budget one = { .n = 1, .shares = share };
            float *scores = NULL;
            if (share->param != &model->params[i] ||
                share->n_keep >= dc_param_n_nonzero(share->param))
                continue;
            DC_TRY(source->score(source->payload, &scores, share->param, arena));
            share->scores = scores;
            DC_TRY(dc_cut(&one, settings->min_density, settings->n_sets));
            if (scores != NULL)
                DC_TRY(source->refit(source->payload, share->param));
        }
    return DC_OK;
}

static dc_status prune_model(dc_model *model, const dc_prune_settings *settings,
                             dc_prune_stats *stats, dc_arena *arena)
{
    dc_budget budget;
    const dc_saliency *saliency = dc_saliency_at(settings->saliency);
    DC_TRY(check_rules(model, settings, arena));
    DC_TRY(dc_budget_make(&budget, model, settings, arena));
    if (saliency->needs_obs && settings->obs == NULL)
        return dc_fail(DC_EINPUT, "saliency '%s' needs samples", saliency->name);
    DC_TRY(dc_saliency_score(&budget, saliency, model, settings, arena));
    if (budget.n_global > 0 && saliency->needs_obs)
        DC_TRY(look_at_layers(&budget, model, settings, arena));
    if (budget.n_global > 0)
        DC_TRY(dc_global_counts(budget.shares, budget.n_global, settings->global_density,
                                settings->of_present, saliency->is_comparable));
    const uint64_t n_before = count_nonzero(&budget);
    if (saliency->needs_obs)
        DC_TRY(cut_by_layers(&budget, model, settings, arena));
    else
        DC_TRY(dc_cut(&budget, settings->min_density, settings->n_sets));
    if (settings->remove_dead && settings->n_sets <= 1) /* else rows would change their sets */
        DC_TRY(dc_prune_dead(model, stats));
    stats->n_before = n_before;
    stats->n_after = count_nonzero(&budget);
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
    const dc_status status = prune_model(model, settings, &own, &arena);
    dc_arena_clear(&arena);
    if (stats)
        *stats = own;
    return status;
}
