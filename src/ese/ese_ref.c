/* SPDX-License-Identifier: MIT
 *
 * The oracle: products and steps in the fixed point of the manual, 3, straight from streams of
 * entries. It shares no code with the machine or its layout: it has no elements and no tables, but
 * computes each sample of a curve when it is asked for.
 */
#include "dcomp/ese.h"

#include <math.h>

typedef struct ref_matrix {
    dc_packed packed;
    uint32_t first_row, n_rows;
    int32_t values[DC_MAX_CODEBOOK], shift;
} ref_matrix;

struct dc_ese_ref {
    ref_matrix product; /* or of a cell: */
    ref_matrix input, recurrent, projection;
    bool is_cell, has_input, has_projection, has_relu;
    uint32_t n_cells, n_said, n_samples, sigmoid_range, tanh_range;
    int32_t sums_fraction, peephole_shift;
    int32_t *bias, *peepholes; /* NULL: there are none          */
};

static void set_matrix(ref_matrix *out, const dc_packed *packed, uint32_t first_row,
                       uint32_t n_rows, int32_t weight_fraction, uint32_t weight_bits,
                       int32_t shift)
{
    *out = (ref_matrix){ .packed = *packed, .first_row = first_row, .n_rows = n_rows,
                         .shift = shift };
    for (uint32_t i = 0; i < packed->n_codebook; i++)
        out->values[i] =
            dc_fixed_of((double)packed->codebook[i], weight_fraction, weight_bits);
}

dc_status dc_ese_ref_of_product(dc_ese_ref **out, const dc_product *product,
                                const dc_ese_config *config, dc_arena *arena)
{
    const dc_fixed_format *f = &product->format;
    const uint32_t n_rows = product->matrix->n_rows;
    dc_ese_ref *ref = dc_arena_take(arena, 1, sizeof *ref);
    int32_t *bias = dc_arena_take(arena, n_rows, sizeof *bias);
    DC_TRY(arena->status);
    *ref = (dc_ese_ref){ .has_relu = product->has_relu };
    set_matrix(&ref->product, product->packed, product->first_row, n_rows, f->weight,
               config->weight_bits, f->weight + f->input - f->output);
    ref->bias = product->matrix->bias != NULL ? bias : NULL;
    for (uint32_t i = 0; i < n_rows && ref->bias != NULL; i++)
        bias[i] = dc_fixed_of((double)product->matrix->bias[i], f->output, 16);
    *out = ref;
    return DC_OK;
}

dc_status dc_ese_ref_of_cell(dc_ese_ref **out, const dc_cell *cell, const dc_ese_config *config,
                             dc_arena *arena)
{
    const dc_cell_format *f = &cell->format;
    const uint32_t n_rows = 4 * cell->n_cells, n_bits = config->weight_bits;
    dc_ese_ref *ref = dc_arena_take(arena, 1, sizeof *ref);
    int32_t *bias = dc_arena_take(arena, n_rows, sizeof *bias);
    int32_t *peepholes = dc_arena_take(arena, 3 * (uint64_t)cell->n_cells, sizeof *peepholes);
    DC_TRY(arena->status);
    *ref = (dc_ese_ref){ .is_cell = true,
                         .has_input = cell->input.packed != NULL,
                         .has_projection = cell->projection.packed != NULL,
                         .n_cells = cell->n_cells,
                         .n_said = cell->n_said,
                         .n_samples = config->n_table_samples,
                         .sigmoid_range = config->sigmoid_range,
                         .tanh_range = config->tanh_range,
                         .sums_fraction = f->sums,
                         .peephole_shift = f->peephole + DC_CELL_STATE_FRACTION - f->sums,
                         .bias = bias };
    set_matrix(&ref->recurrent, cell->recurrent.packed, 0, n_rows, f->weight, n_bits,
               f->weight + f->said - f->sums);
    if (ref->has_input)
        set_matrix(&ref->input, cell->input.packed, 0, n_rows, f->input_weight, n_bits,
                   f->input_weight + f->input - f->sums);
    if (ref->has_projection)
        set_matrix(&ref->projection, cell->projection.packed, 0, cell->n_said,
                   f->projection_weight, n_bits,
                   f->projection_weight + DC_CELL_GATE_FRACTION - f->said);
    for (uint32_t i = 0; i < n_rows; i++)
        bias[i] = dc_fixed_of(cell->bias[i], f->sums, 16);
    for (uint32_t i = 0; i < 3 * cell->n_cells && cell->peepholes != NULL; i++)
        peepholes[i] = dc_fixed_of((double)cell->peepholes[i], f->peephole, 16);
    ref->peepholes = cell->peepholes != NULL ? peepholes : NULL;
    *out = ref;
    return DC_OK;
}

/* ---- arithmetic ----------------------------------------------------------------------------- */

static int64_t held_in(int64_t v, unsigned n_bits)
{
    const int64_t most = (INT64_C(1) << (n_bits - 1)) - 1;
    return v > most ? most : v < -most - 1 ? -most - 1 : v;
}

static int64_t word(int64_t v)
{
    return held_in(v, 16);
}

static int64_t scaled(int64_t v, int32_t shift)
{
    return word(shift == 0 ? v : (v + (INT64_C(1) << (shift - 1))) >> shift);
}

/* sums (rows) += the matrix times input, entry by entry; in either order of the stream a row meets
 * its columns from the first to the last. */
static void accumulate(int32_t *sums, const ref_matrix *m, const int32_t *input)
{
    const dc_packed *p = &m->packed;
    const uint32_t inner = p->is_column_major ? p->n_rows : p->n_cols;
    uint32_t outer_at = 0, inner_at = 0;
    for (uint32_t i = 0; i < m->n_rows; i++)
        sums[i] = 0;
    for (uint64_t e = 0; e < p->n_entries; e++) {
        inner_at += p->is_dense ? 0 : p->gaps[e];
        for (; inner_at >= inner; inner_at -= inner)
            outer_at++;
        const uint32_t row = p->is_column_major ? inner_at : outer_at;
        const uint32_t col = p->is_column_major ? outer_at : inner_at;
        if (row >= m->first_row && row - m->first_row < m->n_rows) {
            int32_t *sum = &sums[row - m->first_row];
            *sum = (int32_t)held_in(*sum + (int64_t)m->values[p->codes[e]] * input[col], 32);
        }
        inner_at++;
    }
}

/* The sample of a curve that is nearest to x / 2^fraction, in fraction 14. */
static int64_t curve(double (*of)(double), int64_t x, int32_t fraction, int64_t range,
                     int64_t n_samples)
{
    const int64_t one = fraction > 0 ? INT64_C(1) << fraction : 1;
    const int64_t wide = fraction < 0 ? x * (INT64_C(1) << -fraction) : x;
    /* floor(a / b + 1/2) of a = (x + range) n, b = 2 range */
    const int64_t a = (wide + range * one) * n_samples, b = 2 * range * one;
    const int64_t twice = 2 * a + b;
    int64_t k = twice >= 0 ? twice / (2 * b) : -1;
    k = k < 0 ? 0 : k >= n_samples ? n_samples - 1 : k;
    return dc_fixed_of(of((2.0 * (double)k / (double)n_samples - 1) * (double)range), 14, 16);
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

/* ---- runs ----------------------------------------------------------------------------------- */

void dc_ese_ref_run(const dc_ese_ref *ref, const int32_t *input, int32_t *output)
{
    accumulate(output, &ref->product, input);
    for (uint32_t i = 0; i < ref->product.n_rows; i++) {
        int64_t y = scaled(output[i], ref->product.shift);
        if (ref->bias != NULL)
            y = word(y + ref->bias[i]);
        output[i] = (int32_t)(ref->has_relu && y < 0 ? 0 : y);
    }
}

static int64_t peephole(const dc_ese_ref *ref, uint32_t which, uint32_t cell, int64_t c)
{
    if (ref->peepholes == NULL)
        return 0;
    return scaled(ref->peepholes[which * ref->n_cells + cell] * c, ref->peephole_shift);
}

/* One cell: of_x and of_h (4, n_cells) are what the inputs and what was said make of its gates;
 * returns m. */
static int32_t step_cell(const dc_ese_ref *ref, uint32_t cell, const int32_t *of_x,
                         const int32_t *of_h, int32_t *kept)
{
    enum { I, O, F, G };
    const int32_t fraction = ref->sums_fraction;
    const int64_t before = *kept;
    int64_t gates[4];
    for (uint32_t g = I; g <= G; g++) {
        const uint32_t at = g * ref->n_cells + cell;
        const int64_t x = ref->has_input ? scaled(of_x[at], ref->input.shift) : of_x[at];
        int64_t a = word(x + ref->bias[at]);
        if (g == I || g == F)
            a = word(a + peephole(ref, g == I ? 0 : 2, cell, before));
        gates[g] = word(a + scaled(of_h[at], ref->recurrent.shift));
    }
    const int64_t i = curve(logistic, gates[I], fraction, ref->sigmoid_range, ref->n_samples);
    const int64_t f = curve(logistic, gates[F], fraction, ref->sigmoid_range, ref->n_samples);
    const int64_t g = curve(tanh, gates[G], fraction, ref->tanh_range, ref->n_samples);
    const int64_t c = word(scaled(f * before, 14) + scaled(i * g, 17));
    const int64_t o = curve(logistic, word(gates[O] + peephole(ref, 1, cell, c)), fraction,
                            ref->sigmoid_range, ref->n_samples);
    *kept = (int32_t)c;
    return (int32_t)scaled(o * curve(tanh, c, DC_CELL_STATE_FRACTION, ref->tanh_range,
                                     ref->n_samples), 14);
}

dc_status dc_ese_ref_run_cell(const dc_ese_ref *ref, const int32_t *input,
                              const dc_cell_state *state)
{
    const uint64_t n = ref->n_cells;
    int32_t *of_x = dc_grow(NULL, 9 * n, sizeof *of_x);
    if (of_x == NULL)
        return DC_ENOMEM;
    int32_t *of_h = of_x + 4 * n, *m = of_h + 4 * n;
    if (ref->has_input)
        accumulate(of_x, &ref->input, input);
    accumulate(of_h, &ref->recurrent, state->said);
    for (uint32_t i = 0; i < n; i++)
        m[i] = step_cell(ref, i, ref->has_input ? of_x : input, of_h, &state->cells[i]);
    if (ref->has_projection)
        accumulate(state->said, &ref->projection, m);
    for (uint32_t i = 0; i < ref->n_said; i++)
        state->said[i] = ref->has_projection
                             ? (int32_t)scaled(state->said[i], ref->projection.shift)
                             : m[i];
    dc_release(of_x);
    return DC_OK;
}
