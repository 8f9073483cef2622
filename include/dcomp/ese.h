/* SPDX-License-Identifier: MIT
 *
 * ese: the accelerator of sparse LSTMs [ESE], cycle by cycle. docs/ese.md is the machine's manual:
 * every format, cycle and counter here is defined there.
 *
 * A dc_ese_program is a list of matrices in the memories of N processing elements with what is done
 * after each; its schedule depends on no value, so it is made once and a run has only to compute. A
 * dc_ese_ref computes the same from the packed weights and knows no elements: the oracle.
 * dc_accelerator_ese is all that as a row.
 *
 *     DC_TRY(dc_ese_program_of_cell(&program, &cell, &config, &arena));
 *     DC_TRY(dc_ese_machine_new(&machine, &config));
 *     DC_TRY(dc_ese_run_cell(machine, program, x, &state, counters));
 *
 * Threads. One machine, one thread; many machines may run one program at once.
 */
#ifndef DCOMP_ESE_H
#define DCOMP_ESE_H

#include "dcomp/accelerator.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the machine's parameters (manual, 1) ---------------------------------------------------- */

typedef struct dc_ese_config {
    uint32_t n_channels, n_pes, fifo_depth;
    uint32_t weight_bits, index_bits;
    uint32_t weight_buffer_words, pointer_buffer_words, act_buffer_words; /* of a lane, each half */
    uint32_t n_dimms, bus_bytes, dram_latency_cycles, refresh_interval_cycles, refresh_cycles;
    uint32_t vector_width, vector_latency_cycles;
    uint32_t n_table_samples, sigmoid_range, tanh_range;
    double clock_mhz;
} dc_ese_config;

extern const dc_field dc_ese_config_fields[];
dc_ese_config dc_ese_defaults(void);
/* DC_EINPUT for values that contradict each other. */
DC_MUST_USE dc_status dc_ese_check(const dc_ese_config *config);

/* ---- programs (manual, 2 and 4) -------------------------------------------------------------- */

typedef struct dc_ese_program dc_ese_program;
/* A matrix-vector product; DC_ELIMIT when it is too large. */
DC_MUST_USE dc_status dc_ese_program_of_product(dc_ese_program **out, const dc_product *product,
                                                const dc_ese_config *config, dc_arena *arena);
/* A step of an LSTM. */
DC_MUST_USE dc_status dc_ese_program_of_cell(dc_ese_program **out, const dc_cell *cell,
                                             const dc_ese_config *config, dc_arena *arena);
/* Stages of a program; what is stored for stage `stage`. */
uint32_t dc_ese_n_stages(const dc_ese_program *program);
void dc_ese_stage_of(dc_cell_stage *out, const dc_ese_program *program, uint32_t stage);

/* ---- runs (manual, 5) ------------------------------------------------------------------------ */

/* Sums over all runs of one product; PE-cycles are those of one channel's elements. */
typedef struct dc_ese_counters {
    uint64_t n_runs, cycles;
    uint64_t n_inputs, n_nonzero_inputs;
    uint64_t tiles, pushes, held_cycles;
    uint64_t entries, fillers, macs; /* entries = macs + fillers */
    uint64_t empty_pe_cycles, starved_pe_cycles, finished_pe_cycles, fetch_pe_cycles,
        pass_pe_cycles, exposed_pe_cycles;
    uint64_t pass_cycles, exposed_cycles, drained, table_reads, vector_multiplies;
    uint64_t weight_rows, pointer_rows, padding_words;
    uint64_t weight_bytes, pointer_bytes, vector_bytes, written_bytes; /* off-chip */
    uint64_t saturations;
} dc_ese_counters;
extern const dc_field dc_ese_counter_fields[];

typedef struct dc_ese_machine dc_ese_machine;
/* Owns: dc_ese_machine_free (NULL is fine). */
DC_MUST_USE dc_status dc_ese_machine_new(dc_ese_machine **out, const dc_ese_config *config);
void dc_ese_machine_free(dc_ese_machine *machine);
/* Each run reports after each of its products what share of it is done [0..1]. */
void dc_ese_machine_pace(dc_ese_machine *machine, void (*pace)(void *payload, double share),
                         void *payload);
/* output (n_rows) from input (n_cols). DC_ESTALL when a law is broken. */
DC_MUST_USE dc_status dc_ese_run(dc_ese_machine *machine, const dc_ese_program *program,
                                 const int32_t *input, int32_t *output, dc_ese_counters *counters);
/* A step; counters (n_stages). */
DC_MUST_USE dc_status dc_ese_run_cell(dc_ese_machine *machine, const dc_ese_program *program,
                                      const int32_t *input, const dc_cell_state *state,
                                      dc_ese_counters *counters);

/* ---- the oracle ------------------------------------------------------------------------------ */

typedef struct dc_ese_ref dc_ese_ref;
DC_MUST_USE dc_status dc_ese_ref_of_product(dc_ese_ref **out, const dc_product *product,
                                            const dc_ese_config *config, dc_arena *arena);
DC_MUST_USE dc_status dc_ese_ref_of_cell(dc_ese_ref **out, const dc_cell *cell,
                                         const dc_ese_config *config, dc_arena *arena);
void dc_ese_ref_run(const dc_ese_ref *ref, const int32_t *input, int32_t *output);
DC_MUST_USE dc_status dc_ese_ref_run_cell(const dc_ese_ref *ref, const int32_t *input,
                                          const dc_cell_state *state);

/* ---- the row --------------------------------------------------------------------------------- */

extern const dc_published dc_ese_published; /* the LSTM of 153-1024-512 */
extern const dc_accelerator dc_accelerator_ese;

#ifdef __cplusplus
}
#endif
#endif
