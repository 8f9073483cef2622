/* SPDX-License-Identifier: MIT
 *
 * A step of an LSTM that no file holds: seeded weights, inputs and state, pruned for the elements
 * of each machine, and run as the machine schedules it. Each product is a layer of the result.
 */
#include "simulate_internal.h"

#include <math.h>
#include <string.h>

enum { INPUT, RECURRENT, PROJECTION, N_MATRICES };

typedef struct cell_case {
    dc_synthetic_cell spec;
    dc_packed packed[N_MATRICES];
    dc_csc csc[N_MATRICES];
    dc_cell cell;
    int32_t *input, *said, *cells, *expected_said, *expected_cells;
} cell_case;

static int32_t draw(dc_rng *rng, double range, int32_t fraction, uint32_t n_bits)
{
    return dc_fixed_of(range * (2 * dc_rng_unit(rng) - 1), fraction, n_bits);
}

static double largest_of(const dc_packed *packed)
{
    double largest = 0;
    for (uint32_t i = 0; i < packed->n_codebook; i++)
        largest = DC_MAX(largest, fabs((double)packed->codebook[i]));
    return largest;
}

#define LARGEST_INPUT 1.0
#define LARGEST_SAID 0.5
#define LARGEST_PEEPHOLE 0.2

/* The largest partial sum of a matrix whose inputs are +-range. */
static dc_status find_sum(double *largest, const dc_csc *m, double range, dc_rng *rng,
                          dc_arena *scratch)
{
    double *x = dc_arena_take(scratch, m->n_cols, sizeof *x);
    double *y = dc_arena_take(scratch, m->n_rows, sizeof *y);
    DC_TRY(scratch->status);
    for (uint32_t j = 0; j < m->n_cols; j++)
        x[j] = range * (2 * dc_rng_unit(rng) - 1);
    *largest = DC_MAX(*largest, dc_csc_apply(y, m, x));
    return DC_OK;
}

static dc_status choose_format(cell_case *c, const dc_machine_facts *facts, dc_rng *rng,
                               dc_arena *scratch)
{
    dc_cell_range range = { .input_weight = largest_of(&c->packed[INPUT]),
                            .weight = largest_of(&c->packed[RECURRENT]),
                            .projection_weight = largest_of(&c->packed[PROJECTION]),
                            .input = LARGEST_INPUT,
                            .said = LARGEST_SAID,
                            .peephole = LARGEST_PEEPHOLE };
    DC_TRY(find_sum(&range.sum, &c->csc[INPUT], range.input, rng, scratch));
    DC_TRY(find_sum(&range.sum, &c->csc[RECURRENT], range.said, rng, scratch));
    c->cell.format = dc_cell_format_choose(&c->cell, &range, facts->weight_bits, facts->n_bits);
    return DC_OK;
}

static dc_status make_case(cell_case *c, const dc_synthetic_cell *spec,
                           const dc_machine_facts *facts, uint64_t seed, dc_arena *scratch)
{
    const uint64_t n_cells = spec->n_cells;
    double *bias = dc_arena_take(scratch, 4 * n_cells, sizeof *bias);
    float *peepholes = dc_arena_take(scratch, 3 * n_cells, sizeof *peepholes);
    c->spec = *spec;
    c->input = dc_arena_take(scratch, spec->n_inputs, sizeof *c->input);
    c->said = dc_arena_take(scratch, 2ull * spec->n_said, sizeof *c->said);
    c->cells = dc_arena_take(scratch, 2 * n_cells, sizeof *c->cells);
    DC_TRY(scratch->status);
    c->expected_said = c->said + spec->n_said;
    c->expected_cells = c->cells + n_cells;
    DC_TRY(dc_synthetic_lstm(c->packed, spec, facts->n_pes, seed, scratch));
    for (int m = 0; m < N_MATRICES; m++)
        DC_TRY(dc_csc_of(&c->csc[m], &c->packed[m], 0, c->packed[m].n_rows, NULL, scratch));
    dc_rng rng;
    dc_rng_init(&rng, seed, 3);
    for (uint64_t i = 0; i < 4 * n_cells; i++)
        bias[i] = dc_rng_unit(&rng) - 0.5;
    for (uint64_t i = 0; i < 3 * n_cells; i++)
        peepholes[i] = (float)(LARGEST_PEEPHOLE * (2 * dc_rng_unit(&rng) - 1));
    c->cell = (dc_cell){ .name = "lstm",
                         .n_inputs = spec->n_inputs,
                         .n_cells = spec->n_cells,
                         .n_said = spec->n_said,
                         .input = { &c->packed[INPUT], &c->csc[INPUT] },
                         .recurrent = { &c->packed[RECURRENT], &c->csc[RECURRENT] },
                         .projection = { &c->packed[PROJECTION], &c->csc[PROJECTION] },
                         .bias = bias,
                         .peepholes = peepholes };
    DC_TRY(choose_format(c, facts, &rng, scratch));
    const dc_cell_format *f = &c->cell.format;
    for (uint32_t j = 0; j < spec->n_inputs; j++)
        c->input[j] = draw(&rng, LARGEST_INPUT, f->input, facts->n_bits);
    for (uint32_t i = 0; i < spec->n_said; i++)
        c->said[i] = c->expected_said[i] = draw(&rng, LARGEST_SAID, f->said, facts->n_bits);
    for (uint64_t i = 0; i < n_cells; i++)
        c->cells[i] = c->expected_cells[i] =
            draw(&rng, 1, DC_CELL_STATE_FRACTION, facts->n_bits);
    return DC_OK;
}

static dc_status fill_layers(dc_simulate_result *out, const dc_cell_stage *stages,
                             uint32_t n_stages, const char *counters, uint64_t n_differing)
{
    const dc_accelerator *a = out->accelerator;
    for (uint32_t i = 0; i < n_stages; i++) {
        const dc_cell_stage *s = &stages[i];
        dc_simulate_layer *layer = &out->layers[i];
        *layer = (dc_simulate_layer){ .name = s->name,
                                      .kind = "lstm",
                                      .n_rows = s->n_rows,
                                      .n_cols = s->n_cols,
                                      .n_parts = 1,
                                      .n_weights = (uint64_t)s->n_rows * s->n_cols,
                                      .n_nonzero = s->n_nonzero,
                                      .format = s->format,
                                      .layout = s->layout,
                                      .counters = layer->counters,
                                      .n_differing = n_differing,
                                      .output_error = (double)NAN };
        memcpy(layer->counters, counters + i * a->counters_bytes, a->counters_bytes);
        a->figures(&layer->figures, layer->counters, out->machine);
    }
    return DC_OK;
}

static dc_status run_case(dc_simulate_result *out, cell_case *c, dc_arena *scratch)
{
    const dc_accelerator *a = out->accelerator;
    const uint64_t said_bytes = c->spec.n_said * sizeof *c->said;
    const uint64_t cells_bytes = c->spec.n_cells * sizeof *c->cells;
    dc_cell_stage stages[DC_MAX_CELL_STAGES];
    uint32_t n_stages;
    void *layer, *oracle, *machine;
    char *counters = dc_arena_take(scratch, DC_MAX_CELL_STAGES, a->counters_bytes);
    DC_TRY(scratch->status);
    DC_TRY(a->lay_cell(&layer, stages, &n_stages, &c->cell, out->machine, scratch));
    DC_TRY(a->cell_oracle(&oracle, &c->cell, out->machine, scratch));
    DC_TRY(a->open(&machine, out->machine, NULL, NULL));
    const dc_cell_state state = { c->said, c->cells };
    const dc_status status = a->run_cell(machine, layer, c->input, &state, counters);
    a->close(machine);
    DC_TRY(status);
    DC_TRY(a->ask_cell(oracle, c->input,
                       &(dc_cell_state){ c->expected_said, c->expected_cells }));
    const bool differs = memcmp(c->said, c->expected_said, said_bytes) != 0 ||
                         memcmp(c->cells, c->expected_cells, cells_bytes) != 0;
    out->n_layers = n_stages;
    return fill_layers(out, stages, n_stages, counters, differs);
}

typedef struct cell_job {
    const dc_synthetic_cell *spec;
    uint64_t seed;
    dc_simulate_result *results;
} cell_job;

static dc_status cell_task(void *payload, uint64_t index)
{
    const cell_job *job = payload;
    dc_simulate_result *out = &job->results[index];
    dc_arena scratch = { 0 };
    cell_case c = { 0 };
    dc_status status = make_case(&c, job->spec, &out->facts, job->seed, &scratch);
    if (status == DC_OK)
        status = run_case(out, &c, &scratch);
    dc_arena_clear(&scratch);
    return status;
}

dc_status dc_simulate_cell(dc_simulate_result *out, const void *machines, uint32_t n_machines,
                           const dc_synthetic_cell *spec, const dc_simulate_settings *settings,
                           dc_arena *arena)
{
    dc_simulate_settings whole;
    DC_TRY(simulate_complete(&whole, settings, arena));
    DC_TRY(simulate_check_watchers(&whole));
    for (uint32_t m = 0; m < n_machines; m++)
        DC_TRY(simulate_begin_synthetic(&out[m], &whole,
                                        (const char *)machines +
                                            m * whole.accelerator->config_bytes,
                                        DC_MAX_CELL_STAGES, arena));
    cell_job job = { spec, whole.seed, out };
    const unsigned mark = dc_work_enter(1, "simulate");
    const dc_status status = dc_pool_run(n_machines, cell_task, &job);
    dc_work_leave(mark);
    DC_TRY(status);
    for (uint32_t m = 0; m < n_machines; m++)
        DC_TRY(simulate_sum(&out[m], arena));
    return arena->status;
}
