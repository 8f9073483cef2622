/* SPDX-License-Identifier: MIT
 *
 * prune: pruning in one step, by rules, or by a sensitivity scan on the validation part
 * [NIPS15]: each layer's density is the least that alone costs no more than scan_drop points.
 * Similar neurons are merged before that, or instead of it.
 */
#include "prune_obs.h"

#include <math.h>

typedef struct prune_settings {
    dc_prune_settings prune;
    double scan_drop; /* points; NaN: no scan */
    dc_rules merge;   /* share of a layer's neurons */
} prune_settings;

static const dc_field scan_fields[] = {
    { .name = "scan_drop", .kind = DC_FIELD_NUMBER, .offset = offsetof(prune_settings, scan_drop),
      .unit = "points", .min = -100, .max = 100,
      .help = "choose densities by a sensitivity scan: each layer alone may cost so much" },
    { .name = "merge", .kind = DC_FIELD_RULES, .offset = offsetof(prune_settings, merge),
      .min = 0, .max = 1,
      .help = "share of a layer's neurons that stay: the others join the most similar of them" },
    { 0 },
};

static const double scan_densities[] = {
    0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3, 0.45, 0.65, 1
};

static void prune_defaults(void *settings)
{
    *(prune_settings *)settings = (prune_settings){ .prune = dc_prune_defaults(),
                                                    .scan_drop = NAN };
}

static dc_status score_on_validation(void *payload, dc_score *out, const dc_model *model)
{
    const dc_run *run = payload;
    return dc_evaluate(out, model, run->data->validation, run->settings.batch_size,
                       DC_PRECISION_F32);
}

/* Whether weights are pruned, and not neurons merged alone. */
static bool prunes_weights(const prune_settings *s)
{
    return !isnan(s->scan_drop) || s->prune.density.n_rules > 0 ||
           s->prune.sensitivity.n_rules > 0 || s->prune.global_density > 0;
}

static dc_status check_prune(const void *settings, const dc_model *model, const dc_datasets *data)
{
    static const dc_rule any = { "*", 1 };
    const prune_settings *s = settings;
    dc_prune_settings prune = s->prune;
    char word[DC_CHOICE_BYTES];
    if (dc_prune_needs_squares(&prune) &&
        (data == NULL || data->train == NULL || (!data->train->is_labelled && !data->is_taught)))
        return dc_fail(DC_EINPUT, "saliency '%s' is made of gradients: it needs labelled data "
                                  "(--data)",
                       dc_field_choice(word, dc_field_find(dc_prune_fields, "saliency"), &prune));
    if (dc_prune_needs_obs(&prune) && (data == NULL || data->train == NULL))
        return dc_fail(DC_EINPUT, "saliency '%s' is of what layers read: it needs samples (--data)",
                       dc_field_choice(word, dc_field_find(dc_prune_fields, "saliency"), &prune));
    if (!isnan(s->scan_drop) && prune.density.n_rules > 0)
        return dc_fail(DC_EINPUT, "'density' and 'scan_drop' contradict each other");
    if (s->merge.n_rules > 0) {
        DC_TRY(dc_prune_similar_check(&s->merge, model));
        if (!prunes_weights(s))
            return DC_OK;
    }
    if (!prunes_weights(s))
        return dc_fail(DC_EINPUT, "nothing says what to prune (--density, --sensitivity, "
                                  "--global-density, --merge or, with data, --scan-drop)");
    if (isnan(s->scan_drop))
        return dc_prune_check(&prune, model);
    if (data == NULL || data->validation == NULL ||
        (!data->validation->is_labelled && !data->is_taught))
        return dc_fail(DC_EINPUT, "a sensitivity scan needs labelled data (--data)");
    prune.density = (dc_rules){ 1, &any }; /* which the scan will give */
    return dc_prune_check(&prune, model);
}

static dc_status scan(dc_rules *out, dc_run *run, double drop)
{
    dc_sensitivity table;
    DC_TRY(dc_sensitivity_scan(&table, run->model, "*", scan_densities, DC_COUNT_OF(scan_densities),
                               score_on_validation, run, run->arena));
    return dc_sensitivity_rules(out, &table, drop, run->arena);
}

static dc_status prune_by_obs(dc_run *run, dc_prune_settings *prune)
{
    prune_obs *obs = NULL;
    dc_status status = prune_obs_open(&obs, run);
    if (status == DC_OK) {
        const dc_obs_source source = prune_obs_source(obs);
        prune->obs = &source;
        status = dc_prune(run->model, prune, NULL);
    }
    prune_obs_close(obs);
    return status;
}

static dc_status prune_by(gradient_squares *squares, dc_run *run, const prune_settings *settings)
{
    dc_prune_settings prune = settings->prune;
    if (settings->merge.n_rules > 0)
        DC_TRY(dc_prune_similar(run->model, &settings->merge, NULL));
    if (!prunes_weights(settings))
        return DC_OK;
    if (!isnan(settings->scan_drop))
        DC_TRY(scan(&prune.density, run, settings->scan_drop));
    if (dc_prune_needs_squares(&prune))
        DC_TRY(squares_estimate(squares, run, false));
    prune.squares = squares->values;
    return dc_prune_needs_obs(&prune) ? prune_by_obs(run, &prune)
                                      : dc_prune(run->model, &prune, NULL);
}

static dc_status run_prune(dc_run *run, const void *settings)
{
    gradient_squares squares = { 0 };
    const dc_status status = prune_by(&squares, run, settings);
    squares_clear(&squares);
    return status;
}

static dc_amount prune_amount(const dc_run *run, const void *settings)
{
    const prune_settings *s = settings;
    const char **layers;
    const dc_amount looked =
        dc_prune_needs_obs(&s->prune)       ? prune_obs_amount(run, s->prune.global_density > 0)
        : dc_prune_needs_squares(&s->prune) ? squares_amount(run)
                                            : (dc_amount){ 0 };
    if (isnan(s->scan_drop))
        return looked;
    const uint32_t n = dc_model_layers(&layers, run->model, run->arena);
    return amount_add(looked, 1.0 + n * (double)DC_COUNT_OF(scan_densities),
                      amount_of_validation(run));
}

const dc_stage dc_stage_prune = {
    .name = "prune",
    .settings_bytes = sizeof(prune_settings),
    .set_defaults = prune_defaults,
    .parts = { { dc_prune_fields, offsetof(prune_settings, prune) },
               { scan_fields, 0 },
               { NULL, 0 } },
    .check = check_prune,
    .run = run_prune,
    .amount = prune_amount,
};
