/* SPDX-License-Identifier: MIT
 *
 * admm: pruning and weight sharing by alternating directions [ADMM]. Each round trains the weights
 * towards the density of the round, takes the smallest away, which by then are next to zero, and
 * trains what is left. Densities fall geometrically from round to round [progressive ADMM]. A last
 * round does the same towards few values, which are then shared and trained [ADMM-NN].
 */
#include "stage_settings.h"

#include <math.h>

typedef struct admm_settings {
    fit_settings fit; /* of what is left; epochs too */
    dc_rules density, bits;
    uint32_t admm_epochs, n_every, n_rounds;
    double rho, rho_growth;
} admm_settings;

static const dc_field admm_fields[] = {
    { .name = "density", .kind = DC_FIELD_RULES, .offset = offsetof(admm_settings, density),
      .min = 0, .max = 1,
      .help = "share of a layer's weights that stay, e.g. 0.1 or fc1=0.01,conv*=0.1" },
    { .name = "bits", .kind = DC_FIELD_RULES, .offset = offsetof(admm_settings, bits),
      .min = 1, .max = 8,
      .help = "after that a layer shares 2^bits values, e.g. 3 or conv*=4,fc*=2" },
    { .name = "admm_epochs", .kind = DC_FIELD_U32, .offset = offsetof(admm_settings, admm_epochs),
      .min = 1, .max = 100000, .help = "epochs towards what is asked, in each round" },
    { .name = "every", .kind = DC_FIELD_U32, .offset = offsetof(admm_settings, n_every),
      .unit = "epochs", .min = 1, .max = 1000, .help = "between two projections" },
    { .name = "rho", .kind = DC_FIELD_NUMBER, .offset = offsetof(admm_settings, rho),
      .min = 0, .max = 100, .help = "strength of the pull to the last projection" },
    { .name = "rho_growth", .kind = DC_FIELD_NUMBER, .offset = offsetof(admm_settings, rho_growth),
      .min = 1, .max = 100, .help = "factor on rho from each third of the epochs to the next" },
    { .name = "rounds", .kind = DC_FIELD_U32, .offset = offsetof(admm_settings, n_rounds),
      .min = 1, .max = 100, .help = "times to prune: each takes the next part of the weights" },
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

/* ---- rounds ---- */

static uint32_t n_pruning_rounds(const admm_settings *s)
{
    return s->density.n_rules > 0 ? s->n_rounds : 0;
}

static uint32_t n_phases_of(const admm_settings *s)
{
    return 2 * (n_pruning_rounds(s) + (s->bits.n_rules > 0));
}

/* Of round 1, 2, ... n: each keeps the same share of what the one before had. */
static dc_status densities_of(dc_rules *out, const admm_settings *s, const dc_model *model,
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

static dc_status share(float *z, uint64_t n, double bits, dc_arena *arena)
{
    float centroids[256];
    dc_kmeans_stats stats;
    float *values = dc_arena_take(arena, DC_MAX(n, UINT64_C(1)), sizeof *values);
    uint64_t n_values = 0;
    DC_TRY(arena->status);
    for (uint64_t i = 0; i < n; i++)
        if (z[i] != 0)
            values[n_values++] = z[i];
    if (n_values == 0)
        return DC_OK;
    DC_TRY(dc_kmeans(centroids, (1u << (unsigned)bits) - 1, values, n_values,
                     DC_CENTROIDS_NEAR_OPTIMAL, 100, 1, &stats));
    dc_kmeans_apply(z, n, centroids, stats.n_centroids, true);
    return DC_OK;
}

/* As dc_quantize will do it, zero being one of the values. */
static dc_status to_few_values(float *z, uint64_t n, const dc_param *param, double goal)
{
    dc_arena arena = { 0 };
    const dc_status status = share(z, n, goal, &arena);
    dc_arena_clear(&arena);
    return dc_fail_within(status, param->name);
}

/* What round 1, 2, ... leads to. */
static dc_status goal_of(dc_admm *out, const admm_settings *s, const dc_model *model,
                         uint32_t round, dc_arena *arena)
{
    *out = (dc_admm){ .goals = s->bits, .project = to_few_values, .rho = s->rho,
                      .rho_growth = s->rho_growth, .period = s->n_every,
                      .n_epochs = s->admm_epochs };
    if (round > n_pruning_rounds(s))
        return DC_OK;
    out->project = dc_admm_to_density;
    return densities_of(&out->goals, s, model, round, arena);
}

/* Phases 1, 3, ... go towards what is asked, 2, 4, ... train what has it. */
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

static dc_status train_phase(dc_run *run, const fit_settings *fit, const fit_progress *at,
                             dc_admm *admm)
{
    fit_tools tools = { 0 };
    fit_settings pulled = *fit;
    const dc_train_hook hook = dc_admm_hook(admm);
    pulled.more = at->phase % 2 == 1 ? &hook : NULL;
    const dc_status status = fit_phase(&tools, run, &pulled, at, true);
    fit_tools_clear(&tools);
    return status;
}

/* ---- what is asked is made so ---- */

static void report_change(const dc_run *run, const dc_model *before)
{
    char text[96];
    double moved = 0, all = 0;
    for (uint32_t i = 0; i < before->n_params; i++) {
        const dc_param *param = &before->params[i];
        for (uint64_t k = 0; k < param->n_values && dc_role_is_weight(param->role); k++) {
            const double value = (double)param->values[k];
            const double change = (double)run->model->params[i].values[k] - value;
            moved += change * change;
            all += value * value;
        }
    }
    dc_print(text, sizeof text, "admm: that moved the weights by %.2f %% of their norm",
             all > 0 ? 100 * sqrt(moved / all) : 0);
    run_report(run, false, text);
}

static dc_status make_so(dc_run *run, const admm_settings *s, const dc_admm *admm)
{
    if (admm->project == to_few_values) {
        dc_quantize_settings quantize = dc_quantize_defaults();
        dc_quantize_stats stats;
        quantize.bits = s->bits;
        return dc_quantize(run->model, &quantize, &stats);
    }
    dc_prune_settings prune = dc_prune_defaults();
    prune.density = admm->goals;
    prune.min_density = 0;
    prune.remove_dead = false;
    return dc_prune(run->model, &prune, NULL);
}

static dc_status reach(dc_run *run, const admm_settings *s, const dc_admm *admm, bool is_pruned)
{
    dc_model *before = NULL;
    dc_prune_stats stats;
    DC_TRY(dc_model_copy(&before, run->model));
    const dc_status status = make_so(run, s, admm);
    if (status == DC_OK)
        report_change(run, before);
    dc_model_free(before);
    DC_TRY(status);
    return is_pruned ? dc_prune_dead(run->model, &stats) : DC_OK;
}

/* ---- the stage ---- */

/* Layers that have no more values than are asked for stay as they are. */
static dc_status warn_of_few(const dc_run *run, const admm_settings *s)
{
    dc_quantize_settings quantize = dc_quantize_defaults();
    dc_sharing *layers;
    uint32_t n;
    quantize.bits = s->bits;
    DC_TRY(dc_quantize_sharing(&layers, &n, run->model, &quantize, run->arena));
    for (uint32_t i = 0; i < n; i++)
        if (layers[i].n_made <= layers[i].n_asked)
            dc_warn("%s: it has %u value%s, and %u may be shared: --bits changes nothing",
                    layers[i].name, layers[i].n_made, dc_plural(layers[i].n_made),
                    layers[i].n_asked);
    return DC_OK;
}

static dc_status run_admm(dc_run *run, const void *settings)
{
    const admm_settings *s = settings;
    const uint32_t n_phases = n_phases_of(s);
    bool found;
    uint32_t phase;
    DC_TRY(checkpoint_take_model(&found, &phase, run));
    if (!found && s->bits.n_rules > 0)
        DC_TRY(warn_of_few(run, s));
    for (phase = found ? phase : 1; phase <= n_phases; phase++) {
        dc_admm admm;
        const fit_settings fit = fit_of_phase(s, phase);
        const fit_progress at = { phase, n_phases };
        DC_TRY(goal_of(&admm, s, run->model, (phase + 1) / 2, run->arena));
        if (phase % 2 == 0 && !found)
            DC_TRY(reach(run, s, &admm, phase == 2 * n_pruning_rounds(s)));
        DC_TRY(train_phase(run, &fit, &at, &admm));
        found = false;
    }
    return fit_round(run, DC_NUMBER_AUTO);
}

static dc_status check_admm(const void *settings, const dc_model *model, const dc_datasets *data)
{
    const admm_settings *s = settings;
    dc_prune_settings prune = dc_prune_defaults();
    dc_quantize_settings quantize = dc_quantize_defaults();
    prune.density = s->density;
    quantize.bits = s->bits;
    if (s->density.n_rules + s->bits.n_rules == 0)
        return dc_fail(DC_EINPUT, "nothing says what to prune or to share (--density, --bits)");
    DC_TRY(fit_check(&s->fit, data));
    if (s->bits.n_rules > 0)
        DC_TRY(dc_quantize_check(&quantize, model));
    return s->density.n_rules > 0 ? dc_prune_check(&prune, model) : DC_OK;
}

static dc_amount admm_amount(const dc_run *run, const void *settings)
{
    const admm_settings *s = settings;
    const fit_settings towards = fit_of_phase(s, 1), after = fit_of_phase(s, 2);
    const dc_amount round = amount_add(fit_amount(run, &towards, true), 1,
                                       fit_amount(run, &after, true));
    return amount_add((dc_amount){ 0 }, n_phases_of(s) / 2, round);
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
