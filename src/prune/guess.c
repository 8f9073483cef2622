/* SPDX-License-Identifier: MIT
 *
 * Densities without data. A layer gives up its smallest weights as long as they hold only a small
 * share of its energy, the sum of w^2: 4 % for a linear layer, 2 % for a convolution, half of that
 * for the first and the last layer and for layers of fewer than 4,096 weights, times the boldness,
 * never over 60 %. A layer with many small weights and few large ones (far from Gaussian) so gives
 * more weights for the same energy: 4 % of it is 42 % of Gaussian weights and 54 % of Laplacian
 * ones. Energies are summed over 2^16 bins by magnitude, so that the cost is one pass.
 */
#include <math.h>
#include <string.h>

#include "dcomp/prune.h"

#define N_BINS 65536u
#define LINEAR_SHARE 0.04
#define CONV_SHARE 0.02
#define MAX_SHARE 0.6
#define SMALL_LAYER 4096u

static double energy_share(const dc_model *model, uint32_t node, bool is_edge, double boldness)
{
    const dc_param *param = &model->params[model->nodes[node].params[0]];
    double share = model->nodes[node].op == DC_OP_CONV ? CONV_SHARE : LINEAR_SHARE;
    if (is_edge || param->n_values < SMALL_LAYER)
        share /= 2;
    return DC_MIN(share * boldness, MAX_SHARE);
}

/* The density that is left when the smallest weights holding `share` of the energy are gone. */
static double density_for(const dc_param *param, double share, double *energies, uint64_t *counts)
{
    double total = 0, gone = 0;
    uint64_t n_gone = 0;
    memset(energies, 0, N_BINS * sizeof *energies);
    memset(counts, 0, N_BINS * sizeof *counts);
    for (uint64_t i = 0; i < param->n_values; i++) {
        const float size = fabsf(param->values[i]);
        uint32_t bits;
        memcpy(&bits, &size, sizeof bits);
        const double energy = (double)size * (double)size;
        energies[bits >> 16] += energy;
        counts[bits >> 16]++;
        total += energy;
    }
    for (uint32_t bin = 0; bin < N_BINS && gone + energies[bin] <= share * total; bin++) {
        gone += energies[bin];
        n_gone += counts[bin];
    }
    return DC_MAX(1 - (double)n_gone / (double)param->n_values, 1e-4);
}

dc_status dc_prune_guess(dc_rules *out, const dc_model *model, double boldness, dc_arena *arena)
{
    const char **names;
    const uint32_t n = dc_model_layers(&names, model, arena);
    dc_rule *rules = dc_arena_take(arena, n, sizeof *rules);
    dc_arena scratch = { 0 };
    double *energies = dc_arena_take(&scratch, N_BINS, sizeof *energies);
    uint64_t *counts = dc_arena_take(&scratch, N_BINS, sizeof *counts);
    const dc_status status = arena->status < 0 ? arena->status : scratch.status;
    for (uint32_t i = 0; i < n && status == DC_OK; i++) {
        const uint32_t node = dc_model_node(model, names[i]);
        const dc_param *param = &model->params[model->nodes[node].params[0]];
        const double share = energy_share(model, node, i == 0 || i + 1 == n, boldness);
        rules[i] = (dc_rule){ names[i], density_for(param, share, energies, counts) };
    }
    dc_arena_clear(&scratch);
    *out = (dc_rules){ n, rules };
    return status;
}
