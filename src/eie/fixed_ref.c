/* SPDX-License-Identifier: MIT
 *
 * The oracle: a matrix-vector product in the fixed point of the manual, 3, straight from the stream
 * of entries. It shares no code with the machine or its layout: a weight is where its position
 * says, and in either order of the stream a row meets its columns from the first to the last.
 */
#include "dcomp/eie.h"

struct dc_eie_fixed_ref {
    dc_packed stream; /* of the rows of this product alone */
    uint32_t n_bits, shift;
    bool has_relu;
    int32_t values[DC_MAX_CODEBOOK];
    int32_t *bias; /* (n_rows) or NULL */
};

/* Rows first_row ... of a larger layer, as a dense stream by columns. */
static dc_status take_part(dc_packed *part, const dc_packed *whole, uint32_t first_row,
                           dc_arena *arena)
{
    const uint64_t n_values = (uint64_t)part->n_rows * part->n_cols;
    uint8_t *codes = dc_arena_take(arena, n_values, sizeof *codes);
    uint64_t next = 0;
    DC_TRY(arena->status);
    for (uint64_t e = 0; e < whole->n_entries; e++) {
        const uint64_t position = next + (whole->is_dense ? 0 : whole->gaps[e]);
        const uint64_t row = whole->is_column_major ? position % whole->n_rows
                                                    : position / whole->n_cols;
        const uint64_t col = whole->is_column_major ? position / whole->n_rows
                                                    : position % whole->n_cols;
        next = position + 1;
        if (row >= first_row && row - first_row < part->n_rows)
            codes[col * part->n_rows + row - first_row] = whole->codes[e];
    }
    part->is_dense = part->is_column_major = true; /* code 0, where nothing was, is zero */
    part->codes = codes;
    part->gaps = NULL;
    part->n_entries = n_values;
    return DC_OK;
}

dc_status dc_eie_fixed_ref_new(dc_eie_fixed_ref **out, const dc_packed *packed, uint32_t first_row,
                               uint32_t n_rows, const float *bias, bool has_relu,
                               const dc_fixed_format *format, uint32_t n_bits, dc_arena *arena)
{
    dc_eie_fixed_ref *ref = dc_arena_take(arena, 1, sizeof *ref);
    int32_t *biases = dc_arena_take(arena, n_rows, sizeof *biases);
    DC_TRY(arena->status);
    *ref = (dc_eie_fixed_ref){ .stream = *packed,
                               .n_bits = n_bits,
                               .shift = (uint32_t)(format->weight + format->input - format->output),
                               .has_relu = has_relu };
    ref->stream.n_rows = n_rows;
    if (n_rows < packed->n_rows)
        DC_TRY(take_part(&ref->stream, packed, first_row, arena));
    for (uint32_t i = 0; i < packed->n_codebook; i++)
        ref->values[i] = dc_fixed_of((double)packed->codebook[i], format->weight, n_bits);
    if (bias != NULL)
        ref->bias = biases;
    for (uint32_t i = 0; i < n_rows && bias != NULL; i++)
        biases[i] = dc_fixed_of((double)bias[i], format->output, n_bits);
    *out = ref;
    return DC_OK;
}

/* What a product and its sum are rounded and clamped by. */
typedef struct rounding {
    uint32_t shift;
    int64_t half, most;
} rounding;

static inline int32_t add_clamped(int32_t sum, int64_t term, const rounding *r)
{
    const int64_t exact = sum + term;
    return (int32_t)(exact > r->most ? r->most : exact < -r->most - 1 ? -r->most - 1 : exact);
}

static void sum_by_columns(int32_t *sums, const dc_eie_fixed_ref *ref, const int32_t *input,
                           rounding r)
{
    const uint8_t *codes = ref->stream.codes, *gaps = ref->stream.gaps;
    const uint64_t n_entries = ref->stream.n_entries, n_rows = ref->stream.n_rows;
    uint64_t row = 0;
    for (uint64_t e = 0; e < n_entries; e++, row++) {
        row += gaps != NULL ? gaps[e] : 0;
        for (; row >= n_rows; row -= n_rows)
            input++;
        if (*input != 0)
            sums[row] = add_clamped(
                sums[row], ((int64_t)ref->values[codes[e]] * *input + r.half) >> r.shift, &r);
    }
}

static void sum_by_rows(int32_t *sums, const dc_eie_fixed_ref *ref, const int32_t *input,
                        rounding r)
{
    const uint8_t *codes = ref->stream.codes, *gaps = ref->stream.gaps;
    const uint64_t n_entries = ref->stream.n_entries, n_cols = ref->stream.n_cols;
    uint64_t col = 0;
    int32_t sum = 0;
    for (uint64_t e = 0; e < n_entries; e++, col++) {
        col += gaps != NULL ? gaps[e] : 0;
        for (; col >= n_cols; col -= n_cols, sum = 0)
            *sums++ = sum;
        sum = add_clamped(sum, ((int64_t)ref->values[codes[e]] * input[col] + r.half) >> r.shift,
                          &r);
    }
    *sums = sum;
}

void dc_eie_fixed_ref_run(const dc_eie_fixed_ref *ref, const int32_t *input, int32_t *output)
{
    const rounding r = { .shift = ref->shift,
                         .half = ref->shift > 0 ? INT64_C(1) << (ref->shift - 1) : 0,
                         .most = (INT64_C(1) << (ref->n_bits - 1)) - 1 };
    for (uint32_t i = 0; i < ref->stream.n_rows; i++)
        output[i] = 0;
    if (ref->stream.is_column_major)
        sum_by_columns(output, ref, input, r);
    else
        sum_by_rows(output, ref, input, r);
    for (uint32_t i = 0; i < ref->stream.n_rows; i++) {
        if (ref->bias != NULL)
            output[i] = add_clamped(output[i], ref->bias[i], &r);
        if (ref->has_relu && output[i] < 0)
            output[i] = 0;
    }
}
