/* SPDX-License-Identifier: MIT
 *
 * A run: each product by the entries of each PE, column after column, then the pass over its sums.
 * What it costs is in the schedule; what is walked and drained is counted here, so that the laws
 * hold one against the other.
 */
#include "ese_internal.h"

#include <string.h>

struct dc_ese_machine {
    dc_ese_config config;
    int32_t *accumulators; /* (n_pes, act_buffer_words) */
    void *room;            /* of vectors, grown          */
    uint64_t n_room;
    void (*pace)(void *payload, double share);
    void *pace_payload;
};

dc_status dc_ese_machine_new(dc_ese_machine **out, const dc_ese_config *config)
{
    DC_TRY(dc_ese_check(config));
    const uint64_t n = (uint64_t)config->n_pes * config->act_buffer_words;
    dc_ese_machine *m = dc_grow(NULL, 1, sizeof *m);
    int32_t *accumulators = dc_grow(NULL, n, sizeof *accumulators);
    if (m == NULL || accumulators == NULL) {
        dc_release(m);
        dc_release(accumulators);
        return DC_ENOMEM;
    }
    *m = (dc_ese_machine){ .config = *config, .accumulators = accumulators };
    *out = m;
    return DC_OK;
}

void dc_ese_machine_free(dc_ese_machine *machine)
{
    if (machine == NULL)
        return;
    dc_release(machine->accumulators);
    dc_release(machine->room);
    dc_release(machine);
}

void dc_ese_machine_pace(dc_ese_machine *machine, void (*pace)(void *payload, double share),
                         void *payload)
{
    machine->pace = pace;
    machine->pace_payload = payload;
}

/* ---- a product ------------------------------------------------------------------------------ */

/* One column of one PE into its accumulators. */
static inline void walk(dc_ese_counters *counters, int32_t *accumulators, const ese_entry *e,
                        uint32_t n, int64_t activation)
{
    uint32_t local = 0;
    for (uint32_t i = 0; i < n; i++, local++) {
        local += e[i].zeros;
        const int64_t sum = accumulators[local] + e[i].weight * activation;
        const int64_t clamped = DC_MIN(DC_MAX(sum, INT32_MIN), INT32_MAX);
        counters->saturations += clamped != sum;
        accumulators[local] = (int32_t)clamped;
    }
    counters->entries += n;
}

/* sums (n_rows): drained. */
static void multiply(dc_ese_machine *machine, dc_ese_counters *counters, const ese_stage *stage,
                     const int32_t *input, int32_t *sums)
{
    const uint32_t n_pes = machine->config.n_pes, room = machine->config.act_buffer_words;
    memset(machine->accumulators, 0, (uint64_t)n_pes * room * sizeof *machine->accumulators);
    for (uint32_t j = 0; j < stage->n_cols; j++) {
        const uint32_t *starts = stage->starts + (uint64_t)j * n_pes;
        for (uint32_t k = 0; k < n_pes; k++)
            walk(counters, machine->accumulators + (uint64_t)k * room,
                 stage->entries + starts[k], starts[k + 1] - starts[k], input[j]);
        counters->n_nonzero_inputs += input[j] != 0;
    }
    counters->n_inputs += stage->n_cols;
    for (uint32_t i = 0; i < stage->n_rows; i++)
        sums[i] = ese_round(counters,
                            machine->accumulators[(uint64_t)(i % n_pes) * room + i / n_pes],
                            (int32_t)stage->shift);
}

/* What the schedule and the layout say of a stage. */
static void count_stage(dc_ese_counters *c, const dc_ese_program *program, const ese_stage *stage)
{
    const dc_ese_config *config = &program->config;
    const ese_cost *cost = &stage->cost;
    const uint64_t row_bytes = ese_row_bursts(config) * config->bus_bytes;
    const uint64_t element_bytes = ese_element_bursts(config) * config->bus_bytes;
    c->cycles += cost->cycles;
    c->held_cycles += cost->held_cycles;
    c->empty_pe_cycles += cost->empty;
    c->starved_pe_cycles += cost->starved;
    c->finished_pe_cycles += cost->finished;
    c->fetch_pe_cycles += cost->fetch;
    c->pass_pe_cycles += cost->pass;
    c->exposed_pe_cycles += cost->exposed;
    c->pass_cycles += cost->pass_cycles;
    c->exposed_cycles += cost->exposed_cycles;
    c->tiles += stage->n_tiles;
    for (uint32_t t = 0; t < stage->n_tiles; t++) {
        const ese_tile *tile = &stage->tiles[t];
        const uint64_t n_words = (uint64_t)tile->n_weight_rows * config->n_pes;
        c->pushes += tile->n_cols;
        c->fillers += tile->n_fillers;
        c->weight_rows += tile->n_weight_rows;
        c->pointer_rows += tile->n_cols + 1u;
        c->padding_words += n_words - tile->n_entries;
        c->weight_bytes += tile->n_weight_rows * row_bytes;
        c->pointer_bytes += (tile->n_cols + 1u) * row_bytes;
    }
    c->vector_bytes += stage->n_elements * element_bytes +
                       ese_shared_bursts(config, stage->n_shared_words) * config->bus_bytes;
    if (stage->makes_outputs)
        c->written_bytes += stage->n_rows * element_bytes;
}

static void run_stage(dc_ese_machine *machine, const dc_ese_program *program, uint32_t index,
                      const int32_t *input, const ese_vectors *v, dc_ese_counters *counters)
{
    const ese_stage *stage = &program->stages[index];
    multiply(machine, counters, stage, input, v->sums);
    count_stage(counters, program, stage);
    counters->macs = counters->entries - counters->fillers;
    ese_pass_run(counters, program, stage, v);
    if (machine->pace != NULL)
        machine->pace(machine->pace_payload, (index + 1.0) / program->n_stages);
}

static int32_t *take_room(dc_ese_machine *machine, uint64_t n)
{
    if (n <= machine->n_room)
        return machine->room;
    int32_t *room = dc_grow(machine->room, n, sizeof *room);
    if (room != NULL) {
        machine->room = room;
        machine->n_room = n;
    }
    return room;
}

/* ---- runs ----------------------------------------------------------------------------------- */

dc_status dc_ese_run(dc_ese_machine *machine, const dc_ese_program *program, const int32_t *input,
                     int32_t *output, dc_ese_counters *counters)
{
    dc_ese_counters counts = { .n_runs = 1 };
    int32_t *room = take_room(machine, program->n_rows_most);
    if (room == NULL)
        return DC_ENOMEM;
    const ese_vectors v = { .sums = room, .output = output };
    for (uint32_t i = 0; i < program->n_stages; i++)
        run_stage(machine, program, i, input, &v, &counts);
    counts.n_inputs /= program->n_stages; /* blocks take the same ones */
    counts.n_nonzero_inputs /= program->n_stages;
    DC_TRY(ese_laws_check(program, &counts));
    dc_counters_add(counters, &counts, dc_ese_counter_fields);
    return DC_OK;
}

dc_status dc_ese_run_cell(dc_ese_machine *machine, const dc_ese_program *program,
                          const int32_t *input, const dc_cell_state *state,
                          dc_ese_counters *counters)
{
    const uint64_t n = program->n_cells;
    dc_ese_counters counts[DC_MAX_CELL_STAGES] = { 0 }, sum = { 0 };
    int32_t *room = take_room(machine, program->n_rows_most + (N_GATES + 1) * n);
    if (room == NULL)
        return DC_ENOMEM;
    ese_vectors v = { .sums = room, .held = room + program->n_rows_most, .input = input,
                      .state = state };
    for (uint32_t g = 0; g < N_GATES; g++)
        v.gates[g] = v.held + (g + 1) * n;
    for (uint32_t i = 0; i < program->n_stages; i++) {
        const ese_pass pass = program->stages[i].pass;
        counts[i].n_runs = 1;
        run_stage(machine, program, i,
                  pass == PASS_INPUT       ? input
                  : pass == PASS_RECURRENT ? state->said
                                           : v.held,
                  &v, &counts[i]);
        dc_counters_add(&sum, &counts[i], dc_ese_counter_fields);
    }
    DC_TRY(ese_laws_check(program, &sum));
    for (uint32_t i = 0; i < program->n_stages; i++)
        dc_counters_add(&counters[i], &counts[i], dc_ese_counter_fields);
    return DC_OK;
}
