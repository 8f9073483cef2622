/* SPDX-License-Identifier: MIT
 *
 * Scores and a budget become zeros: all over a layer, or, load-balance-aware [ESE 3.2], in each of
 * its interleaved sets of rows, which an accelerator's processing elements hold. Gates are matrices
 * that such a machine multiplies one after the other, so each has sets of its own.
 */
#include <math.h>

#include "magnitude.h"

typedef struct cut_work {
    const dc_budget *budget;
    double min_density;
    uint32_t n_sets;
} cut_work;

/* Rows set, set + n_sets, ... of a layer. */
typedef struct row_set {
    uint64_t first, stride, n; /* rows */
    uint64_t n_cols;
} row_set;

/* To (n rows) from the layer, or back. */
static void gather(float *to, const float *layer, const row_set *s)
{
    for (uint64_t r = 0; r < s->n; r++)
        memcpy(to + r * s->n_cols, layer + (s->first + r * s->stride) * s->n_cols,
               s->n_cols * sizeof *to);
}

static void scatter(float *layer, const float *from, const row_set *s)
{
    for (uint64_t r = 0; r < s->n; r++)
        memcpy(layer + (s->first + r * s->stride) * s->n_cols, from + r * s->n_cols,
               s->n_cols * sizeof *layer);
}

/* Each set of each gate keeps its part of n_keep; the parts are whole and sum to it. */
static dc_status cut_sets(const dc_share *share, uint64_t n_keep, uint32_t n_wanted)
{
    dc_param *param = share->param;
    const uint64_t n_rows = param->shape.dims[0] / share->n_gates;
    const uint64_t n_cols = param->n_values / param->shape.dims[0];
    const uint64_t n_sets = DC_MIN((uint64_t)n_wanted, n_rows);
    const uint64_t n_most = (n_rows + n_sets - 1) / n_sets * n_cols;
    dc_arena arena = { 0 };
    float *values = dc_arena_take(&arena, n_most, sizeof *values);
    float *scores = dc_arena_take(&arena, n_most, sizeof *scores);
    dc_status status = arena.status;
    uint64_t n_seen = 0, n_kept = 0;
    for (uint64_t i = 0; i < n_sets * share->n_gates && status == DC_OK; i++) {
        const uint64_t gate = i / n_sets, set = i % n_sets;
        const row_set s = { gate * n_rows + set, n_sets, (n_rows - set + n_sets - 1) / n_sets,
                            n_cols };
        gather(values, param->values, &s);
        gather(scores, dc_share_scores(share), &s);
        n_seen += s.n * n_cols;
        const double due = (double)n_keep * (double)n_seen / (double)param->n_values;
        const uint64_t n_own = (uint64_t)(due + 0.5) - n_kept;
        status = dc_prune_keep(values, scores, s.n * n_cols, n_own);
        n_kept += n_own;
        scatter(param->values, values, &s);
    }
    dc_arena_clear(&arena);
    param->is_pruned = param->is_pruned || dc_param_n_nonzero(param) < param->n_values;
    return status;
}

static dc_status cut_one(void *payload, uint64_t index)
{
    const cut_work *work = payload;
    const dc_share *share = &work->budget->shares[index];
    const double least = ceil(work->min_density * (double)share->param->n_values);
    const uint64_t n_keep = DC_MAX(share->n_keep, (uint64_t)least);
    return work->n_sets > 1 ? cut_sets(share, n_keep, work->n_sets)
                            : dc_prune_param(share->param, share->scores, n_keep);
}

/* 256 shared values leave no room for a zero. */
static void settle_sharing(const dc_budget *budget)
{
    for (uint32_t i = 0; i < budget->n; i++) {
        dc_param *param = budget->shares[i].param;
        if (!param->is_shared || dc_param_can_share(param))
            continue;
        param->is_shared = false;
        dc_warn("%s: with zero it has more than %u values and is no longer shared ('quantize' "
                "shares it again)",
                param->name, DC_MAX_CODEBOOK);
    }
}

dc_status dc_cut(const dc_budget *budget, double min_density, uint32_t n_sets)
{
    cut_work work = { budget, min_density, n_sets };
    DC_TRY(dc_pool_run(budget->n, cut_one, &work));
    settle_sharing(budget);
    return DC_OK;
}
