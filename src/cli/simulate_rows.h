/* SPDX-License-Identifier: MIT
 *
 * The figures of one inference, from sums over all samples: a row of all that simulate shows.
 */
#ifndef DCOMP_CLI_SIMULATE_ROWS_H
#define DCOMP_CLI_SIMULATE_ROWS_H

#include "cli.h"

typedef struct sim_row {
    const char *value; /* of a sweep's parameter; NULL without */
    double swept;      /* the same as a number                 */
    const char *name, *kind, *matrix; /* matrix: "300x784"     */
    uint32_t n_pes, n_rows, n_cols, n_parts;
    uint64_t n_stored, n_fillers, n_clamped;
    double weight_density, act_density, padding; /* shares     */
    double products, macs, fillers, cycles, theoretical_cycles, load_balance;
    double time_us, energy_nj, power_mw;
    uint64_t whole_products, whole_macs, whole_fillers, whole_cycles, whole_theoretical;
    uint64_t whole_reads;
    double line_reads, spmat_nj, output_error, rounded_error, top1;
    bool is_equal, fits; /* is_equal: to the reference */
    uint32_t is_equal_bit;
    const char *misfit;
} sim_row;

/* A layer's, or all layers' when `layer` is NULL. Texts are from the arena. */
sim_row sim_row_of(const dc_simulate_result *result, const dc_simulate_layer *layer,
                   dc_arena *arena);

extern const dc_field sim_layer_fields[];  /* JSON: before those that all layers have together */
extern const dc_field sim_figure_fields[]; /* JSON: of a layer and of all                      */
extern const dc_field sim_state_fields[];  /* JSON: after them                                 */
extern const dc_field sim_shown_fields[];  /* people: a run                                    */
extern const dc_field sim_sweep_fields[];  /* people: a sweep                                  */
extern const dc_field sim_csv_fields[];

#endif
