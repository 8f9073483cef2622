/* SPDX-License-Identifier: MIT
 *
 * Densities from the weights alone. The rule: the smallest weights of a layer go as long as they
 * carry at most the share
 *     e = 0.01 * boldness * size * edge * depth
 * of the layer's energy, the sum of w^2. What layers lose adds up on the way to the output, so
 * depth = 4 / layers, at most 1. size = log10(weights) - 3 within 1/4..3: large layers are
 * redundant, small ones are cheap to leave alone. edge = 1/4 for the first and the last layer,
 * else 1. A Gaussian layer loses 26 % of its weights for e = 0.01, a Laplacian one 35 %, one with
 * few large and many tiny weights nearly all of these. e is at most 1/2, the density at least 0.02
 * / boldness; a gain below 2 % is not worth an index, so that layer keeps density 1.
 */
#include <math.h>

#include "magnitude.h"

#define N_BUCKETS (1u << DC_MAGNITUDE_HIGH_BITS) /* 128 an octave */

/* Share of the weights whose sum of squares is at most `share` of the whole, the smallest ones. */
static double share_of_small(const dc_param *param, double share, uint64_t *counts,
                             double *energies)
{
    double whole = 0, energy = 0;
    uint64_t n = 0;
    memset(counts, 0, N_BUCKETS * sizeof *counts);
    memset(energies, 0, N_BUCKETS * sizeof *energies);
    for (uint64_t i = 0; i < param->n_values; i++) {
        const uint32_t bucket = dc_magnitude(param->values[i]) >> DC_MAGNITUDE_LOW_BITS;
        counts[bucket]++;
        energies[bucket] += (double)param->values[i] * (double)param->values[i];
    }
    for (uint32_t b = 0; b < N_BUCKETS; b++)
        whole += energies[b];
    for (uint32_t b = 0; b < N_BUCKETS && energy + energies[b] <= share * whole; b++) {
        energy += energies[b];
        n += counts[b];
    }
    return (double)n / (double)param->n_values;
}

static double energy_share(uint64_t n_values, bool is_edge, uint32_t n_layers, double boldness)
{
    const double size = fmin(fmax(log10((double)n_values) - 3, 0.25), 3);
    const double depth = fmin(4.0 / n_layers, 1);
    return fmin(0.01 * boldness * size * (is_edge ? 0.25 : 1) * depth, 0.5);
}

dc_status dc_prune_guess(dc_rules *out, const dc_model *model, double boldness, dc_arena *arena)
{
    uint32_t n = 0;
    dc_arena own = { 0 };
    dc_param **const params = dc_weight_params(&n, model, &own);
    uint64_t *const counts = dc_arena_take(&own, N_BUCKETS, sizeof *counts);
    double *const energies = dc_arena_take(&own, N_BUCKETS, sizeof *energies);
    dc_rule *const rules = dc_arena_take(arena, n, sizeof *rules);
    dc_status status = own.status < 0 ? own.status : arena->status;
    if (status == DC_OK && !(boldness > 0 && isfinite(boldness)))
        status = dc_fail(DC_EINPUT, "boldness %g is not positive", boldness);
    for (uint32_t i = 0; i < n && status == DC_OK; i++) {
        const char *layer = model->nodes[params[i]->node].name;
        status = dc_weights_check(params[i], layer);
        if (status < 0)
            break;
        const bool is_edge = i == 0 || i + 1 == n;
        const double e = energy_share(params[i]->n_values, is_edge, n, boldness);
        const double small = share_of_small(params[i], e, counts, energies);
        const double density = fmin(fmax(1 - small, 0.02 / boldness), 1);
        rules[i] = (dc_rule){ dc_arena_text(arena, layer), density > 0.98 ? 1 : density };
    }
    dc_arena_clear(&own);
    DC_TRY(status);
    DC_TRY(arena->status);
    *out = (dc_rules){ n, rules };
    return DC_OK;
}
