/* SPDX-License-Identifier: MIT
 *
 * eie: the accelerator, cycle by cycle, on the compressed layer itself [EIE III, IV]. docs/eie.md
 * is the machine's manual: every register, cycle, format and picojoule here is defined there.
 *
 * A dc_eie_layer is a dc_csc in the memories of N processing elements, with its fixed-point
 * formats; it is read-only while machines run it. A dc_eie_machine computes one matrix-vector
 * product at a time, in real B-bit numbers, and counts what happens. A dc_eie_fixed_ref computes
 * the same product from the packed weights and knows no elements: the oracle. Energy is counters x
 * table, afterwards. dc_accelerator_eie is all that as a row.
 *
 *     DC_TRY(dc_csc_of(&matrix, packed, 0, packed->n_rows, bias, &arena));
 *     DC_TRY(dc_eie_layer_new(&layer, &matrix, &config, "fc1", has_relu, &arena));
 *     dc_eie_layer_set_format(layer, &format);
 *     DC_TRY(dc_eie_machine_new(&machine, &config));
 *     DC_TRY(dc_eie_machine_run(machine, layer, input, output, &counters));
 *
 * Threads. One machine, one thread, with the watchers that it has; many machines may run one layer
 * at once, whose format is then not changed. A dc_eie_fixed_ref may be run by many threads.
 */
#ifndef DCOMP_EIE_H
#define DCOMP_EIE_H

#include "dcomp/accelerator.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the machine's parameters (manual, 1) ---------------------------------------------------- */

typedef struct dc_eie_config {
    uint32_t n_pes, fifo_depth;
    uint32_t sram_width_bits, code_bits, index_bits, pointer_bits;
    uint32_t precision; /* dc_eie_precision */
    uint32_t n_act_registers;
    uint64_t spmat_bytes, pointer_bytes, act_bytes; /* of one PE */
    double clock_mhz;
    uint64_t stall_limit_cycles;
    bool is_strict; /* a layer that does not fit is DC_ELIMIT */
} dc_eie_config;

typedef enum dc_eie_precision { DC_EIE_16, DC_EIE_8, DC_EIE_32 } dc_eie_precision;

extern const dc_field dc_eie_config_fields[];
dc_eie_config dc_eie_defaults(void);
/* DC_EINPUT for values that contradict each other. */
DC_MUST_USE dc_status dc_eie_check(const dc_eie_config *config);
uint32_t dc_eie_bits(const dc_eie_config *config); /* B: 8, 16 or 32 */

/* ---- a layer in the machine's memories (manual, 2) ------------------------------------------- */

/* What does not fit one PE, and how much there is. */
typedef struct dc_eie_fit {
    uint64_t n_entries, n_pointers; /* the fullest PE's                          */
    uint64_t n_activation_lines;    /* of 64 bits: inputs in batches, outputs in blocks */
    uint64_t spmat_bytes, pointer_bytes, act_bytes;
    bool fits_pointer, fits_spmat, fits_pointer_sram, fits_act;
} dc_eie_fit;

typedef struct dc_eie_layer dc_eie_layer;
/* DC_EINPUT when the codebook is larger than code_bits can name, DC_ELIMIT when it does not fit
 * and the configuration is strict. Matrix, name and arena are borrowed. */
DC_MUST_USE dc_status dc_eie_layer_new(dc_eie_layer **out, const dc_csc *matrix,
                                       const dc_eie_config *config, const char *name,
                                       bool has_relu, dc_arena *arena);
void dc_eie_layer_set_format(dc_eie_layer *layer, const dc_fixed_format *format);
const dc_eie_fit *dc_eie_layer_fit(const dc_eie_layer *layer);
/* "101095 entries in a PE, pointers of 16 bits count 65535; ..." or ""; from the arena. */
const char *dc_eie_fit_text(const dc_eie_fit *fit, const dc_eie_config *config, dc_arena *arena);
/* Entries in all PEs, and how many of them are fillers. */
uint64_t dc_eie_layer_entries(uint64_t *n_fillers, const dc_eie_layer *layer);
/* Writes the memory images of the manual, 7, to a folder that is there; `cycles` go into
 * layer.json. */
DC_MUST_USE dc_status dc_eie_layer_emit(const dc_eie_layer *layer, const char *folder,
                                        const int32_t *input, const int32_t *output,
                                        uint64_t cycles, bool may_replace);

/* ---- the run (manual, 4) --------------------------------------------------------------------- */

/* Sums over all runs that they were handed to. */
typedef struct dc_eie_counters {
    uint64_t n_runs, cycles;
    uint64_t n_inputs, n_nonzero_inputs;
    uint64_t broadcasts, held_cycles, row_bubbles, load_cycles, store_cycles;
    uint64_t pushes, pops, pointer_reads, line_reads, act_sram_accesses;
    uint64_t entries, fillers, macs; /* entries = macs + fillers */
    uint64_t accumulator_writes, bypasses, saturations;
} dc_eie_counters;
extern const dc_field dc_eie_counter_fields[];

typedef struct dc_eie_machine dc_eie_machine;
/* Owns: dc_eie_machine_free (NULL is fine). One machine, one thread. */
DC_MUST_USE dc_status dc_eie_machine_new(dc_eie_machine **out, const dc_eie_config *config);
void dc_eie_machine_free(dc_eie_machine *machine);
const dc_eie_config *dc_eie_machine_config(const dc_eie_machine *machine);
/* output (n_rows) from input (n_cols), both B-bit in natural order. The layer must be laid out for
 * the machine's configuration. Adds to `counters`. DC_ESTALL when nothing moved for
 * stall_limit_cycles (the message holds every unit's state) or a conservation law is broken. */
DC_MUST_USE dc_status dc_eie_machine_run(dc_eie_machine *machine, const dc_eie_layer *layer,
                                         const int32_t *input, int32_t *output,
                                         dc_eie_counters *counters);

/* Each run reports now and then, and at its end, what share of it is done [0..1]. */
void dc_eie_machine_pace(dc_eie_machine *machine, void (*pace)(void *payload, double share),
                         void *payload);

/* The oracle: the same numbers from the stream of entries; `packed` is borrowed. input (n_cols) and
 * output (n_rows) of n_bits, as in dc_eie_machine_run. */
typedef struct dc_eie_fixed_ref dc_eie_fixed_ref;
DC_MUST_USE dc_status dc_eie_fixed_ref_new(dc_eie_fixed_ref **out, const dc_packed *packed,
                                           uint32_t first_row, uint32_t n_rows, const float *bias,
                                           bool has_relu, const dc_fixed_format *format,
                                           uint32_t n_bits, dc_arena *arena);
void dc_eie_fixed_ref_run(const dc_eie_fixed_ref *ref, const int32_t *input, int32_t *output);

/* ---- watching a run -------------------------------------------------------------------------- */

/* A watcher sees the machine's registers after every clock edge. Runs that are watched take about
 * three times as long, and give the same counters and outputs. */
typedef struct dc_eie_watcher {
    void *payload;
    void (*see)(void *payload, const dc_eie_machine *machine, uint64_t cycle);
} dc_eie_watcher;
void dc_eie_machine_watch(dc_eie_machine *machine, const dc_eie_watcher *watcher); /* at most 4 */

/* A VCD file of the cycles first_cycle .. first_cycle + n_cycles - 1, counted over all runs. */
typedef struct dc_eie_vcd dc_eie_vcd;
DC_MUST_USE dc_status dc_eie_vcd_open(dc_eie_vcd **out, const char *path, bool may_replace,
                                      const dc_eie_config *config, uint64_t first_cycle,
                                      uint64_t n_cycles);
dc_eie_watcher dc_eie_vcd_watcher(dc_eie_vcd *vcd);
/* Completes the file, or leaves none; NULL is fine. */
DC_MUST_USE dc_status dc_eie_vcd_close(dc_eie_vcd *vcd);
void dc_eie_vcd_discard(dc_eie_vcd *vcd);

/* Counts in the activity, which has a row a PE. */
dc_eie_watcher dc_eie_activity_watcher(dc_activity *activity);

/* ---- energy (manual, 6) ---------------------------------------------------------------------- */

/* The modules of Table II, clock included in each, and what lies outside the PEs. */
typedef struct dc_eie_energy {
    double queue_pj, pointer_pj, spmat_pj, arithmetic_pj, act_pj, lnzd_pj, total_pj;
    double memory_pj, clock_pj; /* parts of the above by kind */
    double spmat_memory_pj;     /* lines read alone: figure 9 */
} dc_eie_energy;
void dc_eie_energy_of(dc_eie_energy *out, const dc_eie_counters *c, const dc_eie_config *config);
uint32_t dc_eie_n_lnzd_nodes(uint32_t n_pes);
double dc_eie_line_read_pj(uint32_t width_bits);
double dc_eie_multiply_pj(uint32_t n_bits);

/* ---- the row --------------------------------------------------------------------------------- */

/* The nine benchmark layers [EIE tables III, IV]. */
extern const dc_published dc_eie_published;
extern const dc_accelerator dc_accelerator_eie;

#ifdef __cplusplus
}
#endif
#endif
