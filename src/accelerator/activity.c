/* SPDX-License-Identifier: MIT
 *
 * What each PE did over time, in a few hundred bins. The length of a run is not known beforehand,
 * so a bin begins as one cycle; when all bins are full, neighbours are added up and a bin stands
 * for twice as many.
 */
#include "dcomp/accelerator.h"

#include <string.h>

#define N_BINS 500u  /* even */
#define MAX_ROWS 256u /* of a picture */

dc_status dc_activity_new(dc_activity **out, uint32_t n_pes, dc_arena *arena)
{
    dc_activity *a = dc_arena_take(arena, 1, sizeof *a);
    float *busy = dc_arena_take(arena, (uint64_t)n_pes * N_BINS, sizeof *busy);
    DC_TRY(arena->status);
    *a = (dc_activity){ .n_pes = n_pes, .n_bins = N_BINS, .cycles_per_bin = 1, .busy = busy };
    *out = a;
    return DC_OK;
}

static void halve(float *counts, uint32_t n_pes)
{
    for (uint32_t k = 0; k < n_pes; k++) {
        float *row = counts + (uint64_t)k * N_BINS;
        for (uint32_t i = 0; i < N_BINS / 2; i++)
            row[i] = row[2 * i] + row[2 * i + 1];
        memset(row + N_BINS / 2, 0, N_BINS / 2 * sizeof *row);
    }
}

uint64_t dc_activity_cycle(dc_activity *activity)
{
    dc_activity *a = activity;
    if (a->n_cycles == a->cycles_per_bin * N_BINS) {
        halve(a->busy, a->n_pes);
        a->cycles_per_bin *= 2;
    }
    return a->n_cycles++ / a->cycles_per_bin;
}

void dc_activity_shares(float *shares, uint32_t *n_rows, uint32_t *n_used,
                        const dc_activity *activity)
{
    const dc_activity *a = activity;
    const uint32_t n_pooled = (a->n_pes + MAX_ROWS - 1) / MAX_ROWS;
    *n_used = (uint32_t)((a->n_cycles + a->cycles_per_bin - 1) / a->cycles_per_bin);
    *n_rows = (a->n_pes + n_pooled - 1) / n_pooled;
    memset(shares, 0, (uint64_t)*n_rows * *n_used * sizeof *shares);
    for (uint32_t k = 0; k < a->n_pes; k++) {
        const uint32_t row = k / n_pooled;
        const uint32_t n_mates = DC_MIN(n_pooled, a->n_pes - row * n_pooled);
        for (uint32_t i = 0; i < *n_used; i++) {
            const uint64_t n = DC_MIN(a->cycles_per_bin, a->n_cycles - i * a->cycles_per_bin);
            shares[(uint64_t)row * *n_used + i] +=
                a->busy[(uint64_t)k * N_BINS + i] / (float)(n * n_mates);
        }
    }
}
