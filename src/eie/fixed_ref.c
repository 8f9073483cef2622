/* SPDX-License-Identifier: MIT
 *
 * The oracle: a matrix-vector product in the fixed point of the manual, 3, on the unpacked matrix.
 * It shares no code with the machine or its layout: weights are put where the stream's positions
 * say, and rows are summed in the order of columns.
 */
#include "dcomp/eie.h"

struct dc_fixed_ref {
    uint32_t n_rows, n_cols, n_bits, shift;
    bool has_relu;
    int32_t *weights; /* (n_cols, n_rows) */
    int32_t *bias;    /* (n_rows) or NULL */
};

static void place_weights(dc_fixed_ref *ref, const dc_packed *packed, uint32_t first_row,
                          int32_t fraction)
{
    int32_t values[DC_MAX_CODEBOOK];
    for (uint32_t i = 0; i < packed->n_codebook; i++)
        values[i] = dc_fixed_of((double)packed->codebook[i], fraction, ref->n_bits);
    uint64_t next = 0;
    for (uint64_t e = 0; e < packed->n_entries; e++) {
        const uint64_t position = next + (packed->is_dense ? 0 : packed->gaps[e]);
        const uint64_t row = packed->is_column_major ? position % packed->n_rows
                                                     : position / packed->n_cols;
        const uint64_t col = packed->is_column_major ? position / packed->n_rows
                                                     : position % packed->n_cols;
        next = position + 1;
        if (row >= first_row && row - first_row < ref->n_rows)
            ref->weights[col * ref->n_rows + row - first_row] = values[packed->codes[e]];
    }
}

dc_status dc_fixed_ref_new(dc_fixed_ref **out, const dc_packed *packed, uint32_t first_row,
                           uint32_t n_rows, const float *bias, bool has_relu,
                           const dc_eie_format *format, uint32_t n_bits, dc_arena *arena)
{
    dc_fixed_ref *ref = dc_arena_take(arena, 1, sizeof *ref);
    int32_t *weights = dc_arena_take(arena, (uint64_t)n_rows * packed->n_cols, sizeof *weights);
    int32_t *biases = dc_arena_take(arena, n_rows, sizeof *biases);
    DC_TRY(arena->status);
    *ref = (dc_fixed_ref){ .n_rows = n_rows,
                           .n_cols = packed->n_cols,
                           .n_bits = n_bits,
                           .shift = (uint32_t)(format->weight + format->input - format->output),
                           .has_relu = has_relu,
                           .weights = weights };
    place_weights(ref, packed, first_row, format->weight);
    if (bias != NULL)
        ref->bias = biases;
    for (uint32_t i = 0; i < n_rows && bias != NULL; i++)
        biases[i] = dc_fixed_of((double)bias[i], format->output, n_bits);
    *out = ref;
    return DC_OK;
}

static int32_t add_clamped(int32_t sum, int64_t term, int64_t most)
{
    const int64_t exact = sum + term;
    return (int32_t)(exact > most ? most : exact < -most - 1 ? -most - 1 : exact);
}

void dc_fixed_ref_run(const dc_fixed_ref *ref, const int32_t *input, int32_t *output)
{
    const int64_t most = (INT64_C(1) << (ref->n_bits - 1)) - 1;
    const int64_t half = ref->shift > 0 ? INT64_C(1) << (ref->shift - 1) : 0;
    for (uint32_t i = 0; i < ref->n_rows; i++)
        output[i] = 0;
    for (uint32_t j = 0; j < ref->n_cols; j++) {
        const int32_t *column = ref->weights + (uint64_t)j * ref->n_rows;
        if (input[j] == 0)
            continue;
        for (uint32_t i = 0; i < ref->n_rows; i++)
            output[i] = add_clamped(
                output[i], ((int64_t)column[i] * input[j] + half) >> ref->shift, most);
    }
    for (uint32_t i = 0; i < ref->n_rows; i++) {
        if (ref->bias != NULL)
            output[i] = add_clamped(output[i], ref->bias[i], most);
        if (ref->has_relu && output[i] < 0)
            output[i] = 0;
    }
}
