/* SPDX-License-Identifier: MIT
 *
 * A seeded LSTM, pruned in one of three ways. Weights are normal, times a scale of their gate and
 * one of their row that is log-normal: trained LSTMs are so, which is why one threshold leaves some
 * gates and rows with many more weights than others. Scales are those measured on trained keyword
 * networks with peepholes and projection (docs/ese.md, 7). Balanced pruning keeps as many weights
 * in each PE's rows of each gate; plain pruning has one threshold for all.
 */
#include "dcomp/accelerator.h"

#include <math.h>

#define ROW_SIGMA 0.13
#define N_GATES 4u
static const double input_scales[N_GATES] = { 1.13, 1.01, 0.93, 0.94 }; /* of i, o, f, g */
static const double recurrent_scales[N_GATES] = { 1.18, 0.97, 1.09, 0.80 };
static const double projection_scales[] = { 1 };
#define WEIGHT_SIGMA 0.1
#define N_LEVELS 127 /* of each sign */
#define LEVEL (0x1p-8f)

typedef struct drawing {
    float *values;     /* of all matrices, one behind the other */
    float *magnitudes; /* room for as many                      */
    uint64_t n_values;
} drawing;

/* Rows of gates; one scale a gate. */
static void draw_matrix(float *values, uint64_t n_rows, uint64_t n_cols, const double *scales,
                        uint64_t n_gates, dc_rng *rng)
{
    for (uint64_t i = 0; i < n_rows; i++) {
        const double of_gate = WEIGHT_SIGMA * scales[i / (n_rows / n_gates)];
        const double scale = of_gate * exp(ROW_SIGMA * dc_rng_normal(rng));
        for (uint64_t j = 0; j < n_cols; j++)
            values[i * n_cols + j] = (float)(scale * dc_rng_normal(rng));
    }
}

/* Zeros in rows first_row, first_row + step, ... of a matrix but for the largest share. */
static void prune_rows(drawing *d, float *values, uint32_t n_rows, uint32_t n_cols,
                       uint32_t first_row, uint32_t step, double density)
{
    uint64_t n = 0;
    for (uint64_t i = first_row; i < n_rows; i += step)
        for (uint64_t j = 0; j < n_cols; j++)
            d->magnitudes[n++] = fabsf(values[i * n_cols + j]);
    const uint64_t n_kept = (uint64_t)(density * (double)n + 0.5);
    if (n == 0 || n_kept >= n)
        return;
    const float threshold = dc_select_smallest(d->magnitudes, n, n - 1 - n_kept);
    for (uint64_t i = first_row; i < n_rows; i += step)
        for (uint64_t j = 0; j < n_cols; j++)
            if (fabsf(values[i * n_cols + j]) <= threshold)
                values[i * n_cols + j] = 0;
}

/* Values that a codebook of 8 bits holds; what is kept stays other than zero. */
static void share(float *values, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        if (values[i] == 0)
            continue;
        const float level = fminf(fmaxf(nearbyintf(fabsf(values[i]) / LEVEL), 1), N_LEVELS);
        values[i] = copysignf(level * LEVEL, values[i]);
    }
}

static void prune(drawing *d, const dc_synthetic_cell *spec, uint32_t n_pes)
{
    const uint32_t n_cells = spec->n_cells, n_inputs = spec->n_inputs, n_said = spec->n_said;
    float *recurrent = d->values + (uint64_t)N_GATES * n_cells * n_inputs;
    float *projection = recurrent + (uint64_t)N_GATES * n_cells * n_said;
    if (spec->pruning == DC_PRUNING_PLAIN) /* as one row */
        prune_rows(d, d->values, 1, (uint32_t)d->n_values, 0, 1, spec->density);
    if (spec->pruning != DC_PRUNING_BALANCED)
        return;
    for (uint32_t k = 0; k < n_pes; k++) {
        for (uint64_t gate = 0; gate < N_GATES; gate++) {
            prune_rows(d, d->values + gate * n_cells * n_inputs, n_cells, n_inputs, k, n_pes,
                       spec->density);
            prune_rows(d, recurrent + gate * n_cells * n_said, n_cells, n_said, k, n_pes,
                       spec->density);
        }
        prune_rows(d, projection, n_said, n_cells, k, n_pes, spec->density);
    }
}

static dc_status make(dc_packed *out, const dc_synthetic_cell *spec, uint32_t n_pes,
                      uint64_t seed, dc_arena *scratch, dc_arena *arena)
{
    const dc_pack_plan plan = { .is_column_major = true, .gap_bits = 8 };
    const uint32_t n_rows[] = { N_GATES * spec->n_cells, N_GATES * spec->n_cells, spec->n_said };
    const uint32_t n_cols[] = { spec->n_inputs, spec->n_said, spec->n_cells };
    const double *const scales[] = { input_scales, recurrent_scales, projection_scales };
    const uint64_t n_gates[] = { N_GATES, N_GATES, 1 };
    drawing d = { 0 };
    for (int m = 0; m < 3; m++)
        d.n_values += (uint64_t)n_rows[m] * n_cols[m];
    if (d.n_values > DC_MAX_TENSOR_VALUES)
        return dc_fail(DC_ELIMIT, "a cell of %llu weights is too large",
                       (unsigned long long)d.n_values);
    d.values = dc_arena_take(scratch, d.n_values, sizeof *d.values);
    d.magnitudes = dc_arena_take(scratch, d.n_values, sizeof *d.magnitudes);
    DC_TRY(scratch->status);
    float *values = d.values;
    dc_rng rng;
    dc_rng_init(&rng, seed, 2);
    for (int m = 0; m < 3; m++) {
        draw_matrix(values, n_rows[m], n_cols[m], scales[m], n_gates[m], &rng);
        values += (uint64_t)n_rows[m] * n_cols[m];
    }
    prune(&d, spec, n_pes);
    share(d.values, d.n_values);
    values = d.values;
    for (int m = 0; m < 3; m++) {
        DC_TRY(dc_pack(&out[m], values, n_rows[m], n_cols[m], &plan, arena));
        values += (uint64_t)n_rows[m] * n_cols[m];
    }
    return DC_OK;
}

dc_status dc_synthetic_lstm(dc_packed *out, const dc_synthetic_cell *spec, uint32_t n_pes,
                            uint64_t seed, dc_arena *arena)
{
    dc_arena scratch = { 0 };
    const dc_status status = make(out, spec, n_pes, seed, &scratch, arena);
    dc_arena_clear(&scratch);
    return status;
}
