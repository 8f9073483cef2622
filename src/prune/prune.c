/* SPDX-License-Identifier: MIT
 *
 * Magnitude pruning by rules [NIPS15; DC 2]: by density, by a threshold of s standard deviations,
 * or by one density over all layers. Layers are independent but for the last, and are pruned on all
 * cores.
 */
#include "magnitude.h"

#include <math.h>
#include <string.h>

const dc_field dc_prune_fields[] = {
    { "density", DC_FIELD_RULES, offsetof(dc_prune_settings, density), NULL, 0, 0, NULL,
      "share of each layer's weights that stays, by layer", 0 },
    { "sensitivity", DC_FIELD_RULES, offsetof(dc_prune_settings, sensitivity), NULL, 0, 0, NULL,
      "prune below so many standard deviations, by layer", 0 },
    { "global_density", DC_FIELD_NUMBER, offsetof(dc_prune_settings, global_density), NULL, 0, 1,
      NULL, "one density over all layers, magnitudes relative to each layer's RMS", 0 },
    { "min_density", DC_FIELD_NUMBER, offsetof(dc_prune_settings, min_density), NULL, 0, 1, NULL,
      "no layer is left with less", 0 },
    { "remove_dead", DC_FIELD_BOOL, offsetof(dc_prune_settings, remove_dead), NULL, 0, 0, NULL,
      "take neurons out that do nothing any more", 0 },
    { NULL, DC_FIELD_BOOL, 0, NULL, 0, 0, NULL, NULL, 0 },
};

dc_prune_settings dc_prune_defaults(void)
{
    return (dc_prune_settings){ .min_density = 0.001, .remove_dead = true };
}

/* One layer's weights and what is to happen to them. */
typedef struct layer_job {
    dc_param *param;
    const char *name;
    bool has_density, has_threshold;
    double density, threshold; /* threshold in standard deviations */
    dc_status status;
} layer_job;

static uint64_t count_for(double density, uint64_t n)
{
    const uint64_t wanted = (uint64_t)ceil(density * (double)n - 1e-9);
    return DC_MIN(n, DC_MAX(wanted, 1));
}

static dc_status prune_to(dc_param *param, double density)
{
    magnitude_piece piece = { param->values, param->n_values, 1.0f };
    magnitude_cut cut;
    DC_TRY(magnitude_find(&cut, &piece, 1, count_for(density, param->n_values)));
    magnitude_apply(&cut, &piece);
    param->is_pruned = true;
    return DC_OK;
}

static double deviation(const dc_param *param)
{
    double sum = 0, squares = 0, n = 0;
    for (uint64_t i = 0; i < param->n_values; i++) {
        const double w = (double)param->values[i];
        sum += w;
        squares += w * w;
        n += w != 0.0;
    }
    return n > 0 ? sqrt(DC_MAX(0, squares / n - sum / n * (sum / n))) : 0;
}

static dc_status prune_below(dc_param *param, double s, double min_density)
{
    const double threshold = s * deviation(param);
    uint64_t n_left = 0;
    for (uint64_t i = 0; i < param->n_values; i++)
        n_left += fabs((double)param->values[i]) > threshold;
    const uint64_t n_floor = count_for(min_density, param->n_values);
    return prune_to(param, (double)DC_MAX(n_left, n_floor) / (double)param->n_values);
}

static dc_status check_finite(const layer_job *job)
{
    for (uint64_t i = 0; i < job->param->n_values; i++)
        if (!isfinite(job->param->values[i]))
            return dc_fail(DC_EINPUT, "layer '%s' has a weight that is not a number", job->name);
    return DC_OK;
}

typedef struct prune_work {
    layer_job *jobs;
    const dc_prune_settings *settings;
} prune_work;

static dc_status run_layer(void *payload, uint64_t index)
{
    const prune_work *work = payload;
    layer_job *job = &work->jobs[index];
    DC_TRY(check_finite(job));
    if (job->has_density)
        return prune_to(job->param, DC_MAX(job->density, work->settings->min_density));
    if (job->has_threshold)
        return prune_below(job->param, job->threshold, work->settings->min_density);
    return DC_OK;
}

static dc_status read_rules(layer_job *job, const dc_prune_settings *settings)
{
    job->has_density = dc_rules_find(&job->density, &settings->density, job->name);
    job->has_threshold = dc_rules_find(&job->threshold, &settings->sensitivity, job->name);
    if (job->has_density && job->has_threshold)
        return dc_fail(DC_EINPUT, "layer '%s' has both a density and a sensitivity", job->name);
    if (job->has_density && !(job->density > 0 && job->density <= 1))
        return dc_fail(DC_EINPUT, "density %g of layer '%s' is not in (0, 1]", job->density,
                       job->name);
    if (job->has_threshold && !(job->threshold >= 0))
        return dc_fail(DC_EINPUT, "sensitivity %g of layer '%s' is negative", job->threshold,
                       job->name);
    return DC_OK;
}

static float inverse_rms(const dc_param *param)
{
    double squares = 0;
    for (uint64_t i = 0; i < param->n_values; i++)
        squares += (double)param->values[i] * (double)param->values[i];
    return squares > 0 ? (float)sqrt((double)param->n_values / squares) : 1.0f;
}

/* One cut through all layers; a layer that would fall below the floor is pruned to the floor. */
static dc_status prune_globally(layer_job *jobs, uint32_t n, const dc_prune_settings *settings,
                                dc_arena *arena)
{
    magnitude_piece *pieces = dc_arena_take(arena, n, sizeof *pieces);
    uint64_t n_all = 0;
    DC_TRY(arena->status);
    for (uint32_t i = 0; i < n; i++) {
        dc_param *param = jobs[i].param;
        pieces[i] = (magnitude_piece){ param->values, param->n_values, inverse_rms(param) };
        n_all += param->n_values;
    }
    magnitude_cut cut;
    DC_TRY(magnitude_find(&cut, pieces, n, count_for(settings->global_density, n_all)));
    for (uint32_t i = 0; i < n; i++) {
        dc_param *param = jobs[i].param;
        magnitude_cut trial = cut;
        const uint64_t n_left = magnitude_count(&trial, &pieces[i]);
        if (n_left >= count_for(settings->min_density, param->n_values))
            magnitude_apply(&cut, &pieces[i]);
        else
            DC_TRY(prune_to(param, settings->min_density));
        param->is_pruned = true;
    }
    return DC_OK;
}

static uint64_t count_nonzero(const layer_job *jobs, uint32_t n)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += dc_param_n_nonzero(jobs[i].param);
    return sum;
}

/* The weights of each layer, in the model's order, as dc_model_layers names them. */
static dc_status list_layers(layer_job **out, uint32_t *n_out, dc_model *model,
                             const dc_prune_settings *settings, dc_arena *arena)
{
    const char **names;
    const uint32_t n = dc_model_layers(&names, model, arena);
    layer_job *jobs = dc_arena_take(arena, n, sizeof *jobs);
    DC_TRY(arena->status);
    DC_TRY(dc_rules_check(&settings->density, names, n));
    DC_TRY(dc_rules_check(&settings->sensitivity, names, n));
    for (uint32_t i = 0; i < n; i++) {
        const dc_node *node = &model->nodes[dc_model_node(model, names[i])];
        jobs[i].name = names[i];
        jobs[i].param = &model->params[node->params[0]];
        DC_TRY(read_rules(&jobs[i], settings));
    }
    *out = jobs;
    *n_out = n;
    return DC_OK;
}

static dc_status check_settings(const dc_prune_settings *settings)
{
    const bool has_rules = settings->density.n_rules > 0 || settings->sensitivity.n_rules > 0;
    if (!has_rules && !(settings->global_density > 0))
        return dc_fail(DC_EINPUT, "nothing says what to prune (density, sensitivity or "
                                  "global_density)");
    if (has_rules && settings->global_density > 0)
        return dc_fail(DC_EINPUT, "'global_density' goes with neither 'density' nor 'sensitivity'");
    return DC_OK;
}

static dc_status prune_layers(dc_model *model, const dc_prune_settings *settings,
                              dc_prune_stats *stats, dc_arena *arena)
{
    layer_job *jobs;
    uint32_t n;
    DC_TRY(list_layers(&jobs, &n, model, settings, arena));
    stats->n_before = count_nonzero(jobs, n);
    prune_work work = { jobs, settings };
    DC_TRY(dc_pool_run(n, run_layer, &work));
    if (settings->global_density > 0)
        DC_TRY(prune_globally(jobs, n, settings, arena));
    stats->n_after = count_nonzero(jobs, n);
    return DC_OK;
}

dc_status dc_prune(dc_model *model, const dc_prune_settings *settings, dc_prune_stats *stats)
{
    dc_arena arena = { 0 };
    dc_prune_stats local;
    if (stats == NULL)
        stats = &local;
    *stats = (dc_prune_stats){ 0 };
    DC_TRY(check_settings(settings));
    const dc_status status = prune_layers(model, settings, stats, &arena);
    dc_arena_clear(&arena);
    DC_TRY(status);
    return settings->remove_dead ? dc_prune_dead(model, stats) : DC_OK;
}
