/* SPDX-License-Identifier: MIT
 *
 * Inside prune: magnitudes as integers, selection by them, and what is asked of a layer.
 */
#ifndef DCOMP_PRUNE_MAGNITUDE_H
#define DCOMP_PRUNE_MAGNITUDE_H

#include <string.h>

#include "dcomp/prune.h"

#define DC_MAGNITUDE_HIGH_BITS 15u /* of 31: sign removed; the rest is the low part */
#define DC_MAGNITUDE_LOW_BITS 16u

/* The order of |value| as an unsigned integer. */
static inline uint32_t dc_magnitude(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & 0x7fffffffu;
}

/* How many are non-zero and at least `threshold`. */
uint64_t dc_magnitude_count(const float *values, uint64_t n, double threshold);
/* Mean and standard deviation of what is non-zero; 0 when all is zero. */
typedef struct dc_spread {
    uint64_t n_nonzero;
    double mean, deviation, rms;
} dc_spread;
dc_spread dc_spread_of(const float *values, uint64_t n);

/* A model's weight parameters, in order of nodes; `*n` of them, from the arena. */
dc_param **dc_weight_params(uint32_t *n, const dc_model *model, dc_arena *arena);
/* Whether it holds nothing but zeros that nobody pruned: training has not begun with it, and what
 * is pruned now could never be trained. */
bool dc_param_is_blank(const dc_param *param);
/* Refuses NaN, infinity and packed weights, naming the layer. */
DC_MUST_USE dc_status dc_weights_check(const dc_param *param, const char *layer);
/* Zeroes all but the n_keep of the greatest scores (NULL: the values) and marks the parameter. */
DC_MUST_USE dc_status dc_prune_param(dc_param *param, const float *scores, uint64_t n_keep);
/* `density` of n, to the nearest, but at least 1. */
uint64_t dc_density_count(double density, uint64_t n);

/* ---- budget.c, saliencies.c, cut.c: from settings to zeros ----------------------------------- */

/* What a layer gets. */
typedef struct dc_share {
    dc_param *param;
    uint64_t n_keep;
    uint32_t n_gates; /* its rows are so many matrices, one below the other */
    const float *scores; /* NULL: the weights themselves */
} dc_share;
typedef struct dc_budget {
    uint32_t n, n_global; /* the first so many share the global density, and have no n_keep yet */
    dc_share *shares;
} dc_budget;
static inline const float *dc_share_scores(const dc_share *share)
{
    return share->scores ? share->scores : share->param->values;
}
DC_MUST_USE dc_status dc_budget_make(dc_budget *out, const dc_model *model,
                                     const dc_prune_settings *settings, dc_arena *arena);
/* n_keep for each so that together they keep `density` of all, by score (over its layer's RMS,
 * unless scores are comparable as they are; of_present: of those that are not zero). */
DC_MUST_USE dc_status dc_global_counts(dc_share *shares, uint32_t n_shares, double density,
                                       bool of_present, bool is_comparable);
DC_MUST_USE dc_status dc_cut(const dc_budget *budget, double min_density, uint32_t n_sets);

/* What a saliency goes by besides the weights of a parameter. */
typedef struct dc_saliency_source {
    const float *squares; /* mean squares of its gradients; NULL: not asked for */
    double mean;          /* theirs over all layers of the budget               */
    uint64_t seed;
    uint32_t param;       /* which it is                                        */
} dc_saliency_source;

/* What makes a weight worth keeping. */
typedef struct dc_saliency {
    const char *name;
    bool needs_squares;
    bool needs_obs; /* scores come from dc_obs_source, layer by layer */
    bool is_comparable; /* across layers, as it is */
    /* Fills scores (n), not 0 where the weight is not; NULL: the score is the weight. */
    void (*score)(float *scores, const float *values, const dc_saliency_source *source,
                  uint64_t n);
} dc_saliency;
const dc_saliency *dc_saliency_at(uint32_t index); /* NULL when there is none */
/* Scores of all shares; DC_EINPUT when squares are needed and not there. */
DC_MUST_USE dc_status dc_saliency_score(dc_budget *budget, const dc_saliency *saliency,
                                        const dc_model *model,
                                        const dc_prune_settings *settings, dc_arena *arena);

#endif
