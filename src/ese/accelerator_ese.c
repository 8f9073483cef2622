/* SPDX-License-Identifier: MIT
 *
 * ESE as a row of the table of accelerators: the functions of ese.h behind types that know no PE.
 */
#include "dcomp/ese.h"

#include <math.h>

#define WORD_BITS 16u
#define CODE_BITS 8u /* weights are numbers: any codebook that a file has will do */
#define BOARD_WATTS 41.0

static void set_defaults(void *config)
{
    *(dc_ese_config *)config = dc_ese_defaults();
}

static dc_status check(const void *config)
{
    return dc_ese_check(config);
}

static dc_machine_facts facts_of(const void *config)
{
    const dc_ese_config *c = config;
    return (dc_machine_facts){ .n_pes = c->n_pes, .n_streams = c->n_channels,
                               .n_bits = WORD_BITS, .weight_bits = c->weight_bits,
                               .code_bits = CODE_BITS, .clock_mhz = c->clock_mhz };
}

/* ---- layers alone --------------------------------------------------------------------------- */

static dc_status lay(void **layer, dc_machine_layout *layout, const dc_product *product,
                     const void *config, dc_arena *arena)
{
    dc_ese_program *program;
    *layout = (dc_machine_layout){ 0 };
    DC_TRY(dc_ese_program_of_product(&program, product, config, arena));
    for (uint32_t i = 0; i < dc_ese_n_stages(program); i++) {
        dc_cell_stage stage;
        dc_ese_stage_of(&stage, program, i);
        layout->n_entries += stage.layout.n_entries;
        layout->n_fillers += stage.layout.n_fillers;
        layout->n_most = DC_MAX(layout->n_most, stage.layout.n_most);
    }
    *layer = program;
    return DC_OK;
}

static dc_status oracle(void **out, const dc_product *product, const void *config, dc_arena *arena)
{
    dc_ese_ref *ref;
    DC_TRY(dc_ese_ref_of_product(&ref, product, config, arena));
    *out = ref;
    return DC_OK;
}

static void ask(const void *ref, const int32_t *input, int32_t *output)
{
    dc_ese_ref_run(ref, input, output);
}

/* ---- cells ---------------------------------------------------------------------------------- */

static dc_status lay_cell(void **layer, dc_cell_stage *stages, uint32_t *n_stages,
                          const dc_cell *cell, const void *config, dc_arena *arena)
{
    dc_ese_program *program;
    DC_TRY(dc_ese_program_of_cell(&program, cell, config, arena));
    *n_stages = dc_ese_n_stages(program);
    for (uint32_t i = 0; i < *n_stages; i++)
        dc_ese_stage_of(&stages[i], program, i);
    *layer = program;
    return DC_OK;
}

static dc_status cell_oracle(void **out, const dc_cell *cell, const void *config, dc_arena *arena)
{
    dc_ese_ref *ref;
    DC_TRY(dc_ese_ref_of_cell(&ref, cell, config, arena));
    *out = ref;
    return DC_OK;
}

static dc_status ask_cell(const void *ref, const int32_t *input, const dc_cell_state *state)
{
    return dc_ese_ref_run_cell(ref, input, state);
}

/* ---- the machine ---------------------------------------------------------------------------- */

static dc_status open(void **machine, const void *config,
                      void (*pace)(void *payload, double share), void *payload)
{
    dc_ese_machine *made;
    DC_TRY(dc_ese_machine_new(&made, config));
    dc_ese_machine_pace(made, pace, payload);
    *machine = made;
    return DC_OK;
}

static void close(void *machine)
{
    dc_ese_machine_free(machine);
}

static dc_status run(void *machine, const void *layer, const int32_t *input, int32_t *output,
                     void *counters)
{
    return dc_ese_run(machine, layer, input, output, counters);
}

static dc_status run_cell(void *machine, const void *layer, const int32_t *input,
                          const dc_cell_state *state, void *counters)
{
    return dc_ese_run_cell(machine, layer, input, state, counters);
}

/* Whether all parameters are the published ones: of the table, so that none is forgotten. */
static bool is_published(const dc_ese_config *config)
{
    const dc_ese_config published = dc_ese_defaults();
    for (const dc_field *field = dc_ese_config_fields; field->name != NULL; field++)
        if (dc_field_get(field, config).u64 != dc_field_get(field, &published).u64)
            return false;
    return true;
}

/* The board was measured, its parts were not: energy is known of the published machine alone. */
static double energy_pj(const dc_ese_counters *c, const dc_ese_config *config)
{
    const double us = (double)c->cycles / config->clock_mhz;
    if (!is_published(config))
        return (double)NAN;
    return BOARD_WATTS * us * 1e6 / config->n_channels;
}

static void figures(dc_machine_figures *out, const void *counters, const void *config)
{
    const dc_ese_counters *c = counters;
    const dc_machine_facts facts = facts_of(config);
    *out = (dc_machine_figures){
        .n_runs = c->n_runs,
        .cycles = c->cycles,
        .n_inputs = c->n_inputs,
        .n_nonzero_inputs = c->n_nonzero_inputs,
        .entries = c->entries,
        .fillers = c->fillers,
        .macs = c->macs,
        .weight_reads = c->weight_rows,
        .saturations = c->saturations,
        .exposed_cycles = (double)c->exposed_cycles,
        .energy_pj = energy_pj(c, config),
        .weight_read_pj = (double)NAN,
    };
    dc_machine_figures_derive(out, &facts);
}

const dc_accelerator dc_accelerator_ese = {
    .name = "ese",
    .title = "ESE",
    .config_bytes = sizeof(dc_ese_config),
    .config_fields = dc_ese_config_fields,
    .set_defaults = set_defaults,
    .check = check,
    .facts = facts_of,
    .lay = lay,
    .oracle = oracle,
    .ask = ask,
    .open = open,
    .close = close,
    .run = run,
    .lay_cell = lay_cell,
    .cell_oracle = cell_oracle,
    .ask_cell = ask_cell,
    .run_cell = run_cell,
    .counters_bytes = sizeof(dc_ese_counters),
    .counter_fields = dc_ese_counter_fields,
    .figures = figures,
    .published = &dc_ese_published,
};
