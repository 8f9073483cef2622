/* SPDX-License-Identifier: MIT
 *
 * admm: pruning by alternating directions [ADMM]. Each round trains the weights towards the
 * density of the round, takes the smallest away, which by then are next to zero, and trains what
 * is left. Densities fall geometrically from round to round [progressive ADMM].
 */
#include "stage_settings.h"

#include <math.h>
#include <stdio.h>

typedef struct admm_settings {
    fit_settings fit; /* of what is left; epochs too */
    dc_rules density;
    uint32_t admm_epochs, n_every, n_rounds;
    double rho, rho_growth;
} admm_settings;

static const dc_field admm_fields[] = {
    { .name = "density", .kind = DC_FIELD_RULES, .offset = offsetof(admm_settings, density),
      .min = 0, .max = 1,
      .help = "share of a layer's weights that stay, e.g. 0.1 or fc1=0.01,conv*=0.1" },
    { .name = "admm_epochs", .kind = DC_FIELD_U32, .offset = offsetof(admm_settings, admm_epochs),
      .min = 1, .max = 100000, .help = "epochs towards the density, in each round" },
    { .name = "every", .kind = DC_FIELD_U32, .offset = offsetof(admm_settings, n_every),
      .unit = "epochs", .min = 1, .max = 1000, .help = "between two projections" },
    { .name = "rho", .kind = DC_FIELD_NUMBER, .offset = offsetof(admm_settings, rho),
      .min = 0, .max = 100, .help = "strength of the pull to the last projection" },
    { .name = "rho_growth", .kind = DC_FIELD_NUMBER, .offset = offsetof(admm_settings, rho_growth),
      .min = 1, .max = 100, .help = "factor on rho from each third of the epochs to the next" },
    { .name = "rounds", .kind = DC_FIELD_U32, .offset = offsetof(admm_settings, n_rounds),
      .min = 1, .max = 100, .help = "times: each takes the next part of the weights" },
    { 0 },
};

static void admm_defaults(void *settings)
{
    admm_settings *s = settings;
    *s = (admm_settings){ .fit = fit_defaults(),
                          .admm_epochs = 30,
                          .n_every = 2,
                          .n_rounds = 1,
                          .rho = 1e-3,
                          .rho_growth = 10 };
    s->fit.train.optimizer = DC_OPTIMIZER_ADAM;
    s->fit.train.learning_rate = 1e-3;
    s->fit.train.n_epochs = 10;
    s->fit.train.weight_decay = 5e-5;
}

/* Of round 1, 2, ... n: each keeps the same share of what the one before had. */
static dc_status rules_of(dc_rules *out, const admm_settings *s, const dc_model *model,
                          uint32_t round, dc_arena *arena)
{
    const char **layers;
    const uint32_t n = dc_model_layers(&layers, model, arena);
    dc_rule *rules = dc_arena_take(arena, DC_MAX(n, 1u), sizeof *rules);
    DC_TRY(arena->status);
    *out = (dc_rules){ 0, rules };
    for (uint32_t i = 0; i < n; i++) {
        double goal;
        if (dc_rules_find(&goal, &s->density, layers[i]))
            rules[out->n_rules++] =
                (dc_rule){ layers[i], pow(goal, (double)round / s->n_rounds) };
    }
    return DC_OK;
}

/* Phases 1, 3, ... go towards a density, 2, 4, ... train what is left at it. */
static fit_settings fit_of_phase(const admm_settings *s, uint32_t phase)
{
    fit_settings fit = s->fit;
    fit.train.seed += phase - 1;
    if (phase % 2 == 1) {
        fit.train.n_epochs = s->admm_epochs;
        fit.train.dropout_share = 0; /* as its authors do */
        fit.takes_last = true;
    }
    return fit;
}

static dc_status approach(dc_run *run, const admm_settings *s, const dc_rules *density,
                          const fit_settings *fit, const fit_progress *at)
{
    fit_tools tools = { 0 };
    fit_settings pulled = *fit;
    dc_admm admm = { .density = *density, .rho = s->rho, .rho_growth = s->rho_growth,
                     .period = s->n_every, .n_epochs = s->admm_epochs };
    const dc_train_hook hook = dc_admm_hook(&admm);
    pulled.more = &hook;
    const dc_status status = fit_phase(&tools, run, &pulled, at, true);
    fit_tools_clear(&tools);
    return status;
}

/* Of all weights. */
static double squares_of(const dc_model *model)
{
    double sum = 0;
    for (uint32_t i = 0; i < model->n_params; i++)
        for (uint64_t k = 0; k < model->params[i].n_values; k++)
            if (dc_role_is_weight(model->params[i].role))
                sum += (double)model->params[i].values[k] * (double)model->params[i].values[k];
    return sum;
}

static dc_status cut(dc_run *run, const dc_rules *density, bool is_last)
{
    char text[96];
    dc_prune_settings prune = dc_prune_defaults();
    const double before = squares_of(run->model);
    prune.density = *density;
    prune.min_density = 0;
    prune.remove_dead = false;
    DC_TRY(dc_prune(run->model, &prune, NULL));
    const double gone = before > 0 ? 1 - squares_of(run->model) / before : 0;
    dc_print(text, sizeof text, "admm: the cut took %.2f %% of the weights' norm",
             100 * sqrt(fmax(gone, 0)));
    run_report(run, false, text);
    dc_prune_stats stats;
    return is_last ? dc_prune_dead(run->model, &stats) : DC_OK;
}

static dc_status settle(dc_run *run, const fit_settings *fit, const fit_progress *at)
{
    fit_tools tools = { 0 };
    const dc_status status = fit_phase(&tools, run, fit, at, true);
    fit_tools_clear(&tools);
    return status;
}

static dc_status run_admm(dc_run *run, const void *settings)
{
    const admm_settings *s = settings;
    const uint32_t n_phases = 2 * s->n_rounds;
    bool found;
    uint32_t phase;
    DC_TRY(checkpoint_take_model(&found, &phase, run));
    for (phase = found ? phase : 1; phase <= n_phases; phase++) {
        dc_rules density;
        const fit_settings fit = fit_of_phase(s, phase);
        const fit_progress at = { phase, n_phases };
        DC_TRY(rules_of(&density, s, run->model, (phase + 1) / 2, run->arena));
        if (phase % 2 == 1)
            DC_TRY(approach(run, s, &density, &fit, &at));
        else {
            if (!found)
                DC_TRY(cut(run, &density, phase == n_phases));
            DC_TRY(settle(run, &fit, &at));
        }
        found = false;
    }
    return fit_round(run, DC_NUMBER_AUTO);
}

static dc_status check_admm(const void *settings, const dc_model *model, const dc_datasets *data)
{
    const admm_settings *s = settings;
    dc_prune_settings prune = dc_prune_defaults();
    prune.density = s->density;
    if (s->density.n_rules == 0)
        return dc_fail(DC_EINPUT, "nothing says what to prune (--density)");
    DC_TRY(fit_check(&s->fit, data));
    return dc_prune_check(&prune, model);
}

static dc_amount admm_amount(const dc_run *run, const void *settings)
{
    const admm_settings *s = settings;
    const fit_settings towards = fit_of_phase(s, 1), after = fit_of_phase(s, 2);
    const dc_amount round = amount_add(fit_amount(run, &towards, true), 1,
                                       fit_amount(run, &after, true));
    return amount_add((dc_amount){ 0 }, s->n_rounds, round);
}

const dc_stage dc_stage_admm = {
    .name = "admm",
    .needs_data = true,
    .settings_bytes = sizeof(admm_settings),
    .set_defaults = admm_defaults,
    .parts = { FIT_PARTS(offsetof(admm_settings, fit)), { admm_fields, 0 }, { NULL, 0 } },
    .check = check_admm,
    .run = run_admm,
    .amount = admm_amount,
};
