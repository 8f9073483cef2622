/* SPDX-License-Identifier: MIT
 *
 * Selection of the largest magnitudes [DC 2] of weights or of their scores: |w| as an integer has
 * the order of the float, so two counting passes (the upper 15 bits, then the lower 16 in the one
 * bucket that the limit falls in) give the exact limit and how many of its equals may stay. O(n),
 * no copy, no sort.
 */
#include <inttypes.h>
#include <math.h>

#include "magnitude.h"

#define N_HIGH (1u << DC_MAGNITUDE_HIGH_BITS)
#define N_LOW (1u << DC_MAGNITUDE_LOW_BITS)

/* Walks down from the largest bucket; `*n_left` becomes what the bucket that is returned must give.
 */
static uint32_t walk_down(uint64_t *n_left, const uint64_t *counts, uint32_t n_counts)
{
    uint32_t at = n_counts - 1;
    while (at > 0 && counts[at] < *n_left)
        *n_left -= counts[at--];
    return at;
}

/* The smallest magnitude that stays, and how many that are equal to it do. */
static dc_status find_limit(uint32_t *limit, uint64_t *n_equal, const float *values, uint64_t n,
                            uint64_t n_keep)
{
    uint64_t *const counts = dc_grow(NULL, N_LOW, sizeof *counts);
    if (!counts)
        return DC_ENOMEM;
    *n_equal = n_keep;
    memset(counts, 0, N_HIGH * sizeof *counts);
    for (uint64_t i = 0; i < n; i++)
        counts[dc_magnitude(values[i]) >> DC_MAGNITUDE_LOW_BITS]++;
    const uint32_t high = walk_down(n_equal, counts, N_HIGH);
    memset(counts, 0, N_LOW * sizeof *counts);
    for (uint64_t i = 0; i < n; i++) {
        const uint32_t magnitude = dc_magnitude(values[i]);
        counts[magnitude & (N_LOW - 1)] += magnitude >> DC_MAGNITUDE_LOW_BITS == high;
    }
    *limit = high << DC_MAGNITUDE_LOW_BITS | walk_down(n_equal, counts, N_LOW);
    dc_release(counts);
    return DC_OK;
}

dc_status dc_prune_keep(float *values, const float *scores, uint64_t n, uint64_t n_keep)
{
    uint32_t limit = UINT32_MAX;
    uint64_t n_equal = 0;
    if (n_keep > 0)
        DC_TRY(find_limit(&limit, &n_equal, scores, n, DC_MIN(n_keep, n)));
    for (uint64_t i = 0; i < n; i++) {
        const uint32_t magnitude = dc_magnitude(scores[i]);
        const bool is_equal = magnitude == limit && n_equal > 0;
        n_equal -= is_equal;
        if (magnitude == 0 || (magnitude <= limit && !is_equal))
            values[i] = 0.0f;
    }
    return DC_OK;
}

uint64_t dc_magnitude_count(const float *values, uint64_t n, double threshold)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < n; i++)
        count += values[i] != 0.0f && fabs((double)values[i]) >= threshold;
    return count;
}

dc_spread dc_spread_of(const float *values, uint64_t n)
{
    dc_spread s = { 0 };
    double s1 = 0, s2 = 0;
    for (uint64_t i = 0; i < n; i++) {
        const double value = (double)values[i];
        s.n_nonzero += values[i] != 0.0f;
        s1 += value;
        s2 += value * value;
    }
    if (s.n_nonzero == 0)
        return s;
    const double count = (double)s.n_nonzero;
    s.mean = s1 / count;
    s.rms = sqrt(s2 / count);
    s.deviation = sqrt(fmax(s2 / count - s.mean * s.mean, 0));
    return s;
}

uint64_t dc_density_count(double density, uint64_t n)
{
    const uint64_t count = (uint64_t)(density * (double)n + 0.5);
    return DC_MIN(DC_MAX(count, n > 0), n);
}

dc_status dc_prune_param(dc_param *param, const float *scores, uint64_t n_keep)
{
    DC_TRY(dc_prune_keep(param->values, scores ? scores : param->values, param->n_values,
                            n_keep));
    param->is_pruned = param->is_pruned || dc_param_n_nonzero(param) < param->n_values;
    return DC_OK;
}

dc_param **dc_weight_params(uint32_t *n, const dc_model *model, dc_arena *arena)
{
    dc_param **params = dc_arena_take(arena, model->n_params, sizeof *params);
    *n = 0;
    for (uint32_t i = 0; i < model->n_params && params; i++)
        if (dc_role_is_weight(model->params[i].role))
            params[(*n)++] = &model->params[i];
    return params;
}

bool dc_param_is_blank(const dc_param *param)
{
    return !param->is_pruned && param->values && dc_param_n_nonzero(param) == 0;
}

dc_status dc_weights_check(const dc_param *param, const char *layer)
{
    if (!param->values)
        return dc_fail(DC_EINPUT, "weights of '%s' are packed", layer);
    for (uint64_t i = 0; i < param->n_values; i++)
        if (!isfinite(param->values[i]))
            return dc_fail(DC_EINPUT, "%s among the weights of '%s' at %" PRIu64,
                           isnan(param->values[i]) ? "NaN" : "infinity", layer, i);
    return DC_OK;
}
