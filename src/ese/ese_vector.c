/* SPDX-License-Identifier: MIT
 *
 * The element-wise unit (manual, 3): what is done with the sums of a product once they are drained.
 * Order of cells does not matter; a pass is a loop over them.
 */
#include "ese_internal.h"

#include <math.h>

#define WORD_BITS 16u

static int32_t clamp16(dc_ese_counters *counters, int64_t v)
{
    const int64_t clamped = DC_MIN(DC_MAX(v, INT16_MIN), INT16_MAX);
    counters->saturations += clamped != v;
    return (int32_t)clamped;
}

int32_t ese_round(dc_ese_counters *counters, int64_t v, int32_t shift)
{
    const int64_t half = shift > 0 ? INT64_C(1) << (shift - 1) : 0;
    return clamp16(counters, (v + half) >> shift);
}

static int32_t product(dc_ese_counters *counters, int32_t a, int32_t b, int32_t shift)
{
    counters->vector_multiplies++;
    return ese_round(counters, (int64_t)a * b, shift);
}

/* ---- tables --------------------------------------------------------------------------------- */

void ese_tables_make(dc_ese_program *program)
{
    const dc_ese_config *c = &program->config;
    for (uint32_t k = 0; k < c->n_table_samples; k++) {
        const double place = 2.0 * k / c->n_table_samples - 1;
        program->sigmoid[k] = (int16_t)dc_fixed_of(1 / (1 + exp(-place * c->sigmoid_range)),
                                                   DC_CELL_GATE_FRACTION, WORD_BITS);
        program->tanh[k] = (int16_t)dc_fixed_of(tanh(place * c->tanh_range),
                                                DC_CELL_GATE_FRACTION, WORD_BITS);
    }
}

/* The sample nearest to x / 2^fraction. */
static int32_t look_up(dc_ese_counters *counters, const int16_t *table, int32_t x,
                       int32_t fraction, uint32_t range, uint32_t n_samples)
{
    const double place = ((dc_fixed_value(x, fraction) + range) * n_samples) / (2.0 * range);
    const double k = floor(place + 0.5);
    counters->table_reads++;
    return table[k < 0 ? 0 : k >= n_samples ? n_samples - 1 : (uint32_t)k];
}

static int32_t sigmoid_of(dc_ese_counters *counters, const dc_ese_program *p, int32_t x)
{
    return look_up(counters, p->sigmoid, x, p->sums_fraction, p->config.sigmoid_range,
                   p->config.n_table_samples);
}

static int32_t tanh_of(dc_ese_counters *counters, const dc_ese_program *p, int32_t x,
                       int32_t fraction)
{
    return look_up(counters, p->tanh, x, fraction, p->config.tanh_range,
                   p->config.n_table_samples);
}

/* ---- passes --------------------------------------------------------------------------------- */

/* The peephole's row of gate i, o or f. */
static int32_t peephole(dc_ese_counters *counters, const dc_ese_program *p, uint32_t gate,
                        uint32_t cell, int32_t c)
{
    return product(counters, p->peepholes[gate * p->n_cells + cell], c, p->peephole_shift);
}

/* a, from the sums or the words that the inputs made of the gate. */
static int32_t of_input(dc_ese_counters *counters, const dc_ese_program *p, uint32_t gate,
                        uint32_t cell, int32_t sum, const ese_vectors *v)
{
    const int32_t a =
        clamp16(counters, (int64_t)sum + p->bias[gate * p->n_cells + cell]);
    if (p->peepholes == NULL || (gate != GATE_I && gate != GATE_F))
        return a;
    return clamp16(counters,
                   (int64_t)a + peephole(counters, p, gate, cell, v->state->cells[cell]));
}

static void input_pass(dc_ese_counters *counters, const dc_ese_program *p,
                       const ese_stage *stage, const ese_vectors *v)
{
    for (uint32_t i = 0; i < stage->n_rows; i++)
        v->gates[stage->gate][i] = of_input(counters, p, stage->gate, i, v->sums[i], v);
}

static void gate_g(dc_ese_counters *counters, const dc_ese_program *p, const ese_vectors *v,
                   uint32_t i, int32_t sum)
{
    int32_t *cell = &v->state->cells[i];
    const int32_t g = tanh_of(counters, p, sum, p->sums_fraction);
    const int32_t kept = product(counters, v->gates[GATE_F][i], *cell, DC_CELL_GATE_FRACTION);
    const int32_t added = product(counters, v->gates[GATE_I][i], g,
                                  2 * DC_CELL_GATE_FRACTION - DC_CELL_STATE_FRACTION);
    *cell = clamp16(counters, (int64_t)kept + added);
}

static void gate_o(dc_ese_counters *counters, const dc_ese_program *p, const ese_vectors *v,
                   uint32_t i, int32_t sum)
{
    const int32_t cell = v->state->cells[i];
    if (p->peepholes != NULL)
        sum = clamp16(counters, (int64_t)sum + peephole(counters, p, GATE_O, i, cell));
    const int32_t o = sigmoid_of(counters, p, sum);
    v->held[i] = product(counters, o, tanh_of(counters, p, cell, DC_CELL_STATE_FRACTION),
                         DC_CELL_GATE_FRACTION);
    if (!p->has_projection)
        v->state->said[i] = v->held[i];
}

static void recurrent_pass(dc_ese_counters *counters, const dc_ese_program *p,
                           const ese_stage *stage, const ese_vectors *v)
{
    const uint32_t gate = stage->gate;
    for (uint32_t i = 0; i < stage->n_rows; i++) {
        const int32_t a = p->has_input ? v->gates[gate][i]
                                       : of_input(counters, p, gate, i,
                                                  v->input[gate * p->n_cells + i], v);
        const int32_t sum = clamp16(counters, (int64_t)a + v->sums[i]);
        if (gate == GATE_G)
            gate_g(counters, p, v, i, sum);
        else if (gate == GATE_O)
            gate_o(counters, p, v, i, sum);
        else
            v->gates[gate][i] = sigmoid_of(counters, p, sum);
    }
}

static void linear_pass(dc_ese_counters *counters, const dc_ese_program *p,
                        const ese_stage *stage, const ese_vectors *v)
{
    for (uint32_t i = 0; i < stage->n_rows; i++) {
        int32_t y = v->sums[i];
        if (p->bias != NULL)
            y = clamp16(counters, (int64_t)y + p->bias[stage->first_row + i]);
        v->output[stage->first_row + i] = p->has_relu ? DC_MAX(y, 0) : y;
    }
}

void ese_pass_run(dc_ese_counters *counters, const dc_ese_program *program,
                  const ese_stage *stage, const ese_vectors *v)
{
    switch (stage->pass) {
    case PASS_INPUT: input_pass(counters, program, stage, v); break;
    case PASS_RECURRENT: recurrent_pass(counters, program, stage, v); break;
    case PASS_LINEAR: linear_pass(counters, program, stage, v); break;
    case PASS_SAID:
        for (uint32_t i = 0; i < stage->n_rows; i++)
            v->state->said[i] = v->sums[i];
        break;
    }
    counters->drained += stage->n_rows;
}
