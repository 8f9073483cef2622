/* SPDX-License-Identifier: MIT
 *
 * ternary: weights of two values and zero, which are trained [TTQ]. The first and the last layer
 * stay as they are, unless a rule names them.
 */
#include "add_norms.h"
#include "stage_settings.h"

typedef struct ternary_settings {
    fit_settings fit;
    dc_rules threshold, sparsity;
    bool has_norms;
} ternary_settings;

#define USUAL_THRESHOLD 0.05

static const dc_field ternary_fields[] = {
    { .name = "threshold", .kind = DC_FIELD_RULES, .offset = offsetof(ternary_settings, threshold),
      .min = 0, .max = 1,
      .help = "weights become zero below this share of the layer's largest; without a rule 0.05 of "
              "all layers but the first and the last" },
    { .name = "sparsity", .kind = DC_FIELD_RULES, .offset = offsetof(ternary_settings, sparsity),
      .min = 0, .max = 1, .help = "or: share of a layer's weights that are zero" },
    { .name = "norms", .kind = DC_FIELD_BOOL, .offset = offsetof(ternary_settings, has_norms),
      .help = "first put a batch norm behind each ternary layer that has none: it gives channels "
              "the sizes back that two values cannot" },
    { 0 },
};

static void ternary_defaults(void *settings)
{
    ternary_settings *s = settings;
    *s = (ternary_settings){ .fit = fit_defaults() };
    s->fit.train.optimizer = DC_OPTIMIZER_ADAM;
    s->fit.train.learning_rate = 1e-3;
    s->fit.train.weight_decay = 0;
}

/* The rules of the settings, or the usual ones. */
static dc_status rules_of(dc_ternary *out, const ternary_settings *s, const dc_model *model,
                          dc_arena *arena)
{
    const char **layers;
    *out = (dc_ternary){ .threshold = s->threshold, .sparsity = s->sparsity };
    const uint32_t n = dc_model_layers(&layers, model, arena);
    dc_rule *rules = dc_arena_take(arena, DC_MAX(n, 1u), sizeof *rules);
    DC_TRY(arena->status);
    if (s->threshold.n_rules + s->sparsity.n_rules > 0)
        return DC_OK;
    if (n < 3)
        return dc_fail(DC_EINPUT, "the first and the last layer stay as they are, and there is no "
                                  "other: name what is to be ternary (--threshold, --sparsity)");
    for (uint32_t i = 1; i + 1 < n; i++)
        rules[i - 1] = (dc_rule){ layers[i], USUAL_THRESHOLD };
    out->threshold = (dc_rules){ n - 2, rules };
    return DC_OK;
}

static dc_status check_layers(const ternary_settings *s, const dc_model *model, dc_arena *arena)
{
    dc_ternary ternary;
    const char **layers;
    const uint32_t n = dc_model_layers(&layers, model, arena);
    DC_TRY(rules_of(&ternary, s, model, arena));
    DC_TRY(dc_rules_check(&s->threshold, layers, n));
    DC_TRY(dc_rules_check(&s->sparsity, layers, n));
    for (uint32_t i = 0; i < n; i++) {
        double threshold = 0, sparsity = 0;
        const bool has_threshold = dc_rules_find(&threshold, &s->threshold, layers[i]);
        const bool has_sparsity = dc_rules_find(&sparsity, &s->sparsity, layers[i]);
        if (has_threshold && has_sparsity)
            return dc_fail(DC_EINPUT, "both threshold and sparsity for layer '%s'", layers[i]);
        if (!(sparsity < 1 && threshold < 1))
            return dc_fail(DC_EINPUT, "a %s of 1 leaves nothing of layer '%s'",
                           has_sparsity ? "sparsity" : "threshold", layers[i]);
    }
    return DC_OK;
}

static dc_status check_ternary(const void *settings, const dc_model *model,
                               const dc_datasets *data)
{
    const ternary_settings *s = settings;
    dc_arena arena = { 0 };
    DC_TRY(fit_check(&s->fit, data));
    if (s->fit.train.n_epochs == 0)
        return dc_fail(DC_EINPUT, "'epochs' is 0, and weights become ternary in training");
    if (s->fit.ema > 0)
        return dc_fail(DC_EINPUT, "'ema' is not for ternary weights: an average has many values");
    const dc_status status = check_layers(s, model, &arena);
    dc_arena_clear(&arena);
    return status;
}

static bool is_ternary(const dc_model *model, const dc_param *param, const dc_ternary *ternary)
{
    double value;
    const char *layer = model->nodes[param->node].name;
    return dc_role_is_weight(param->role) && (dc_rules_find(&value, &ternary->threshold, layer) ||
                                              dc_rules_find(&value, &ternary->sparsity, layer));
}

/* While weights are ternary all of them are trained, zeros too; afterwards they are as any that
 * are pruned and shared. */
static void mark(dc_model *model, const dc_ternary *ternary, bool is_done)
{
    for (uint32_t i = 0; i < model->n_params; i++) {
        dc_param *param = &model->params[i];
        if (is_ternary(model, param, ternary))
            param->is_pruned = param->is_shared = is_done;
    }
}

static dc_status put_norms(dc_run *run, const dc_ternary *ternary)
{
    const dc_model *model = run->model;
    bool *is_wanted = dc_arena_take(run->arena, model->n_nodes, sizeof *is_wanted);
    uint32_t n = 0;
    DC_TRY(run->arena->status);
    for (uint32_t i = 0; i < model->n_params; i++) {
        const uint32_t node = model->params[i].node;
        if (is_ternary(model, &model->params[i], ternary) && add_norms_takes(model, node))
            n += !is_wanted[node], is_wanted[node] = true;
    }
    char text[64];
    if (n > 0)
        DC_TRY(add_norms(run, is_wanted));
    dc_print(text, sizeof text, "batch norms added: %u", n);
    run_report(run, false, text);
    return DC_OK;
}

static dc_status run_ternary(dc_run *run, const void *settings)
{
    const ternary_settings *s = settings;
    fit_settings fit = s->fit;
    dc_ternary ternary;
    bool found;
    uint32_t phase;
    DC_TRY(checkpoint_take_model(&found, &phase, run)); /* may be another model: rules name it */
    DC_TRY(rules_of(&ternary, s, run->model, run->arena));
    if (s->has_norms && !found) {
        DC_TRY(put_norms(run, &ternary));
        DC_TRY(rules_of(&ternary, s, run->model, run->arena)); /* layers' names are new */
    }
    const dc_train_hook hook = dc_ternary_hook(&ternary);
    fit.more = &hook;
    mark(run->model, &ternary, false);
    DC_TRY(fit_model(run, &fit, true));
    mark(run->model, &ternary, true);
    return fit_round(run, DC_NUMBER_AUTO);
}

static dc_amount ternary_amount(const dc_run *run, const void *settings)
{
    const ternary_settings *s = settings;
    return amount_add(fit_amount(run, &s->fit, true), s->has_norms ? 1 : 0, add_norms_amount(run));
}

const dc_stage dc_stage_ternary = {
    .name = "ternary",
    .needs_data = true,
    .settings_bytes = sizeof(ternary_settings),
    .set_defaults = ternary_defaults,
    .parts = { FIT_PARTS(offsetof(ternary_settings, fit)), { ternary_fields, 0 }, { NULL, 0 } },
    .check = check_ternary,
    .run = run_ternary,
    .amount = ternary_amount,
};
