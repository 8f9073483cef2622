/* SPDX-License-Identifier: MIT
 *
 * dsd: dense, sparse, dense [DSD]. A trained network loses its smallest weights, trains without
 * them, and gets them back as zeros, which train on with the others at a lower rate: the sparse
 * turn leads out of where training had settled, the dense one makes use of all weights again. With
 * density 1 it is the plain continuation, with the same epochs, rates and orders.
 */
#include "stage_settings.h"

typedef struct dsd_settings {
    fit_settings fit; /* of a dense turn; epochs too */
    dc_rules density; /* none: USUAL_DENSITY of all but the first layer */
    uint32_t sparse_epochs;
    double dense_rate; /* share of the rate */
    uint32_t n_rounds;
} dsd_settings;

#define USUAL_DENSITY 0.7

static const dc_field dsd_fields[] = {
    { .name = "density", .kind = DC_FIELD_RULES, .offset = offsetof(dsd_settings, density),
      .min = 0, .max = 1,
      .help = "share of a layer's weights that train alone; without it 0.7 of all layers but the "
              "first" },
    { .name = "sparse_epochs", .kind = DC_FIELD_U32,
      .offset = offsetof(dsd_settings, sparse_epochs), .min = 1, .max = 10000,
      .help = "epochs of these alone, at the full rate" },
    { .name = "dense_rate", .kind = DC_FIELD_NUMBER, .offset = offsetof(dsd_settings, dense_rate),
      .min = 1e-6, .max = 1, .help = "share of the rate, once all weights are back" },
    { .name = "rounds", .kind = DC_FIELD_U32, .offset = offsetof(dsd_settings, n_rounds),
      .min = 1, .max = 100, .help = "times that weights leave and come back; 2: DSDSD" },
    { 0 },
};

static void dsd_defaults(void *settings)
{
    dsd_settings *s = settings;
    *s = (dsd_settings){ .fit = fit_defaults(),
                         .sparse_epochs = 5,
                         .dense_rate = 0.1,
                         .n_rounds = 1 };
    s->fit.train.n_epochs = 5;
}

/* The rules of the settings, or the usual ones. */
static dc_status rules_of(dc_rules *out, const dsd_settings *s, const dc_model *model,
                          dc_arena *arena)
{
    const char **layers;
    *out = s->density;
    if (out->n_rules > 0)
        return DC_OK;
    const uint32_t n = dc_model_layers(&layers, model, arena);
    dc_rule *rules = dc_arena_take(arena, DC_MAX(n, 1u), sizeof *rules);
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < n; i++)
        rules[i] = (dc_rule){ layers[i], i == 0 ? 1 : USUAL_DENSITY };
    *out = (dc_rules){ n, rules };
    return DC_OK;
}

static dc_status cut(dc_model *model, const dsd_settings *s, dc_arena *arena)
{
    dc_prune_settings prune = dc_prune_defaults();
    prune.remove_dead = false;
    DC_TRY(rules_of(&prune.density, s, model, arena));
    return dc_prune(model, &prune, NULL);
}

/* Weights that this stage took come back; what was pruned before it stays. */
static void give_back(dc_model *model, const bool *was_pruned)
{
    for (uint32_t i = 0; i < model->n_params; i++)
        model->params[i].is_pruned = was_pruned[i];
}

/* Turns 1, 3, ... are sparse. */
static fit_settings fit_of_turn(const dsd_settings *s, uint32_t turn)
{
    fit_settings fit = s->fit;
    fit.train.seed += turn - 1;
    if (turn % 2 == 1)
        fit.train.n_epochs = s->sparse_epochs;
    else
        fit.train.learning_rate *= s->dense_rate;
    return fit;
}

/* The zeros of shared weights are not trained, so none would come back. */
static dc_status check_shared(const dc_model *model)
{
    for (uint32_t i = 0; i < model->n_params; i++)
        if (model->params[i].is_shared)
            return dc_fail(DC_EINPUT, "'%s' is shared, and weights that leave it would not come "
                                      "back: 'dsd' is for networks before 'quantize'",
                           model->params[i].name);
    return DC_OK;
}

static dc_status run_turns(dc_run *run, const dsd_settings *s, fit_tools *tools)
{
    const uint32_t n_turns = 2 * s->n_rounds;
    bool found;
    uint32_t turn;
    DC_TRY(check_shared(run->model));
    bool *was_pruned = dc_arena_take(run->arena, run->model->n_params, sizeof *was_pruned);
    DC_TRY(run->arena->status);
    for (uint32_t i = 0; i < run->model->n_params; i++)
        was_pruned[i] = run->model->params[i].is_pruned;
    DC_TRY(checkpoint_take_model(&found, &turn, run));
    for (turn = found ? turn : 1; turn <= n_turns; turn++) {
        const fit_settings fit = fit_of_turn(s, turn);
        const fit_progress at = { turn, n_turns };
        const bool is_sparse = turn % 2 == 1;
        if (!found && is_sparse)
            DC_TRY(cut(run->model, s, run->arena));
        else if (!found)
            give_back(run->model, was_pruned);
        found = false;
        DC_TRY(fit_phase(tools, run, &fit, &at, is_sparse));
    }
    return DC_OK;
}

static dc_status run_dsd(dc_run *run, const void *settings)
{
    fit_tools tools = { 0 };
    const dc_status status = run_turns(run, settings, &tools);
    fit_tools_clear(&tools);
    return status < 0 ? status : fit_round(run, DC_NUMBER_AUTO);
}

static dc_status check_dsd(const void *settings, const dc_model *model, const dc_datasets *data)
{
    const dsd_settings *s = settings;
    dc_prune_settings prune = dc_prune_defaults();
    dc_arena arena = { 0 };
    DC_TRY(fit_check(&s->fit, data));
    DC_TRY(check_shared(model));
    if (s->fit.train.n_epochs == 0)
        return dc_fail(DC_EINPUT, "'epochs' is 0: weights that left would not come back");
    dc_status status = rules_of(&prune.density, s, model, &arena);
    if (status == DC_OK)
        status = dc_prune_check(&prune, model);
    dc_arena_clear(&arena);
    return status;
}

static dc_amount dsd_amount(const dc_run *run, const void *settings)
{
    const dsd_settings *s = settings;
    const fit_settings sparse = fit_of_turn(s, 1), dense = fit_of_turn(s, 2);
    const dc_amount round = amount_add(fit_amount(run, &sparse, true), 1,
                                       fit_amount(run, &dense, false));
    return amount_add((dc_amount){ 0 }, s->n_rounds, round);
}

static void make_plain(void *settings)
{
    static const dc_rule all = { "*", 1 };
    ((dsd_settings *)settings)->density = (dc_rules){ 1, &all };
}

const dc_stage dc_stage_dsd = {
    .name = "dsd",
    .needs_data = true,
    .settings_bytes = sizeof(dsd_settings),
    .set_defaults = dsd_defaults,
    .parts = { FIT_PARTS(offsetof(dsd_settings, fit)), { dsd_fields, 0 }, { NULL, 0 } },
    .check = check_dsd,
    .run = run_dsd,
    .amount = dsd_amount,
    .make_plain = make_plain,
};
