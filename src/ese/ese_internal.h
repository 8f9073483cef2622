/* SPDX-License-Identifier: MIT
 *
 * A program: stages, each a matrix in tiles and the pass after its product, with the schedule that
 * follows from them (manual, 2 and 4).
 */
#ifndef DCOMP_ESE_INTERNAL_H
#define DCOMP_ESE_INTERNAL_H

#include "dcomp/ese.h"

/* What is walked: 0 is also a filler's weight. */
typedef struct ese_entry {
    int16_t weight;
    uint16_t zeros;
} ese_entry;

typedef struct ese_tile {
    uint32_t first_col, n_cols;
    uint32_t n_weight_rows; /* entries of the fullest PE */
    uint64_t n_entries, n_fillers;
} ese_tile;

/* What is done with a product's sums: those of W_ix .. W_ox, of W_ir .. W_or in the order of gates
 * of docs/ops.md, of W_ym; or of a layer alone. */
typedef enum ese_pass { PASS_INPUT, PASS_RECURRENT, PASS_SAID, PASS_LINEAR } ese_pass;
enum { GATE_I, GATE_O, GATE_F, GATE_G, N_GATES };

/* What a run of it costs; cycles of the whole, PE-cycles of one channel. */
typedef struct ese_cost {
    uint64_t cycles, held_cycles;
    uint64_t empty, starved, finished, fetch, pass, exposed; /* PE-cycles by cause */
    uint64_t pass_cycles, exposed_cycles;
} ese_cost;

typedef struct ese_stage {
    const char *name;
    const dc_csc *matrix; /* n_rows from first_row are this stage's */
    uint32_t first_row, n_rows, n_cols;
    uint32_t *starts; /* (n_cols, n_pes) + 1: places in entries     */
    ese_entry *entries;
    uint32_t n_tiles;
    ese_tile *tiles;
    uint64_t n_nonzero, n_most; /* n_most: entries of the fullest PE */
    dc_fixed_format format;
    uint32_t shift; /* of sums to words */
    ese_pass pass;
    uint32_t gate;
    bool awaits_pass;        /* of the stage before                  */
    bool makes_outputs;      /* its pass writes them off the chip    */
    uint64_t n_elements;     /* of each stream, fetched before it    */
    uint64_t n_shared_words; /* biases and peepholes of its pass     */
    ese_cost cost;
} ese_stage;

struct dc_ese_program {
    dc_ese_config config;
    const char *name;
    uint32_t n_stages;
    ese_stage *stages;
    uint32_t n_rows_most;
    uint64_t n_pe_cycles; /* of a channel, of the whole: for the laws */

    bool has_relu;        /* of a layer alone                   */
    int32_t *bias;        /* (rows), or (4, n_cells)            */

    uint32_t n_inputs, n_cells, n_said; /* of a cell            */
    bool has_input, has_projection;
    int32_t *peepholes; /* (3, n_cells), i, o, f; or NULL       */
    int32_t peephole_shift;
    int32_t sums_fraction;
    int16_t *sigmoid, *tanh; /* (n_table_samples)               */
};

/* ese_layout.c: entries and tiles; the rest of the stage is there. */
DC_MUST_USE dc_status ese_stage_lay(ese_stage *stage, const dc_ese_config *config,
                                    dc_arena *arena);
/* Bursts of a row of words for all PEs; of an element of all streams; of shared words. */
uint64_t ese_row_bursts(const dc_ese_config *config);
uint64_t ese_element_bursts(const dc_ese_config *config);
uint64_t ese_shared_bursts(const dc_ese_config *config, uint64_t n_words);

/* ese_schedule.c: what each stage costs. */
void ese_schedule(dc_ese_program *program, uint64_t *takes);

/* ese_vector.c: a pass over the drained sums of a stage. */
typedef struct ese_vectors {
    int32_t *sums;                /* (rows), drained           */
    int32_t *gates[N_GATES];      /* a, then the gate itself   */
    int32_t *held;                /* m (n_cells)               */
    const int32_t *input;         /* of the run                */
    int32_t *output;              /* of a layer alone          */
    const dc_cell_state *state;
} ese_vectors;
void ese_pass_run(dc_ese_counters *counters, const dc_ese_program *program,
                  const ese_stage *stage, const ese_vectors *v);
void ese_tables_make(dc_ese_program *program);

/* v / 2^shift, ties up, in 16 bits. */
int32_t ese_round(dc_ese_counters *counters, int64_t v, int32_t shift);

/* ese_counters.c */
DC_MUST_USE dc_status ese_laws_check(const dc_ese_program *program,
                                     const dc_ese_counters *counters);

#endif
