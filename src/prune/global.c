/* SPDX-License-Identifier: MIT
 *
 * One density over many layers: scores are divided by their layer's RMS (of what is non-zero),
 * unless they compare across layers as they are, and ranked together; ties go to the earlier layer.
 * The outcome is a count for each layer, and dividing does not change the order within one, so the
 * layer's own selection does the rest.
 */
#include "magnitude.h"

#define N_HIGH (1u << DC_MAGNITUDE_HIGH_BITS)
#define N_LOW (1u << DC_MAGNITUDE_LOW_BITS)

static uint32_t scaled(float value, double scale)
{
    return dc_magnitude((float)((double)value * scale));
}

/* Counts those whose upper bits are `high` by their lower bits, or all by their upper bits. */
static void count_layer(uint64_t *counts, const dc_share *share, double scale, uint32_t high)
{
    const float *scores = dc_share_scores(share);
    for (uint64_t i = 0; i < share->param->n_values; i++) {
        const uint32_t magnitude = scaled(scores[i], scale);
        if (high == N_HIGH)
            counts[magnitude >> DC_MAGNITUDE_LOW_BITS]++;
        else if (magnitude >> DC_MAGNITUDE_LOW_BITS == high)
            counts[magnitude & (N_LOW - 1)]++;
    }
}

static uint32_t find_bucket(uint64_t *n_left, uint64_t *counts, const dc_share *shares,
                            const double *scales, uint32_t n_shares, uint32_t high)
{
    uint32_t at = (high == N_HIGH ? N_HIGH : N_LOW) - 1;
    memset(counts, 0, N_LOW * sizeof *counts);
    for (uint32_t p = 0; p < n_shares; p++)
        count_layer(counts, &shares[p], scales[p], high);
    while (at > 0 && counts[at] < *n_left)
        *n_left -= counts[at--];
    return at;
}

dc_status dc_global_counts(dc_share *shares, uint32_t n_shares, double density, bool of_present,
                           bool is_comparable)
{
    dc_arena arena = { 0 };
    uint64_t n_values = 0;
    double *const scales = dc_arena_take(&arena, n_shares, sizeof *scales);
    uint64_t *const counts = dc_arena_take(&arena, N_LOW, sizeof *counts);
    for (uint32_t p = 0; p < n_shares && arena.status == DC_OK; p++) {
        const dc_param *param = shares[p].param;
        const dc_spread spread = dc_spread_of(dc_share_scores(&shares[p]), param->n_values);
        scales[p] = is_comparable ? 1 : spread.rms > 0 ? 1 / spread.rms : 0;
        n_values += of_present ? spread.n_nonzero : param->n_values;
    }
    if (arena.status == DC_OK) {
        uint64_t n_equal = dc_density_count(density, n_values);
        const uint32_t high = find_bucket(&n_equal, counts, shares, scales, n_shares, N_HIGH);
        const uint32_t low = find_bucket(&n_equal, counts, shares, scales, n_shares, high);
        const uint32_t limit = high << DC_MAGNITUDE_LOW_BITS | low;
        for (uint32_t p = 0; p < n_shares; p++) {
            const float *scores = dc_share_scores(&shares[p]);
            shares[p].n_keep = 0;
            for (uint64_t i = 0; i < shares[p].param->n_values; i++) {
                const uint32_t magnitude = scaled(scores[i], scales[p]);
                const bool is_equal = magnitude == limit && n_equal > 0;
                n_equal -= is_equal;
                shares[p].n_keep += magnitude > limit || is_equal;
            }
        }
    }
    const dc_status status = arena.status;
    dc_arena_clear(&arena);
    return status;
}
