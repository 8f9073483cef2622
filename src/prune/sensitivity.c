/* SPDX-License-Identifier: MIT
 *
 * Sensitivity scan [NIPS15]: one layer at a time is pruned to each density and the model is
 * scored. One copy of the model serves for all; the layer is put back from the original before
 * each step.
 */
#include <inttypes.h>
#include <math.h>

#include "magnitude.h"

typedef struct scan {
    const dc_model *model;
    dc_model *work; /* a copy */
    dc_score_fn *score;
    void *payload;
} scan;

/* A piece of the work each; the caller has entered one for the scan, if it shows progress. */
static dc_status score_one(dc_score *out, scan *s, const dc_model *model, const char *layer)
{
    const unsigned mark = dc_work_enter(1, "%s", layer);
    DC_TRY(s->score(s->payload, out, model));
    dc_work_leave(mark);
    return DC_OK;
}

static dc_status score_pruned(dc_score *out, scan *s, const dc_param *original, double density,
                              const char *layer)
{
    dc_param *param = &s->work->params[original - s->model->params];
    memcpy(param->values, original->values, original->n_values * sizeof *param->values);
    param->is_pruned = original->is_pruned;
    DC_TRY(dc_prune_param(param, NULL, dc_density_count(density, param->n_values)));
    return score_one(out, s, s->work, layer);
}

static dc_status scan_layer(dc_sensitivity *t, scan *s, uint32_t layer, const dc_param *original)
{
    dc_score *const scores = t->scores + (uint64_t)layer * t->n_densities;
    DC_TRY(dc_weights_check(original, t->layers[layer]));
    for (uint32_t i = 0; i < t->n_densities; i++)
        DC_TRY(score_pruned(&scores[i], s, original, t->densities[i], t->layers[layer]));
    dc_param *param = &s->work->params[original - s->model->params];
    memcpy(param->values, original->values, original->n_values * sizeof *param->values);
    param->is_pruned = original->is_pruned;
    return DC_OK;
}

static dc_status scan_all(dc_sensitivity *t, scan *s, dc_param *const *params)
{
    dc_work_divide(1 + (double)t->n_layers * t->n_densities);
    DC_TRY(score_one(&t->whole, s, s->model, ""));
    DC_TRY(dc_model_copy(&s->work, s->model));
    for (uint32_t i = 0; i < t->n_layers; i++)
        DC_TRY(scan_layer(t, s, i, params[i]));
    return DC_OK;
}

static dc_status check_scan(const dc_sensitivity *t, const char *pattern)
{
    if (t->n_layers == 0)
        return dc_fail(DC_EINPUT, "pattern '%s' matches no layer", pattern);
    for (uint32_t i = 0; i < t->n_densities; i++)
        if (!(t->densities[i] > 0 && t->densities[i] <= 1))
            return dc_fail(DC_EINPUT, "density %g is outside of (0, 1]", t->densities[i]);
    return DC_OK;
}

dc_status dc_sensitivity_scan(dc_sensitivity *out, const dc_model *model, const char *pattern,
                              const double *densities, uint32_t n_densities, dc_score_fn *score,
                              void *payload, dc_arena *arena)
{
    uint32_t n = 0;
    dc_param **const params = dc_weight_params(&n, model, arena);
    dc_sensitivity t = { .n_densities = n_densities };
    t.layers = dc_arena_take(arena, n, sizeof *t.layers);
    t.densities = dc_arena_take(arena, n_densities, sizeof *t.densities);
    DC_TRY(arena->status);
    memcpy(t.densities, densities, n_densities * sizeof *densities);
    for (uint32_t i = 0; i < n; i++) {
        const char *layer = model->nodes[params[i]->node].name;
        if (pattern && !dc_glob_match(pattern, layer))
            continue;
        params[t.n_layers] = params[i];
        t.layers[t.n_layers++] = dc_arena_text(arena, layer);
    }
    DC_TRY(check_scan(&t, pattern ? pattern : "*"));
    t.scores = dc_arena_take(arena, (uint64_t)t.n_layers * n_densities, sizeof *t.scores);
    DC_TRY(arena->status);
    scan s = { .model = model, .score = score, .payload = payload };
    const dc_status status = scan_all(&t, &s, params);
    dc_model_free(s.work);
    DC_TRY(status);
    *out = t;
    return DC_OK;
}

/* 1 when no density is good enough. */
static double least_density(const dc_sensitivity *t, uint32_t layer, double max_drop)
{
    double least = 1;
    for (uint32_t i = 0; i < t->n_densities; i++) {
        const dc_score *score = &t->scores[(uint64_t)layer * t->n_densities + i];
        const double drop = 100 * (score->top1_error - t->whole.top1_error);
        if (drop <= max_drop && t->densities[i] < least)
            least = t->densities[i];
    }
    return least;
}

dc_status dc_sensitivity_rules(dc_rules *out, const dc_sensitivity *table, double max_drop,
                               dc_arena *arena)
{
    const dc_score *whole = &table->whole;
    const uint64_t n = DC_MAX(whole->n_labels, whole->n_samples);
    const char *what = whole->n_labels > whole->n_samples ? "label" : "sample";
    dc_rule *const rules = dc_arena_take(arena, table->n_layers, sizeof *rules);
    DC_TRY(arena->status);
    if (n > 0 && max_drop != 0 && fabs(max_drop) * (double)n < 100)
        dc_warn("a drop of %g is less than one %s: 1 of %" PRIu64 " validation %ss is %.3g",
                fabs(max_drop), what, n, what, 100 / (double)n);
    for (uint32_t i = 0; i < table->n_layers; i++)
        rules[i] =
            (dc_rule){ dc_arena_text(arena, table->layers[i]), least_density(table, i, max_drop) };
    DC_TRY(arena->status);
    *out = (dc_rules){ table->n_layers, rules };
    return DC_OK;
}
